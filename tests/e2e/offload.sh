#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# offload.sh - a mechanism and an agent of one's own, as docs/offload.md has them; what a decision
# costs
# runs: together
. "$(dirname "$0")/../lib.sh"

NO_LAB=1

is_heard() { ss -xlH | grep -qF "$DIR/socket"; }

# FILE: lines that are neither empty nor a comment or a brace alone.
code_lines() { grep -cvE '^[[:space:]]*(//.*|/\*.*|\*.*|[{}]|)$' "$1"; }

test_the_examples_are_as_short_as_the_page_says() {
	assert_le "$(code_lines examples/mechanism.c)" 70 "lines of examples/mechanism.c"
	assert_le "$(code_lines examples/agent.c)" 60 "lines of examples/agent.c"
}

# The agent joins, learns, and is not believed: the jobs that it names run first, the others by the
# fallback, each once.
test_the_examples_run_with_both_libraries() {
	local name kind said jobs taken fallback
	ln -s "$ROOT/build/libshunt-offload.so" "$DIR/libshunt-offload.so.0"
	for kind in a so; do
		for name in mechanism agent; do
			cc -Wall -Wextra -Werror -O2 "examples/$name.c" -o "$DIR/$name" -Iinclude \
				"$ROOT/build/libshunt-offload.$kind" -pthread -Wl,-rpath,"$DIR"
		done
		rm -f "$DIR"/*.log
		start mechanism "$DIR/mechanism" "$DIR/socket" 1
		wait_for 5 is_heard
		start agent "$DIR/agent" "$DIR/socket"
		wait_ended mechanism 30
		assert_eq "$STATUS" 0 "status of the mechanism"
		wait_ended agent 5
		assert_eq "$STATUS" 0 "status of the agent"
		said=$(logs mechanism)
		read -r jobs _ taken _ _ fallback _ <<<"$said"
		assert_eq "$jobs" $((taken + fallback)) "$said"
		assert_ge "$jobs" 500 "jobs"
		assert_ge "$taken" 100 "decisions that were taken: $said"
		assert_eq "$(logs agent)" "" "what the agent said"
	done
}

# Twice the same name: the second mechanism is refused, and the first goes on.
test_a_second_mechanism_with_the_same_socket_is_refused() {
	cc -O2 examples/mechanism.c -o "$DIR/mechanism" -Iinclude "$ROOT/build/libshunt-offload.a" \
		-pthread
	start mechanism "$DIR/mechanism" "$DIR/socket" 1
	wait_for 5 is_heard
	assert_exit 1 "$DIR/mechanism" "$DIR/socket" 1
	assert_match "$(cat "$DIR/err")" 'Address already in use'
	wait_ended mechanism 30
	assert_eq "$STATUS" 0 "status of the first one"
}

test_the_bench_of_decisions_loses_no_event() {
	[ "$(nproc)" -ge 2 ] || skip "one CPU"
	"$ROOT/build/bench/offload" "$DIR/j" >"$DIR/out"
	assert_eq "$(jq -c '[.lost, .ask_ns_p50 > .staged_ns_p50, .events_per_s > 1e5,
		.taken == .rounds * 2 + .missed, .stale]' "$DIR/j")" \
		'[0,true,true,true,0]' "$(cat "$DIR/j")"
}

run_tests "$@"
