#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# decide.sh - what policies, switches and tunables do to requests that keep coming
# runs: together
TEST_LIMIT=${TEST_LIMIT:-${LONG:+900}} # lib.sh has another one for files that say none
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

AHEAD=1 HOLD_RING=4096
SWITCHES=${SWITCHES:-$([ -n "$LONG" ] && echo 1000 || echo 10)}

test_switches_under_load_lose_no_packet() {
	local policies=(rss steal fcfs prio mq jbsq affinity p2c darc) i
	load mq
	start_worker
	start client client shunt-load --sleep --to 198.18.0.2 --rate 3000 --time 600 --wait 3s \
		--json \
		--mix short=0.7:1us,long=0.3:10us
	wait_for 5 arrived 500
	for ((i = 0; i < SWITCHES; i++)); do
		host shunt switch "${policies[i % ${#policies[@]}]}" --dev "$DEV" >/dev/null
	done
	stop client INT
	cp "$DIR/client.log" "$DIR/client.json"
	assert_all_answered
	assert_conserved
	assert_eq "$(stat_of .total.arrived)" "$(sent)" "arrived, of those sent"
	assert_eq "$(stat_of .generation)" $((SWITCHES + 1)) "generation"
}

# Refuses class "short" once its requests are known to take 50 us and more.
test_a_policy_sees_how_long_requests_take() {
	load fcfs
	start_worker
	cat >"$DIR/picky.c" <<-'EOF'
		#include <shunt/policy.h>
		SHUNT_POLICY("picky", SHUNT_IDLE_ONLY, "refuses class 0 if its requests are long");
		static int steer(shunt_view *v, shunt_event *ev)
		{
			if (!ev->cls && shunt_mean_ns(v, 0) > 50000)
				return SHUNT_REJECT;
			return shunt_idle(v) ? shunt_first(shunt_idle(v)) : SHUNT_HOLD;
		}
		static int select(shunt_view *v, shunt_event *ev)
		{
			return ev->waiting ? shunt_first(ev->waiting) : SHUNT_GO_ON;
		}
	EOF
	host shunt switch "$DIR/picky.c" --dev "$DEV" >/dev/null
	offer --rate 1000 --count 100 --time 1 --mix short=1:5us
	assert_all_answered
	assert_eq "$(stat_of .total.rejected)" 0 "refused of short ones"
	offer --rate 1000 --count 3000 --time 5 --wait 500ms --mix short=1:200us
	assert_ge "$(stat_of .total.rejected)" 100 "refused of long ones"
	assert_conserved
}

# Refuses all once 100 requests have ended: the count is done()'s, in workers, and steer()'s, in
# XDP, in one slot of the view and then in the other one.
test_a_policy_remembers_nothing_of_the_one_before() {
	local i refused=0
	cat >"$DIR/few.c" <<-'EOF'
		#include <shunt/policy.h>
		#define SHUNT_HAS_DONE
		SHUNT_POLICY("few", SHUNT_IDLE_ONLY, "refuses what comes after a hundred");
		static int steer(shunt_view *v, shunt_event *ev)
		{
			if (shunt_state(v, 0) >= 100)
				return SHUNT_REJECT;
			return shunt_idle(v) ? shunt_first(shunt_idle(v)) : SHUNT_HOLD;
		}
		static int select(shunt_view *v, shunt_event *ev)
		{
			return ev->waiting ? shunt_first(ev->waiting) : SHUNT_GO_ON;
		}
		static void done(shunt_view *v, shunt_event *ev)
		{
			shunt_add(v, 0, 1);
		}
	EOF
	shunt build "$DIR/few.c" -o "$DIR/few.shunt" >/dev/null
	load "$DIR/few.shunt"
	start_worker
	for i in 1 2 3; do
		offer --rate 1000 --count 60 --time 2 --mix short=1:5us
		assert_eq "$(stat_of .total.rejected)" $refused "refused of 60, generation $i"
		offer --rate 1000 --count 200 --time 2 --wait 100ms --mix short=1:5us
		assert_ge "$(stat_of .total.rejected)" $((refused + 100)) "refused of 260"
		refused=$(stat_of .total.rejected)
		host shunt switch "$DIR/few.shunt" --dev "$DEV" >/dev/null
	done
	assert_conserved
}

# MIX: the cores that darc reserves in the simulator; and those that it has reserved here.
simulated() {
	shunt-sim -Q -p darc -w "$1" -c 4 -r 300 -n 3000 --json - |
		jq -r '.runs[0].domains[0].plan | join(" ")'
}
planned() { [ "$(stat_of '.domains[0].plan // [] | join(" ")' | tr -d '"')" = "$1" ]; }

# Half of the work is that of short requests, then a tenth.
test_darc_reserves_the_cores_that_the_simulator_says_also_when_the_mix_changes() {
	local mix want
	CPUS="$CPUS, $CPUS"
	load darc
	start_worker
	for mix in short=0.9:200us,long=0.1:1800us short=0.5:200us,long=0.5:1800us; do
		want=$(simulated "$mix")
		start client client shunt-load --sleep --to 198.18.0.2 --rate 300 --time 600 \
			--wait 3s --json --mix "$mix"
		wait_for 10 planned "$want"
		stop client INT
		echo "$mix: $want"
	done
	host shunt knob get -j --dev "$DEV" >"$DIR/knobs"
	assert_eq "$(jq '[.knobs[].value] | add' "$DIR/knobs")" 0 "sum of knobs"
	assert_ge "$(stat_of '.domains[0].agent.plans.made')" 2 "times that plan() was called"
	assert_eq "$(stat_of '.domains[0].agent.plans.refused')" 0 "times that it was in vain"
	assert_conserved
}

test_the_bpftool_lines_of_the_readme_work_as_they_stand() {
	local lines line n=0
	load mq
	lines=$(grep -oE '^    bpftool map (update|dump) pinned /sys/fs/bpf/shunt/eth0/.*' \
		"$ROOT/README.md")
	while read -r line; do
		${line//eth0/$DEV} >"$DIR/out"
		n=$((n + 1))
	done <<<"$lines"
	assert_ge $n 3 "lines of the README"
	assert_eq "$(host shunt slo get long -j --dev "$DEV" | jq '.. | .slo_us? // empty')" 10000
}

test_a_hold_limit_bounds_the_queue_and_is_counted() {
	CPUS=$(($(nproc) - 1))
	load fcfs
	start_worker
	host shunt limit set short 4 --dev "$DEV" >/dev/null
	offer --rate 50000 --burst 64 --count 640 --time 5 --wait 1s --mix short=1:200us
	assert_ge "$(stat_of '.classes[0].dropped_by_limit')" 100 "dropped by the limit"
	assert_conserved
	assert_eq "$(answered)" "$(stat_of .total.replied)" answered
}

test_a_core_that_sleeps_is_woken_by_either_ring() {
	local policy
	load fcfs
	start_worker
	for policy in rss fcfs; do
		[ $policy = fcfs ] || host shunt switch rss --dev "$DEV"
		offer --rate 100 --count 100 --time 5 --mix short=1:1us
		assert_all_answered
	done
	assert_ge "$(stat_of '[.domains[].core[].counts.slept] | add')" 50 "times asleep"
}

[ -n "${ON_WIRE:-}${ELSEWHERE:-}" ] || run_tests "$@"
