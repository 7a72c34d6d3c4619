#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# memory.sh - workers that spoil memory, view and sockets for those that come after them
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../ask.sh"

CPUS=$(($(nproc) - 1))

said() { logs shuntd | grep -q "$1"; }
is_free() { no_worker && said 'queue 0: 1 core,'; }
agent_pid() { stat_of .domains[0].agent.pid; }
another_agent() { [ "$(agent_pid)" != "$1" ] && kill -0 "$(agent_pid)"; }
# However often the worker is asked: it answers in the end.
answers() { [ "$(ask_all hello 1)" = hello ]; }

assert_serves() {
	start_edges
	for i in {1..20}; do
		assert_eq "$(ask "hello $i")" "hello $i"
	done
	assert_conserved
}

test_holes_in_the_frames_are_found_between_workers() {
	load fcfs
	start_edges
	assert_eq "$(ask hello)" hello
	ask_nothing punch
	wait_for 5 replied_or_not 2
	stop edges KILL
	wait_for 5 said holes
	assert_serves
}

# N handlers have ended, whether or not their replies were sent.
replied_or_not() { (($(stat_of '.total.replied + .total.noreply') >= $1)); }

test_a_worker_with_holes_in_its_frames_gets_new_ones() {
	load fcfs
	start_edges
	ask_nothing punch
	wait_for 5 said 'holes were punched into the frames of domain 0'
	wait_for 10 answers
	running edges || fail "the worker is gone"
	assert_conserved
	stop edges
	assert_serves
}

# The new agent has not seen the pages of before: it is the worker that finds requests without
# metadata.
test_holes_that_were_punched_while_there_was_no_agent_are_found() {
	local agent
	load fcfs
	start_edges
	agent=$(agent_pid)
	kill -STOP "$agent"
	ask_nothing punch
	wait_for 5 replied_or_not 1
	kill -KILL "$agent"
	wait_for 5 another_agent "$agent"
	wait_for 10 answers
	said 'requests without metadata were found in the frames of domain 0' ||
		fail "it was not said"
	assert_conserved
}

test_a_view_that_was_frozen_between_two_agents_is_replaced() {
	local agent child
	load fcfs
	start_edges
	agent=$(agent_pid)
	child=$(ask freeze)
	stop edges KILL
	kill -KILL "$agent"
	wait_for 5 another_agent "$agent"
	wait_for 5 sh -c "! kill -0 $child || grep -q Z /proc/$child/stat"
	wait_for 5 said 'view of domain 0 was frozen'
	assert_serves
	# The new view is in use: values that the command line writes are read from there.
	host shunt slo set short 123us
	assert_eq "$(stat_of '.classes[0].slo_us')" 123
}

test_the_process_that_keeps_a_queue_in_use_is_named() {
	local child
	load fcfs
	start_edges
	child=$(ask fork-bare)
	stop edges
	host shunt unload --dev "$DEV"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	wait_for 5 said \
		"process $child ('edges'), it seems a child of a former worker, still holds the rings of queue 0"
	# A shuntd that knows nothing of that worker has not the rights to find out; root has.
	stop shuntd
	start_agent
	wait_for 5 said \
		"queue 0 is in use by another AF_XDP program: end it ('shunt doctor --dev $DEV' names it)"
	host shunt doctor --dev "$DEV" >"$DIR/doctor" || true
	assert_match "$(cat "$DIR/doctor")" "process $child \('edges'\) has AF_XDP sockets"
	kill -KILL "$child"
	assert_serves
}

run_tests "$@"
