#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# signals.sh - which signal stops requests, in which processes, and when there is a handler for it
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../ask.sh"

CPUS=$(($(nproc) - 1))
USR1=10 NO_SIGNALS=1 NO_PREEMPT=2
export EDGES_RUSH=1 # its requests reach no safepoint

preemption() { stat_of ".preemption.$1"; }
has_handler() { [ "$(ask signals)" = "$1" ]; }

# Requests of 4 ms that only a signal stops, and others that come with them.
rush() {
	offer --rate 40 --arrival fixed --burst 4 --count 60 --time 5 \
		--mix short=0.5:1us,long=0.5:4ms
}
# Requests that arrive while long ones run: only an arrival makes XDP look for overdue ones.
trickle() { offer --rate 100 --count 60 --time 5 --mix short=0.7:1us,long=0.3:4ms; }

begin() { # PREEMPT-OPTIONS
	load sq "preempt: {watch: 200us$1}"
	host shunt quantum set long 100us
}

test_there_is_no_signal_handler_until_a_grace_time_asks_for_one() {
	begin ""
	start_edges
	assert_eq "$(ask signals)" none "handlers without a grace time"
	rush
	assert_all_answered
	assert_eq "$(preemption signals)" 0 "signals sent"
	host shunt preempt set grace=100us
	wait_for 5 has_handler some
	rush
	assert_all_answered
	assert_ge "$(preemption by_signal)" 1 "requests stopped by signals"
	assert_conserved
}

# Unhandled it would end the process.
test_another_signal_can_stop_requests() {
	begin ", grace: 100us"
	start_edges $USR1
	assert_eq "$(ask signals)" some "handlers"
	rush
	assert_all_answered
	assert_ge "$(preemption by_signal)" 1 "requests stopped by it"
	stop edges
	assert_eq "$STATUS" 0 "the worker's exit status"
	assert_conserved
}

test_xdp_sends_the_signal_that_the_worker_named() {
	load sq "preempt: {watch: none, grace: 100us, signals: xdp}"
	host shunt quantum set long 100us
	start_edges $USR1
	for round in {1..20}; do
		trickle
		assert_all_answered
		((round < 20)) && (($(preemption by_signal) < 1)) || break
	done
	assert_ge "$(preemption signals_xdp)" 1 "signals by XDP"
	assert_ge "$(preemption by_signal)" 1 "requests stopped"
	assert_conserved
}

test_a_process_that_wants_no_signals_gets_none() {
	begin ", grace: 100us"
	start_edges $USR1 $NO_SIGNALS
	assert_eq "$(ask signals)" none "handlers"
	rush
	assert_all_answered
	assert_eq "$(preemption signals)" 0 "signals sent"
	stop edges
	# The process's safepoints are preempted at nevertheless.
	start edges host env -u EDGES_RUSH "$ROOT/build/tests/edges" "$DEV" $USR1 $NO_SIGNALS
	wait_for 10 all_up
	rush
	assert_all_answered
	assert_ge "$(preemption by_safepoint)" 1 "requests stopped at safepoints"
	assert_eq "$(preemption signals)" 0 "signals sent"
	assert_conserved
}

test_a_process_that_wants_no_preemption_is_not_preempted() {
	begin ", grace: 100us"
	start edges host env -u EDGES_RUSH "$ROOT/build/tests/edges" "$DEV" 0 $NO_PREEMPT
	wait_for 10 all_up
	rush
	assert_all_answered
	assert_eq "$(preemption 'by_safepoint + .preemption.by_signal + .preemption.signals')" 0 \
		"preemptions and signals"
	assert_conserved
}

run_tests "$@"
