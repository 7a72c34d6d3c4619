#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# fdstore.sh - shuntd as a unit of systemd, which keeps its descriptors while nobody runs
# (tests/fdstore.py)
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../daemons.sh"

TEST_LIMIT=${LONG:+600}
TEST_LIMIT=${TEST_LIMIT:-60}

state() { jq -er "$1" "$DIR/sd/state"; }
kept() { state '.names | length'; }
started() { [ "$(state .starts)" = "$1" ]; }

# [OPTIONS…]: in place of start_agent
start_unit() {
	need python3
	mkdir -p "$DIR/sd"
	start shuntd nsenter "--net=/run/netns/shunt-$LAB-host" -- tests/fdstore.py "$DIR/sd" \
		shuntd --dev "$DEV" "$@"
	wait_for 10 listens "/run/shunt/$DEV.sock"
}

order() { # WORD
	local n
	n=$(state .starts)
	echo "$1" >"$DIR/sd/order.new"
	mv "$DIR/sd/order.new" "$DIR/sd/order"
	[ "$1" = quit ] || wait_for 10 started $((n + 1))
}

load_unit() { # POLICY [CONFIG LINES…]
	config "${@:2}" >"$DIR/config.yaml"
	host shunt load "$1" --dev "$DEV" --config "$DIR/config.yaml"
	start_unit
}

test_restarts_by_systemd_lose_nothing() {
	local i
	load_unit fcfs "$BIG"
	start_worker
	start_load 20000
	for ((i = 0; i < ${LONG:+97} + 3; i++)); do
		order restart
		wait_for 10 serves
		let_serve 1000
	done
	assert_nothing_lost
	assert_eq "$(state '[.exits[] | select(. != 0)] | length')" 0 "restarts that ended badly"
	stop spin
	assert_frames
}

# Of killed keeper and agent only the descriptors in systemd's store are left.
test_both_processes_are_killed_and_nothing_is_lost() {
	load_unit fcfs "$BIG"
	start_worker
	start_load 5000
	order kill
	wait_for 10 serves
	let_serve 500
	assert_nothing_lost
}

names() { state '.names | sort | join(" ")'; }

# systemd has each once, no more and no less.
test_systemd_has_what_shuntd_has() {
	local want='control d0.memory d0.s0 d0.s1 d0.s2 d0.s3 d0.state listen load lock'
	load_unit fcfs
	wait_for 5 has_names "$want"
	start_worker
	wait_for 5 has_names \
		"control d0.memory d0.s0 d0.s1 d0.s2 d0.s3 d0.state d0.worker listen load lock"
	stop spin KILL
	wait_for 5 has_names "$want"
	order restart
	wait_for 10 logged 'took over domain 0'
	wait_for 5 has_names "$want"
	host shunt unload --dev "$DEV"
	wait_for 5 has_names 'control listen load lock'
}
has_names() { [ "$(names)" = "$1" ]; }

# A domain that is not taken over is taken out of systemd's store: its sockets would keep the queue
# busy for ever.
test_what_is_not_taken_over_is_given_back() {
	load_unit fcfs
	wait_for 5 all_kept
	kill -STOP "$(state .pid)" # it learns of nothing
	kill -KILL "$(agent_pid)"
	host shunt unload --dev "$DEV"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	order kill
	wait_for 10 logged 'queue 0:.*frames'
	start_worker
	offer --rate 2000 --count 100 --time 5 --mix short=1:1us
	assert_all_answered
	wait_for 5 has_names \
		'control d0.memory d0.s0 d0.s1 d0.s2 d0.s3 d0.state d0.worker listen load lock'
}
all_kept() { [ "$(kept)" = 10 ]; }

# The worker dies while shuntd is stopped: systemd would close its pidfd, which says so, if it were
# not told not to look.
test_what_a_worker_had_that_died_meanwhile_is_taken_back() {
	load_unit fcfs
	start_worker
	wait_for 5 has_names \
		'control d0.memory d0.s0 d0.s1 d0.s2 d0.s3 d0.state d0.worker listen load lock'
	kill -STOP "$(state .pid)" "$(agent_pid)"
	kill -KILL "${PIDS[spin]}"
	wait "${PIDS[spin]}" 2>/dev/null || true
	unset 'PIDS[spin]'
	offer --rate 2000 --count 50 --time 1 --wait 10ms --mix short=1:1us
	order kill
	wait_for 10 no_worker
	start_worker
	wait_for 5 quiet
	assert_conserved
	stop spin
	assert_frames
}

run_tests "$@"
