#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# offload.sh - agents and mechanisms of examples/ killed again and again: jobs go on, and each is
# counted once
# runs: together
. "$(dirname "$0")/../lib.sh"

NO_LAB=1
KILLS=${LONG:+100}
KILLS=${KILLS:-15}

build() {
	local name flags=(-O2 -I"$ROOT/include" "$ROOT/build/libshunt-offload.a" -pthread)
	for name in mechanism agent; do
		cc "$ROOT/examples/$name.c" -o "$DIR/$name" "${flags[@]}"
	done
}

is_heard() { ss -xlH | grep -qF "$DIR/socket"; }
has_joined() { grep -q shunt-agent "/proc/${PIDS[agent]}/maps"; }

# SECONDS: a mechanism, until agents can join.
start_mechanism() {
	start mechanism "$DIR/mechanism" "$DIR/socket" "$1"
	wait_for 5 is_heard
}

start_agent_of_it() {
	start agent "$DIR/agent" "$DIR/socket"
	wait_for 5 has_joined
}

# Jobs, as the mechanism counts them at its end.
assert_each_job_once() {
	local said
	said=$(cat "$DIR/mechanism.log")
	assert_match "$said" '^[0-9]+ jobs: [0-9]+ by decisions, [0-9]+ by the fallback; ' "$said"
	read -r jobs _ taken _ _ fallback _ <<<"$said"
	assert_eq "$jobs" $((taken + fallback)) "jobs, by decisions and by the fallback: $said"
	assert_match "$said" ' 0 refused$' "$said"
}

test_agents_that_are_killed_cost_no_job() {
	local jobs taken fallback
	build
	start_mechanism $((KILLS / 5 + 1))
	for _ in $(seq "$KILLS"); do
		start_agent_of_it
		stop agent KILL
	done
	wait_ended mechanism 60
	assert_eq "$STATUS" 0 "status of the mechanism"
	assert_each_job_once
	[ "$taken" -gt 0 ] || fail "no decision was taken: $(cat "$DIR/mechanism.log")"
	[ "$fallback" -gt 0 ] || fail "the fallback had nothing to do"
}

# An agent that stands still, and goes on when another one has its place, is told so, and ends.
test_an_agent_that_was_replaced_while_it_stood_still_ends_without_harm() {
	local jobs taken fallback old
	build
	start_mechanism 2
	start_agent_of_it
	old=${PIDS[agent]}
	kill -STOP "$old"
	start_agent_of_it
	kill -CONT "$old"
	wait_for 5 has_ended "$old"
	wait_ended mechanism 60
	assert_eq "$STATUS" 0 "status of the mechanism"
	assert_each_job_once
	wait_ended agent 5
}

# The socket of a mechanism that was killed is left, and the next one takes it.
test_agents_of_mechanisms_that_are_killed_end() {
	build
	for _ in $(seq $((KILLS / 3))); do
		start_mechanism 60
		start_agent_of_it
		stop mechanism KILL
		wait_ended agent 5
		assert_eq "$STATUS" 0 "status of an agent whose mechanism is gone"
	done
}

run_tests "$@"
