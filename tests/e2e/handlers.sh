#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# handlers.sh - handlers that do what they should not: late sends, forks, exits, exceptions, calls
# of the wrong thread
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../ask.sh"

ONE=$(($(nproc) - 1)) # the CPU of a single core
CPUS=$ONE

preemption() { stat_of ".preemption.$1"; }

# The worker ended by that signal, with that line, and took one request with it; the next one
# serves.
assert_died_of() { # STATUS REGEX
	wait_ended edges
	assert_eq "$STATUS" "$1" "the worker's exit status"
	assert_match "$(logs edges)" "$2" "what it said"
	wait_for 5 no_worker
	assert_eq "$(stat_of .total.lost)" 1 "requests lost"
	start_edges
	assert_eq "$(ask hello)" hello "the next worker's answer"
	assert_conserved
}

test_a_send_after_the_handler_returned_is_refused() {
	local i
	load fcfs
	start_edges
	assert_eq "$(ask keep)" kept
	assert_eq "$(ask late)" "ESTALE ESTALE" \
		"of the next request's handler, by its request and by a copy of it"
	# However many have come in between: a copy by any thread, the request itself by any other
	# thread.
	for i in {1..40}; do
		assert_eq "$(ask late-thread)" "ESTALE ESTALE ESTALE" \
			"of other threads, after $i more"
	done
	assert_eq "$(ask_all send 2)" "more 0" "and of its own handler's request"
	assert_conserved
}

test_a_reply_longer_than_its_room_is_told() {
	load fcfs
	start_edges
	ask_nothing too-long
	wait_for 5 stat_of '.total.noreply == 1'
	host shunt stats --dev "$DEV" >"$DIR/out"
	assert_match "$(cat "$DIR/out")" \
		"queue 0, core 0: 1 replies not sent \(longer than the request's room"
	assert_eq "$(ask hello)" hello "the next one's answer"
}

test_a_request_that_was_preempted_may_still_send() {
	load sq "preempt: {mode: on}"
	host shunt quantum set short 1us
	start_edges
	start load client shunt-load --sleep --to 198.18.0.2 --rate 2000 --time 3 --mix short=1:40us
	wait_for 5 arrived 100
	for i in {1..10}; do
		assert_eq "$(ask_all send 2)" "more 0"
	done
	stop load
	assert_ge "$(preemption by_safepoint)" 20 preemptions
	assert_conserved
}

test_a_child_that_returns_from_a_handler_ends_and_changes_no_counts() {
	load fcfs
	start_edges
	assert_eq "$(ask fork-return)" "exit 70" "the child's end"
	assert_match "$(logs edges)" 'child of a fork.* returned'
	assert_eq "$(ask fork-try)" "exit 0" "a child whose sends and runs are refused"
	assert_eq "$(ask hello)" hello
	assert_conserved
	assert_eq "$(stat_of .total.replied)" 3 replied
	assert_eq "$(stat_of .total.lost)" 0 lost
}

# A child that lives on keeps no queue busy, neither when its parent is gone nor when shunt is
# loaded anew.
test_a_sleeping_child_does_not_hold_the_queue() {
	local child
	load fcfs
	start_edges
	child=$(ask fork-sleep)
	kill -0 "$child"
	stop edges
	stop shuntd
	host shunt unload --dev "$DEV"
	load fcfs
	start_edges
	assert_eq "$(ask hello)" hello
	kill -0 "$child" || fail "the child is gone"
	kill "$child"
	assert_conserved
}

test_exit_in_a_handler_ends_the_process() {
	load fcfs
	start_edges
	ask_nothing exit
	assert_died_of 3 '^$'
}

test_an_exception_that_leaves_the_handler_ends_the_process() {
	load fcfs "preempt: {mode: off}"
	start_edges
	ask_nothing throw
	assert_died_of 134 'thrown out of the handler'
}

test_an_exception_that_leaves_a_preemptible_handler_ends_the_process() {
	load fcfs "preempt: {mode: on}"
	start_edges
	ask_nothing throw
	assert_died_of 134 'thrown out of the handler'
}

test_pthread_exit_in_a_handler_ends_the_process() {
	load fcfs "preempt: {mode: off}"
	start_edges
	ask_nothing pthread-exit
	assert_died_of 134 'a handler ended its thread'
}

test_pthread_exit_in_a_preemptible_handler_ends_the_process() {
	load fcfs "preempt: {mode: on}"
	start_edges
	ask_nothing pthread-exit
	assert_died_of 134 'a handler ended its thread'
}

test_a_handler_whose_thread_is_cancelled_ends_the_process() {
	load fcfs
	start_edges
	ask_nothing cancel
	assert_died_of 134 'a handler ended its thread'
}

test_a_handler_may_stop_the_worker() {
	load fcfs
	start_edges
	assert_eq "$(ask stop)" stopped "the reply"
	wait_ended edges
	assert_eq "$STATUS" 0 "the worker's exit status"
	assert_conserved
	assert_eq "$(stat_of .total.lost)" 0 lost
}

# Threads of the worker use its sockets and memory: a close in a handler stops the worker, which
# closes them when shunt_run() has returned.
test_a_handler_that_closes_stops_the_worker() {
	load fcfs
	start_edges
	assert_eq "$(ask close)" closed "the reply"
	wait_ended edges
	assert_eq "$STATUS" 0 "the worker's exit status"
	assert_conserved
	assert_eq "$(stat_of .total.lost)" 0 lost
}

test_a_handler_that_runs_the_worker_again_is_refused() {
	load fcfs
	start_edges
	assert_eq "$(ask run)" EBUSY
	assert_eq "$(ask hello)" hello
	assert_conserved
}

test_exceptions_survive_preemption() {
	load sq "preempt: {mode: on}"
	host shunt quantum set short 5us
	host shunt quantum set long 5us
	start_edges
	offer --rate 500 --burst 8 --count 1200 --time 10 --mix short=0.5:9us,long=0.5:200us
	assert_all_answered
	assert_ge "$(preemption by_safepoint)" 200 preemptions
	assert_ge "$(preemption parked_peak)" 3 "parked at most"
	assert_conserved
}

run_tests "$@"
