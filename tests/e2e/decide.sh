#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# decide.sh - what policies, switches and tunables do to requests that keep coming
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

TEST_LIMIT=${TEST_LIMIT:-${LONG:+600}}
TEST_LIMIT=${TEST_LIMIT:-90}
SWITCHES=${SWITCHES:-$([ -n "$LONG" ] && echo 1000 || echo 20)}

test_switches_under_load_lose_no_packet() {
	local policies=(rss steal fcfs prio mq jbsq affinity p2c darc) i
	load mq
	start_worker
	start client client shunt-load --to 198.18.0.2:9000 --rate 4000 --time 600 --json \
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

# Offers one core more than it can do for a second, both classes alike, and prints the client's
# median latency of class short in percent of that of class long.
short_to_long() {
	offer --rate 14000 --time 1 --mix short=0.5:80us,long=0.5:80us
	assert_conserved
	jq -s 'last.classes | .short.p50_us / .long.p50_us * 100 | round' "$DIR/client.json"
}

test_an_slo_set_by_bpftool_changes_the_order_of_service() {
	local before after
	CPUS=$(($(nproc) - 1))
	load mq
	start_worker
	before=$(short_to_long)
	# The README's lines, for this interface: class 1 from 1 ms to 10 us, class 0 to 10 ms.
	bpftool map update pinned "/sys/fs/bpf/shunt/$DEV/slo_us" key 1 0 0 0 value 10 0 0 0
	bpftool map update pinned "/sys/fs/bpf/shunt/$DEV/slo_us" key 0 0 0 0 value 0x10 0x27 0 0
	after=$(short_to_long)
	echo "short's median latency in percent of long's: $before, then $after"
	assert_le "$before" 80 "with SLOs of 50 us and 1 ms, short to long in percent"
	assert_ge "$after" 125 "with SLOs of 10 ms and 10 us, short to long in percent"
}

test_the_bpftool_lines_of_the_readme_work_as_they_stand() {
	local lines line n=0
	load mq
	lines=$(grep -oE '^    bpftool map (update|dump) pinned /sys/fs/bpf/shunt/eth0/.*' "$ROOT/README.md")
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
	offer --rate 50000 --burst 64 --count 640 --time 5 --mix short=1:200us
	assert_ge "$(stat_of '.classes[0].dropped_by_limit')" 100 "dropped by the limit"
	assert_conserved
	assert_eq "$(answered)" "$(stat_of .total.replied)" answered
}

# Invariant: no core idles longer than 100 us while a request that it may run waits. Measured by the core itself, from its own
# going idle or XDP's stamp. The machine's hypervisor takes CPUs away for milliseconds: a share is asserted.
test_no_core_idles_beside_waiting_work() {
	CPUS=$(($(nproc) - 1))
	load fcfs
	start spin host shunt-spin --dev "${WORKER_DEV:-$DEV}" --idle spin
	wait_for 10 all_up
	for _ in {1..8}; do # until there are enough to tell a share
		offer --rate 30000 --burst 16 --time 2 --cpu 0 --mix short=1:2us
		assert_conserved
		stat_of '[.domains[].core[].counts] | {found: map(.found) | add, late: map(.found_late) | add,
			max_ns: map(.found_max_ns) | max}' | tee "$DIR/found"
		[ "$(jq .found "$DIR/found")" -lt 200 ] || break
	done
	assert_ge "$(jq .found "$DIR/found")" 20 "held requests found by an idle core"
	jq -e '.late <= ([.found / 100, 2] | max)' "$DIR/found" >/dev/null || fail "more than 1 % of these later than 100 us"
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

[ -n "${ON_WIRE:-}" ] || run_tests "$@"
