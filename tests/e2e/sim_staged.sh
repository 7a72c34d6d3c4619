#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_staged.sh - transport "prestaged": an agent decides, cores go on without it, and all is
# counted
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1
N=${LONG:+1M}
N=${N:-100k}

staged() { sim -C transport=prestaged "$@"; }

# EXPRESSION OPTIONS...: of the first run's JSON
of_run() {
	local what=$1
	shift
	json ".runs[0] | $what" staged --json - "$@"
}

conserves() {
	staged --json "$DIR/j" "$@" >/dev/null 2>"$DIR/err" || fail "'$*': $(cat "$DIR/err")"
	jq -e '.runs[] | .classes[-1] as $all | .staged |
		.inserted == .taken + .fallback + .refused and
		.made == .taken + .stale + .left and .inserted > 0 and
		$all.arrived == $all.done + $all.dropped' "$DIR/j" >/dev/null ||
		fail "'$*': $(jq -c '.runs[] | .staged, .classes[-1]' "$DIR/j")"
}

test_each_thread_is_run_by_a_decision_or_by_the_fallback() {
	local two='short=0.5:exp(1us)/slo=20us,long=0.5:exp(20us)/slo=400us' way fallback depth
	for way in 0 300 5000 100000; do
		for fallback in same none prio fcfs; do
			for depth in 0 1 3; do
				conserves -p mq -w "$two" -c 4 -l 0.7 -n 5k -q 5us \
					-C feedback_ns=$way -C deliver_ns=$way \
					-C decide_ns=400 -C fallback=$fallback -C stage=$depth
			done
		done
	done
	for policy in fcfs prio sq darc; do
		conserves -p $policy -w "$two" -c 70 -l 0.8 -n 20k -C stage=2 -C decide_ns=200 \
			-C feedback_ns=2000 -C deliver_ns=2000 -C grace_ns=3000
	done
}

test_threads_that_find_their_queue_full_are_counted_as_refused() {
	conserves -p fcfs -w exp10 -c 2 -r 1M -n 20k -C hold=8 -C deliver_ns=1000
	assert_ge "$(jq '.runs[0].staged.refused' "$DIR/j")" 10000 "refused"
}

# With nothing in its way the agent is the policy itself, whether cores wait for it or not.
test_without_latency_and_cost_an_agent_does_what_the_cores_do() {
	local two='short=0.5:exp(1us)/slo=20us,long=0.5:exp(20us)/slo=400us' policy
	for policy in fcfs mq prio; do
		assert_near "$(value mean_us -C transport=prestaged -C fallback=none -p $policy \
			-w "$two" -c 4 -l 0.8 -n $N)" \
			"$(value mean_us -p $policy -w "$two" -c 4 -l 0.8 -n $N)" 1 \
			"mean of $policy by an agent"
		assert_near "$(value mean_us -C transport=prestaged -p $policy \
			-w "$two" -c 4 -l 0.8 -n $N)" \
			"$(value mean_us -p $policy -w "$two" -c 4 -l 0.8 -n $N)" 1 \
			"mean of $policy by an agent or the cores"
	done
}

# A staged decision is made before it is known which core is free first, and what comes meanwhile.
test_each_decision_that_is_staged_is_made_too_early() {
	local two='short=0.5:exp(1us)/slo=20us,long=0.5:exp(20us)/slo=400us' asked staged
	asked=$(json '.runs[0].classes[0].mean_us' staged --json - -p mq -w "$two" -c 4 -l 0.8 \
		-n $N)
	staged=$(json '.runs[0].classes[0].mean_us' staged --json - -p mq -w "$two" -c 4 -l 0.8 \
		-n $N -C stage=2)
	echo "mean of short threads: $asked us asked for, $staged us staged by two"
	awk -v a="$asked" -v s="$staged" 'BEGIN { exit !(s > 1.1 * a) }' ||
		fail "staged: $staged us, asked for: $asked us"
}

# CORES WAY STAGE WANT: threads a second of 10 us each, a switch of 1 us, 0.5 us a decision
carries() {
	assert_near "$(of_run .throughput -p fcfs -w 'all=1:10us' -c "$1" -r "${1}M" -n 20k \
		-C fallback=none -C start_ns=1000 -C decide_ns=500 -C feedback_ns="$2" \
		-C deliver_ns="$2" -C stage="$3")" "$4" 1 "throughput at $2 ns, $3 staged"
}

test_staged_decisions_hide_the_way_to_the_agent() {
	carries 1 2000 0 64516  # 10 + 1 + 2 + 0.5 + 2 us
	carries 1 2000 1 90909  # 10 + 1
	carries 1 10000 0 31746 # 31.5
	carries 1 10000 1 48780 # 20.5: one is not enough
	carries 1 10000 2 90909
}

test_one_agent_decides_as_often_as_its_time_allows() {
	carries 64 0 1 2000000  # 5.8 M/s without
	carries 64 9000 2 2000000
	assert_near "$(of_run .staged.agent_busy -p fcfs -w 'all=1:10us' -c 64 -r 8M -n 20k \
		-C fallback=none -C decide_ns=500 -C stage=1)" 1 2 "the agent's time"
	# with a fallback the cores do the rest
	assert_ge "$(of_run .throughput -p fcfs -w 'all=1:10us' -c 64 -r 6M -n 50k \
		-C decide_ns=500 -C stage=1 | cut -d. -f1)" 5500000 "throughput with a fallback"
}

test_no_core_waits_for_an_agent_if_there_is_a_fallback() {
	local want
	want=$(erlang_wait 0.7 4)
	assert_near "$(value wait_us -C transport=prestaged -p fcfs -w exp1 -c 4 -l 0.7 -n $N \
		-C feedback_ns=100000 -C deliver_ns=100000 -C stage=1)" "$want" 8 \
		"wait with an agent that is 100 us away"
	assert_eq "$(of_run '.staged.taken' -p fcfs -w exp1 -c 4 -l 0.7 -n 10k \
		-C feedback_ns=1e8 -C deliver_ns=1e8)" 0 "decisions of an agent that is dead"
}

test_a_core_waits_for_its_grace_time_and_no_longer() {
	local far=(-p fcfs -w fixed1 -c 4 -l 0.001 -n 5k -C feedback_ns=2000 -C deliver_ns=2000
		-C decide_ns=500)
	assert_near "$(value mean_us -C transport=prestaged "${far[@]}" -C grace_ns=10000)" 5.5 1 \
		"mean where the agent answers in time"
	assert_near "$(value mean_us -C transport=prestaged "${far[@]}" -C grace_ns=3000)" 4 1 \
		"mean where it does not"
	assert_near "$(value mean_us -C transport=prestaged "${far[@]}" -C local_ns=250)" 1.25 1 \
		"mean where no core waits"
}

test_far_agents_make_stale_decisions_and_nothing_comes_of_them() {
	local near far args=(-p fcfs -w exp1 -c 8 -l 0.8 -n "$N" -C stage=1)
	near=$(of_run '.staged | .stale / .made' "${args[@]}" -C feedback_ns=100 -C deliver_ns=100)
	far=$(of_run '.staged | .stale / .made' "${args[@]}" -C feedback_ns=5000 -C deliver_ns=5000)
	echo "stale: $near at 0.1 us, $far at 5 us"
	awk -v n="$near" -v f="$far" 'BEGIN { exit !(n > 0.1 && f > n + 0.1) }' ||
		fail "stale: $near near, $far far"
	conserves "${args[@]}" -C feedback_ns=5000 -C deliver_ns=5000
}

# An agent out of reach leaves all to the fallback, which serves the first class first.
test_the_fallback_may_be_another_policy() {
	local two='a=0.5:exp(1us),b=0.5:exp(1us)' dead=(-C feedback_ns=1e8 -C deliver_ns=1e8)
	assert_near "$(json '.runs[0].classes[0].mean_us' staged --json - -p fcfs -w "$two" -c 1 \
		-l 0.7 -n $N "${dead[@]}" -C fallback=prio)" \
		"$(json '.runs[0].classes[0].mean_us' sim --json - -p prio -w "$two" -c 1 \
			-l 0.7 -n $N)" 2 "mean of the first class"
}

# The first of two domains' agents does not see the second one's threads: 128 cores have two.
test_each_domain_has_an_agent_of_its_own() {
	assert_near "$(of_run .throughput -p fcfs -w 'all=1:10us' -c 128 -r 16M -n 50k \
		-C fallback=none -C decide_ns=500 -C stage=1)" 4000000 2 "of two agents"
}

test_what_would_not_work_with_an_agent_is_refused() {
	local at=(-C transport=prestaged)
	refused "policy 'rss' binds at arrival" -p rss "${at[@]}"
	refused "policy 'steal' binds at arrival" -p steal "${at[@]}"
	refused "fallback: unknown policy 'nobody'" -p fcfs "${at[@]}" -C fallback=nobody
	refused "policy 'jbsq' binds at arrival" -p fcfs "${at[@]}" -C fallback=jbsq
	refused 'knows no --fail' -p fcfs "${at[@]}" -c 4 -F 1@10us
	refused 'knows no --fail' -p fcfs "${at[@]}" --timeout 1ms
	refused 'would change nothing: .*transport=prestaged' -p fcfs -C stage=1
	refused 'would change nothing: .*without fallback=none' -p fcfs "${at[@]}" \
		-C fallback=none -C grace_ns=5
	refused 'stage is 0 to 15' -p fcfs "${at[@]}" -C stage=16
}

test_what_an_agent_did_is_printed() {
	staged -p fcfs -w exp1 -c 4 -n 5k -C stage=1 --csv "$DIR/csv" >"$DIR/out"
	assert_match "$(cat "$DIR/out")" 'by decisions of the agent .* stale; the agent was busy'
	assert_match "$(head -n 1 "$DIR/csv")" ',taken,fallback,stale,agent_busy$'
	staged -p fcfs -w exp1 -c 4 -n 5k -m stale >"$DIR/out"
	assert_match "$(head -n 1 "$DIR/out")" ' stale  lost$'
}

run_tests "$@"
