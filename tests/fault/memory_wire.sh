#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# memory_wire.sh - a worker on a NIC's host that spoils what those that come after it are given
# runs: together
export TRANSPORT=wire
NO_LAB=1
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../ask.sh"

CPUS=$(($(nproc) - 1))

said() { logs shuntd_host | grep -q "$1"; }
# The agent has a domain for the second time: before that, it refuses workers.
serves_anew() { [ "$(logs shuntd_host | grep -c 'domain 0, queue 0: 1 core')" = 2 ]; }

test_epochs_that_were_frozen_between_two_agents_are_replaced() {
	local child agent i
	load mq
	start_edges
	assert_eq "$(ask hello)" hello
	child=$(ask freeze)
	agent=$(pgrep -P "${PIDS[shuntd_host]}")
	stop edges KILL
	kill -KILL "$agent"
	wait_for 5 sh -c "! kill -0 $child || grep -q Z /proc/$child/stat"
	wait_for 5 said 'epochs were frozen by a worker'
	wait_for 10 serves_anew
	start_edges
	# The NIC takes the killed worker's core for up until the next one has an epoch of its own;
	# what it sends there is lost.
	wait_for 10 stat_of '.wire.core[0].epoch >= 2 and .wire.core[0].up'
	for i in {1..10}; do
		assert_eq "$(ask "hello $i")" "hello $i"
	done
	assert_conserved
}

# Each worker is given new memory.
test_a_process_that_keeps_a_former_workers_memory_open_keeps_none_of_it() {
	local got
	load mq
	got=$(host build/tests/harm keep "/run/shunt/$WORKER_DEV.sock" 0)
	assert_le "$(jq .left <<<"$got")" "$(($(jq .size <<<"$got") / 4))" "bytes that it keeps"
	start_edges
	assert_eq "$(ask hello)" hello
}

run_tests "$@"
