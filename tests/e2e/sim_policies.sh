#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_policies.sh - policies' own code in the simulator, against queueing theory and what others
# have simulated
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1
N=${LONG:+20M}
N=${N:-2M}
LONG_N=${LONG:+3M}
[ -z "$LONG" ] || TEST_LIMIT=900

test_waits_of_fcfs_are_those_of_theory() {
	local k rho
	for rho in 0.5 0.7; do
		assert_near "$(value wait_us -p fcfs -w exp1 -l $rho -n $N)" "$(pk_wait $rho 1)" 2 \
			"M/M/1 at $rho"
		assert_near "$(value wait_us -p fcfs -w fixed1 -l $rho -n $N)" "$(pk_wait $rho 0)" \
			2 "M/D/1 at $rho"
	done
	for k in 4 16; do
		assert_near "$(value wait_us -p fcfs -w exp1 -c $k -l 0.7 -n "${LONG_N:-3M}")" \
			"$(erlang_wait 0.7 $k)" 2 "M/M/$k"
	done
	assert_near "$(value wait_us -p fcfs -w 'all=1:modes(0.5:1us;0.5:3us)' -l 0.7 -n $N)" \
		"$(awk -v w="$(pk_wait 0.7 0.25)" 'BEGIN { print 2 * w }')" 2 "M/G/1 (SCV 0.25)"
	assert_near "$(value wait_us -p fcfs -w 'short=0.9:1us,long=0.1:11us' -l 0.6 -n $N)" \
		"$(awk -v w="$(pk_wait 0.6 2.25)" 'BEGIN { print 2 * w }')" 2 \
		"M/G/1 (SCV 2.25, two classes)"
}

test_slowdown_under_processor_sharing_does_not_depend_on_the_distribution() {
	local w
	for w in fixed1 exp1 bimodal-100; do
		assert_near "$(value slowdown -p ps -w $w -l 0.6 -n $N)" 2.5 2 "mean slowdown of $w"
	done
}

test_round_robin_in_small_slices_comes_near_processor_sharing() {
	assert_near "$(value slowdown -p fcfs -P yes -q 50ns \
		-w 'all=1:modes(0.5:1us;0.5:10us)/requeue=tail' \
		-l 0.6 -n 300k)" 2.5 4 "mean slowdown in slices of 50 ns"
}

test_srpt_has_the_lowest_mean() {
	local means
	means=$(sim -p srpt,ps,c-fcfs,fcfs,mq,prio,jbsq,steal,rss,p2c -w bimodal-100 -c 4 -l 0.8 \
		-n 300k --json - |
		jq -r '.runs[] | "\(.classes[-1].mean_us) \(.policy)"' | sort -n)
	echo "$means"
	assert_match "$(head -n 1 <<<"$means")" srpt "the lowest mean"
}

# 16 cores, exp(1), load 0.9, k = 2: 8.3. As long as arrivals passed what was held it was 13.5, with
# JBSQ's definition it is 8.9.
test_jbsq_holds_while_there_is_a_backlog() {
	assert_near "$(value p999_us -p jbsq -w exp1 -c 16 -l 0.9 -n 1M)" 8.3 6 "p99.9"
}

# The class whose requests are the shortest, as they are measured, first: that is prio where the
# first class is the shortest.
test_a_policy_sees_how_long_requests_take() {
	cat >"$DIR/sept.c" <<-'EOF'
		#include <shunt/policy.h>
		SHUNT_POLICY("sept", SHUNT_IDLE_ONLY, "the class of the shortest mean first");
		static int steer(shunt_view *v, shunt_event *ev)
		{
			return shunt_idle(v) ? shunt_first(shunt_idle(v)) : SHUNT_HOLD;
		}
		static int select(shunt_view *v, shunt_event *ev)
		{
			__u64 least = ~0U, less;
			int best = SHUNT_GO_ON;
			for (int c = 0; c < SHUNT_CLASSES; c++) {
				less = shunt_bit(ev->waiting, c) &
				       shunt_less(shunt_mean_ns(v, c), least);
				least = shunt_pick(less, shunt_mean_ns(v, c), least);
				best = shunt_pick(less, c, best);
			}
			return best;
		}
	EOF
	local run=(-c 4 -l 0.8 -n 300k) prio
	prio=$(value p99_us -p prio -w 'short=0.9:exp(1us),long=0.1:exp(20us)' "${run[@]}")
	assert_near "$(value p99_us -p "$DIR/sept.c" \
		-w 'short=0.9:exp(1us),long=0.1:exp(20us)' "${run[@]}")" "$prio" 2 \
		"p99, the shortest first"
	assert_near "$(value p99_us -p "$DIR/sept.c" \
		-w 'long=0.1:exp(20us),short=0.9:exp(1us)' "${run[@]}")" "$prio" 8 \
		"p99, whatever their order"
}

test_the_ideal_c_fcfs_and_the_policy_fcfs_agree() {
	assert_eq "$(value p99_us -p fcfs -w bimodal-100 -c 16 -l 0.8 -n 300k)" \
		"$(value p99_us -p c-fcfs -w bimodal-100 -c 16 -l 0.8 -n 300k)" "p99"
}

# A card's p2c by published loads against hashing: 8 cores, exp(10 us), load 0.7, loads 25 us old on
# arrival; what the other simulation says, which knows no costs of replies.
test_published_loads_beat_hashing_as_far_as_another_simulation_says() {
	local run=(-s nfp -w exp10 -c 8 -l 0.7 -C start_ns=0 -C end_ns=0 -n "${LONG_N:-1M}") hashed
	hashed=$(value p99_us "${run[@]}" -p rss)
	assert_near "$hashed" 157 15 "p99 by hash"
	assert_near "$(value p99_us "${run[@]}" -p p2c)" 138 15 \
		"p99 by loads published every 100 us"
	assert_near "$(value p99_us "${run[@]}" -p p2c -C publish_ns=30000)" 114 15 \
		"p99 by loads published every 30 us"
	assert_near "$(value p99_us "${run[@]}" -p p2c -C publish_ns=500000)" 280 15 \
		"p99 by loads published every 500 us"
	assert_near "$(value p99_us "${run[@]}" -p p2c -C publish_ns=2000000)" 674 15 \
		"p99 by loads published every 2 ms"
}

test_a_policy_of_the_users_own_runs() {
	cp "$ROOT/bpf/policies/fcfs.c" "$DIR/mine.c"
	shunt build "$DIR/mine.c" -o "$DIR/mine.shunt" >/dev/null
	for p in "$DIR/mine.c" "$DIR/mine.shunt"; do
		assert_eq "$(value mean_us -p "$p" -w exp1 -c 4 -l 0.8 -n 50k)" \
			"$(value mean_us -p fcfs -w exp1 -c 4 -l 0.8 -n 50k)" "mean by $p"
	done
}

test_domains_divide_what_arrives_and_do_not_help_each_other() {
	# Two domains of 4 cores are two M/M/4.
	assert_near "$(value wait_us -p fcfs -w exp1 -c 8 -d 2 -l 0.6 -n $N)" \
		"$(erlang_wait 0.6 4)" 2 "M/M/4, twice"
	# In a domain the policy's own hash spreads over all cores.
	assert_near "$(value wait_us -p rss -w exp1 -c 256 -l 0.5 -n $N)" 1 3 "256 times M/M/1"
}

test_every_policy_answers_soundly_on_every_system() {
	local bad
	bad=$(sim -s ideal,shinjuku,shinjuku-offload,shared,wire,nfp -c 16 -w trimodal -l 0.5 \
		-n 5k --json - \
		-p "$(cd "$ROOT/bpf/policies" && printf '%s,' *.c | sed 's/\.c,/,/g')" |
		jq -c '.runs[] | select(.bad_answers > 0 or .classes[-1].done < 4000) | [.system,
		.policy]')
	assert_eq "$bad" "" "systems and policies"
}

test_preemption_pays_where_it_should() {
	local p99
	p99=$(sim -s shared -p fcfs,mq -w bimodal-100 -c 4 -l 0.6 -n 300k --json - |
		jq '[.runs[].classes[0].p99_us] | .[0] / .[1] | floor')
	assert_ge "$p99" 4 "short p99 of fcfs over that of mq"
}

run_tests "$@"
