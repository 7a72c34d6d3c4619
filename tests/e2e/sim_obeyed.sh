#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_obeyed.sh - what would change nothing in any run is refused, as it would be taken for what
# makes no difference
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1

test_a_cost_that_no_run_reads_is_refused() {
	local cost
	for cost in change_ns elastic_us seat_us seat_hold_us slice_us actors actor_skew \
		drr_quantum_us visit_ns tail_us mean_us hysteresis mailbox migrate_us forward_ns \
		host_cores host_speed host_ns publish_ns publish_delay_ns credit_ns far_ns \
		outstanding steal_ns steal_home_ns unseen mark_ns safepoint_ns yield_ns \
		switch_ns quantum_us nic_queue stage decide_ns grace_ns local_ns; do
		refused "--cost $cost=1 would change nothing: .*(add|take) .*leave it out" -p fcfs \
			-C $cost=1
	done
	refused "--cost marker=waiting would change nothing: .*--preempt yes" -p fcfs \
		-C marker=waiting
	refused "--cost policy=mq and --policy both name the policy" -p fcfs -C policy=mq
}

test_a_cost_is_refused_where_another_setting_hides_it() {
	refused 'outstanding=2 would change nothing' -p jbsq -k 0=3 -C outstanding=2
	refused 'quantum_us=5 would change nothing' -p mq -q 2us -C quantum_us=5
	refused 'mark_ns=9 would change nothing.*marker=waiting' -p mq -q 2us -C marker=timer \
		-C mark_ns=9
	refused 'mean_us=9 would change nothing' -s ipipe -p drr -C mean_us=9
	refused 'elastic_us=2 would change nothing' -p fcfs -c 4 -C services=split -C elastic_us=2 \
		-w 'a=0.5:1us/service=x,b=0.5:1us/service=y'
	refused 'far_ns=9 would change nothing: .*--domains 2' advise -p fcfs -s ideal \
		-w all=1:1us/slo=9us -r 1M -C far_ns=9
}

test_a_cost_that_some_run_reads_is_taken() {
	local two='a=0.5:1us/service=x,b=0.5:1us/service=y' n=(-n 1000)
	{
		sim -p fcfs,steal -c 4 -C steal_ns=9 -C unseen=1 "${n[@]}"
		sim -p fcfs -s wire -C credit_ns=9 -C outstanding=3 "${n[@]}"
		sim -p jbsq -c 2 -C outstanding=3 "${n[@]}"
		sim -p fcfs,mq -q 5us -C mark_ns=9 -C yield_ns=9 "${n[@]}"
		sim -s nfp -c 2 -C publish_ns=9000 "${n[@]}"
		sim -p fcfs -c 2,70 -C far_ns=9 "${n[@]}"
		sim -p fcfs -w "$two" -C change_ns=9 "${n[@]}"
		sim -s ipipe -c 4 -C mean_us=9 -C actors=2 "${n[@]}"
		sim -p fcfs -C nic_ns=9 -C nic_queue=100 "${n[@]}"
		sim -C policy=mq "${n[@]}"
	} >"$DIR/out"
	assert_eq "$(grep -c ' all ' "$DIR/out")" 13 "runs"
}

test_an_option_of_a_class_that_no_run_obeys_is_refused() {
	refused "/quantum= of class 'a' would change nothing: .*--preempt yes" -p fcfs \
		-w a=1:1us/quantum=5us
	refused "/expire= of class 'a' would change nothing" -p oracle -w a=1:1us/slo=5us/expire=2
	refused "/expire= of class 'a' would change nothing" -p mq -s wire \
		-w a=1:1us/slo=5us/expire=2
	refused "/requeue= of class 'a' would change nothing: .*a quantum" -p fcfs \
		-w a=1:1us/requeue=tail
	refused "/requeue= of class 'a' would change nothing" -p mq -w a=1:1us/requeue=tail
	refused "/requeue= of class 'a' would change nothing: .*its own way" -p sq -q 5us \
		-w a=1:1us/requeue=tail
	refused "/service= of class 'a' would change nothing: .*services=split, .*seats or spin" \
		-p fcfs -w a=0.5:1us/service=x,b=0.5:1us/service=y
	sim -p fcfs,mq -q 5us -w a=1:9us/requeue=tail/quantum=2us -n 1000 >"$DIR/out"
}

test_a_core_that_would_fail_after_the_end_is_refused() {
	refused '--fail 0@10000us comes after the end of the run, which is some 1429 us long: an' \
		-p fcfs -c 2 -w 'a=1:2us' -n 1000 -F 0@10ms
	refused 'comes after the end' -p fcfs -c 2 -r 1M -n 1000 -F 0@10ms --shape 'steps(0s:2)'
	sim -p fcfs -c 2 --clients 2 -n 1000 -F 0@1s >"$DIR/out" 2>"$DIR/err"
	assert_match "$(cat "$DIR/err")" 'warning: --fail 0@1e.06us did not happen: the run ended' \
		"of a closed loop, whose length nobody knows before"
	sim -p fcfs -c 2 -w 'a=1:2us' -n 1000 -F 0@1ms >"$DIR/out" 2>"$DIR/err"
	assert_eq "$(cat "$DIR/err")" "" "what is said of a failure that happens"
}

test_lengths_and_seeds_that_a_trace_does_not_have_are_refused() {
	local i
	for ((i = 0; i < 200; i++)); do echo "$((i * 10)) short 4 $i"; done >"$DIR/trace"
	local run=(-w short=1:1us -a "trace:$DIR/trace")
	refused "--requests are more than the 200 of '$DIR/trace'" -p fcfs "${run[@]}" -n 300
	refused "--seeds 3 would give one result 3 times" -p fcfs "${run[@]}" --seeds 3
	{
		sim -p fcfs "${run[@]}" -n 200
		sim -p p2c "${run[@]}" --seeds 3 # which core is by chance
		sed -i 's/ 4 / - /' "$DIR/trace" # and so are times that were not recorded
		sim -p fcfs "${run[@]}" --seeds 3
	} >"$DIR/out"
	assert_eq "$(grep -c ' all ' "$DIR/out")" 7 "runs"
}

run_tests "$@"
