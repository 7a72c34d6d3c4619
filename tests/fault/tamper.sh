#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tamper.sh - a child of a worker writes the rings while shuntd takes back what the worker left, and
# keeps them: shuntd has time for other domains all the same
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

LAB_ARGS=(--queues 2)
SOCK=/run/shunt/labh.sock
BAD=60002
TEST_LIMIT=60

# Many cores: there is much to do with their rings.
domain() {
	local cpus=1
	while ((${#cpus} < 126)); do cpus+=,1; done
	echo "{queue: 0, cpus: [0]}"
	echo "  - {queue: 1, cpus: [$cpus], user: $BAD}"
}

said() { grep -q "$2" "$DIR/$1.log"; }

# The longest time in so many seconds that the agent was silent, in ms.
longest_silence() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000)) most=0 now
	while ((${EPOCHREALTIME/./} < end)); do
		now=$(stat_of .domains[0].agent.silent_ms)
		((now <= most)) || most=$now
	done
	echo "$most"
}

# HOW SECONDS: tests/tamper.c has a domain, and does that for so long.
tamper() {
	local silence
	queues_by_cpu 0 1
	load fcfs 'core_ring: 512' 'hold: {age: 200ms}'
	wait_for 5 stat_of .domains[1].agent.pid
	start bad host setpriv --reuid $BAD --regid $BAD --clear-groups --inh-caps=-all \
		build/tests/tamper "$1" $SOCK 1
	wait_for 10 said bad done
	silence=$(longest_silence "$2")
	echo "the agent was silent for $silence ms at most"
	assert_le "$silence" 1000 "ms that the agent was silent"
}

# The descriptor of the frames.
memory_of() { basename "$(find "/proc/$1/fd" -lname '/memfd:shunt-frames*' | head -n 1)"; }

test_requests_that_come_again_whenever_they_expire_hold_nobody_up() { tamper refill 3; }

test_send_rings_that_are_filled_again_and_kept_hold_nobody_up() {
	local child blocks size
	tamper undrain 6
	logs shuntd | grep -q 'are not drained by the kernel' || fail "they were drained"
	logs shuntd | grep -q 'still holds the rings of queue 1' || fail "they were let go"
	child=$(pgrep -x tamper)
	read -r blocks size < <(stat -L -c '%b %s' "/proc/$child/fd/$(memory_of "$child")")
	assert_le "$((blocks * 512))" "$((size / 4))" "bytes of memory that the child keeps"
}

test_metadata_across_two_lines_of_the_cache_holds_nobody_up() { tamper crooked 3; }

run_tests "$@"
