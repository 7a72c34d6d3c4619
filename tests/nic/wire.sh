#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# wire.sh - the wire transport with four cores, in a guest that has a CPU for each
export TRANSPORT=wire
NO_LAB=1
. "$(dirname "$0")/../lib.sh"
CPUS="1, 2, 3, 4"
. "$(dirname "$0")/../serve.sh"

TEST_LIMIT=${LONG:+3000}
TEST_LIMIT=${TEST_LIMIT:-240}
PATIENCE=6
REQUESTS=${REQUESTS:-2000}
KILLS=${KILLS:-2}
RATE=200

# COUNT: requests, of which all are answered and none is unaccounted for.
requests() {
	offer --rate $RATE --count "$1" --time $(($1 / RATE + 60)) --flows 64 \
		--mix short=0.7:1us,long=0.3:100us
	assert_all_answered
	assert_conserved
	echo "$(answered) of $(sent) answered, lost $(stat_of .total.lost)"
}

epochs() { stat_of '[.wire.core[].epoch] | add'; }
newer() { (($(epochs) >= $1 + CORES)); }

test_four_cores_serve_preempt_switch_and_are_killed() {
	local i before policies=(mq sq fcfs)
	load mq
	host shunt preempt set mode=on >/dev/null
	host shunt quantum set long 20us >/dev/null
	start_worker
	requests "$REQUESTS"
	for ((i = 0; i < KILLS; i++)); do
		start client client shunt-load --to 198.18.0.2:9000 --rate $RATE --time 3600 \
			--flows 64 --mix short=0.5:200us,long=0.5:2ms
		host shunt switch "${policies[(i + 1) % 3]}"
		before=$(epochs)
		kill -KILL "${PIDS[spin]}"
		wait "${PIDS[spin]}" 2>/dev/null || true
		start_worker
		wait_for 10 newer "$before"
		stop client INT
		assert_conserved
	done
	requests 500
	assert_ge "$(stat_of .preemption.by_safepoint)" 1 "requests that made room"
}

run_tests "$@"
