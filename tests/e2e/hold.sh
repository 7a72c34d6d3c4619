#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# hold.sh - what becomes of requests while nobody serves: they wait for hold.age at most, and
# fallback is in force from the death of the last worker on, whoever else is dead
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

kill_worker() {
	kill -KILL "${PIDS[spin]}"
	wait "${PIDS[spin]}" 2>/dev/null || true
	wait_for 10 no_worker
}

# Sends N requests, which no worker answers; $SENT were sent, and have arrived.
offer_to_nobody() {
	offer --rate 2000 --count "$1" --time 1 --wait 1ms --mix short=0.5:1us,long=0.5:1us
	SENT=$(sent)
	assert_ge "$SENT" 1 "requests sent"
	wait_for 5 arrived "$SENT"
}
expired() { (($(stat_of .total.expired) >= $1)); }

test_requests_that_waited_too_long_expire_and_are_not_answered() {
	load fcfs "hold: {age: 200ms}"
	start_worker
	kill_worker
	offer_to_nobody 60
	wait_for 5 expired "$SENT"
	assert_eq "$(stat_of .total.waiting)" 0 "waiting requests"
	start_worker
	offer --rate 2000 --count 200 --time 5 --mix short=1:1us
	assert_all_answered
	assert_conserved
	assert_eq "$(stat_of '"\(.total.expired) \(.total.replied)"')" "\"$SENT 200\"" \
		"expired and replied"
	assert_match "$(host shunt stats --dev "$DEV")" "expired $SENT .*difference 0" \
		"the conservation line"
	stop spin
	assert_frames
}

test_requests_that_wait_without_a_limit_are_the_next_workers() {
	load fcfs "hold: {age: none}"
	start_worker
	kill_worker
	offer_to_nobody 60
	start_worker
	assert_conserved
	assert_eq "$(stat_of '"\(.total.expired) \(.total.replied)"')" "\"0 $SENT\"" \
		"expired and replied"
}

# bpftool's nonsense, 49 days, stands for a machine that has not run as long as hold.age.
test_no_request_is_older_than_the_machine() {
	local pin=/sys/fs/bpf/shunt/$DEV/cfg value
	need bpftool
	config >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	value=$(bpftool -j map lookup pinned "$pin" key 0 0 0 0 |
		jq -r '.value[112,113,114,115] = "0xff" | .value | join(" ")')
	# shellcheck disable=SC2086 # bytes
	bpftool map update pinned "$pin" key 0 0 0 0 value $value
	start_agent
	offer_to_nobody 60
	start_worker
	assert_conserved
	assert_eq "$(stat_of '"\(.total.expired) \(.total.replied)"')" "\"0 $SENT\"" \
		"expired and replied"
}

# The time of what was steered to a core is that of the last core's end: it carries none of its own.
test_what_waits_in_a_dead_workers_own_rings_expires() {
	load rss "hold: {age: 200ms}"
	start_worker
	kill -STOP "${PIDS[spin]}"
	offer_to_nobody 60
	kill_worker
	wait_for 5 expired 1
	wait_for 5 quiet
	assert_conserved
	assert_eq "$(stat_of .total.replied)" 0 replied
	start_worker
	stop spin
	assert_frames
}

test_fallback_is_in_force_once_the_last_worker_is_dead() {
	local what count
	for what in hold:held pass:passed drop:dropped; do
		count=${what#*:}
		load fcfs "fallback: ${what%:*}"
		start_worker
		kill_worker
		offer_to_nobody 50
		assert_eq "$(stat_of ".total.$count")" "$SENT" "$count"
		assert_eq "$(stat_of .total.arrived)" "$SENT" arrived
		stop shuntd
		host shunt unload --dev "$DEV"
	done
}

# Rings are gone then with all that is in them, and cores still count as up: nobody is left to say
# otherwise.
no_shuntd() { ! pgrep -x -r R,S,D,T shuntd; }

test_without_any_socket_only_pass_gives_requests_to_the_kernel() {
	local what count
	for what in hold:dropped pass:passed drop:dropped; do
		count=${what#*:}
		load fcfs "fallback: ${what%:*}"
		start_worker
		pkill -STOP -x shuntd
		pkill -KILL -x shuntd
		kill -KILL "${PIDS[spin]}"
		wait "${PIDS[spin]}" "${PIDS[shuntd]}" 2>/dev/null || true
		wait_for 5 no_shuntd # the agent is not our child, and sockets live as long as it
		offer_to_nobody 20
		assert_eq "$(stat_of ".total.$count")" "$SENT" "$count with fallback ${what%:*}"
		assert_eq "$(stat_of .events.no_socket)" "$SENT" "without a socket"
		host shunt unload --dev "$DEV"
		rm -f "/run/shunt/$DEV.sock"
	done
}

run_tests "$@"
