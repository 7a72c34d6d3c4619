#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# preempt.sh - requests that run too long make room: by safepoints, by signals, under every policy
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

ONE=$(($(nproc) - 1)) # the CPU of a single core, away from the client's
BIMODAL=short=0.5:1us,long=0.5:100us # what preemption is for

preemption() { stat_of ".preemption.$1"; }

# POLICY [CONFIG LINES…]: with a quantum of 10 us for both classes, and a worker.
serve() {
	load "$@"
	host shunt quantum set short 10us
	host shunt quantum set long 10us
	start_worker --idle "${IDLE:-sleep}"
}

# slo may refuse: where a CPU is taken away, some requests would end too late.
test_every_policy_serves_all_with_preemption_on() {
	local policy before refused n=0
	serve fcfs "preempt: {mode: on}"
	for policy in bpf/policies/*.c; do
		policy=$(basename "$policy" .c)
		host shunt switch "$policy"
		before=$(stat_of .total.rejected)
		offer --rate 4000 --count 400 --time 5 --mix $BIMODAL
		refused=$(($(stat_of .total.rejected) - before))
		[ "$policy" = slo ] || assert_eq "$refused" 0 "refused by $policy"
		assert_eq $(($(answered) + refused)) "$(sent)" "answered or refused under $policy"
		assert_conserved
		n=$((n + 1))
	done
	assert_ge $n 10 policies
	assert_ge "$(preemption by_safepoint)" 100 preemptions
	assert_ge "$(preemption resumed)" "$(preemption by_safepoint)" "requests resumed"
	assert_eq "$(stat_of .total.parked)" 0 parked
}

test_quanta_take_effect_while_requests_run() {
	local before
	CPUS=$ONE serve sq
	offer --rate 5000 --count 1000 --time 5 --mix $BIMODAL
	assert_ge "$(preemption by_safepoint)" 10 preemptions
	host shunt quantum set long none
	host shunt quantum set short none
	before=$(preemption by_safepoint)
	offer --rate 5000 --count 1000 --time 5 --mix $BIMODAL
	assert_eq "$(preemption by_safepoint)" "$before" "preemptions without a quantum"
	bpftool map update pinned "/sys/fs/bpf/shunt/$DEV/quantum_us" key 1 0 0 0 value 5 0 0 0
	offer --rate 5000 --count 1000 --time 5 --mix $BIMODAL
	assert_ge "$(preemption by_safepoint)" $((before + 10)) \
		"preemptions with one set by bpftool"
	host shunt preempt set mode=off
	wait_for 5 preemption_is_off
	before=$(preemption by_safepoint)
	offer --rate 5000 --count 1000 --time 5 --mix $BIMODAL
	assert_eq "$(preemption by_safepoint)" "$before" "preemptions when off"
	assert_conserved
}

# The agent tells the worker within a tick or two.
preemption_is_off() { stat_of '.domains[0].preempting | not'; }

test_code_without_safepoints_is_stopped_by_a_signal() {
	CPUS=$ONE
	load sq "preempt: {watch: 200us, grace: 100us}"
	host shunt quantum set long 100us
	start_worker --no-safepoints
	offer --rate 200 --count 200 --time 5 --mix short=0.5:1us,long=0.5:4ms
	assert_all_answered
	assert_ge "$(preemption signals)" 10 "signals sent"
	assert_ge "$(preemption by_signal)" 10 "requests stopped by them"
	assert_eq "$(preemption by_safepoint)" 0 "requests stopped at safepoints"
	assert_conserved
}

# No agent looks here: an arrival finds a request that heeded no mark, and has its thread signalled.
test_xdp_signals_code_without_safepoints() {
	CPUS=$ONE
	host shunt features -j |
		jq -e '.features[] | select(.feature == "send_signal_task").available' >/dev/null ||
		skip "this kernel does not let XDP signal threads"
	load sq "preempt: {watch: none, grace: 100us, signals: xdp}"
	host shunt quantum set long 100us
	start_worker --no-safepoints
	wait_for 10 signalled_by_xdp
	assert_ge "$(preemption by_signal)" 1 "requests stopped by signals"
	assert_eq "$(preemption signals)" "$(preemption signals_xdp)" "signals, those by XDP"
	host shunt preempt set signals=agent
	# the flag is read by each arrival
	offer --rate 200 --count 100 --time 5 --mix short=0.5:1us,long=0.5:4ms
	assert_eq "$(preemption signals)" "$(preemption signals_xdp)" "signals, those by XDP"
	assert_conserved
}

# shuntd says at its tick whom to signal.
signalled_by_xdp() {
	offer --rate 200 --count 200 --time 5 --mix short=0.5:1us,long=0.5:4ms
	assert_all_answered
	(("$(preemption signals_xdp)" >= 20))
}

test_without_grace_no_signal_is_sent() {
	CPUS=$ONE
	load sq "preempt: {watch: 200us}"
	host shunt quantum set long 100us
	start_worker --no-safepoints
	offer --rate 200 --count 100 --time 5 --mix short=0.5:1us,long=0.5:4ms
	assert_all_answered
	assert_eq "$(preemption signals)" 0 "signals sent"
	assert_ge "$(preemption marks_agent)" 1 "marks by shuntd"
}

test_no_more_are_parked_than_allowed() {
	CPUS=$ONE serve sq "preempt: {parked: 4}"
	offer --rate 20000 --count 4000 --time 10 --wait 100ms --mix long=1:100us
	assert_ge "$(preemption parked_peak)" 4 "parked at most"
	assert_le "$(preemption parked_peak)" 4 "parked at most"
	assert_ge "$(preemption refused_full)" 1 "refusals at the bound"
	assert_conserved
}

test_a_request_that_used_up_its_quanta_is_demoted() {
	CPUS=$ONE serve sq
	host shunt class set short demote=3:long
	wait_for 10 some_are_demoted # shuntd tells workers of it at its next tick
	assert_eq "$(stat_of '.classes[1].arrived')" 0 "arrivals in the class of the demoted"
	assert_conserved
}

some_are_demoted() {
	offer --rate 4000 --count 500 --time 5 --mix short=1:200us
	[ "$(preemption demoted)" -ge 10 ]
}

[ -n "${ON_WIRE:-}${ELSEWHERE:-}" ] || run_tests "$@"
