#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# second.sh - a second shuntd beside the first, and sockets that somebody took out of the map
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

logged() { logs shuntd | grep -q "$1"; }
put_back() { stat_of '.domains[0].agent.sockets_put_back // 0'; }
has_put_back() { (($(put_back) >= $1)); }

# Refused in words that name the first one, and whatever it had begun to do is undone.
test_a_second_shuntd_is_refused_whatever_its_socket_and_leaves_no_trace() {
	local before
	load fcfs
	start_worker
	before=$(ls /run/shunt)
	assert_exit 1 host shuntd --dev "$DEV" --socket "$DIR/other.sock"
	assert_match "$(cat "$DIR/err")" \
		"another shuntd serves '$DEV' \(process $(stat_of .domains[0].agent.pid)\)"
	assert_exit 1 host shuntd --dev "$DEV"
	assert_match "$(cat "$DIR/err")" 'it serves already .*--replace'
	assert_eq "$(ls /run/shunt)" "$before" "what is in /run/shunt"
	[ ! -e "$DIR/other.sock" ] || fail "its socket is still there"
	offer --rate 2000 --count 500 --time 5 --mix short=1:1us
	assert_all_answered
	assert_conserved
	assert_eq "$(stat_of .domains[0].agent.workers)" 1 "times that a worker came"
	assert_eq "$(put_back)" 0 "sockets put back"
}

test_a_second_shuntd_that_waited_for_the_load_is_refused_when_it_comes() {
	start shuntd host shuntd --dev "$DEV"
	start second host shuntd --dev "$DEV" --socket "$DIR/second.sock"
	wait_for 5 grep -q 'is not loaded' "$DIR/second.log"
	config >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	wait_for 5 grep -q 'another shuntd serves' "$DIR/shuntd.log" "$DIR/second.log"
	wait_for 5 stat_of '.domains[0].agent.alive'
	wait_for 5 one_is_left
}

one_is_left() { [ "$(pgrep -cx shuntd)" = 2 ]; } # a keeper and an agent

# Kills all, again and again: a process that survives starts the other one anew.
none_is_left() { ! pkill -KILL -x shuntd; }

# Once both processes of a shuntd are killed, its lock is free.
test_the_lock_ends_with_its_processes() {
	load fcfs
	wait_for 5 logged 'queue 0:'
	wait_for 5 none_is_left
	wait "${PIDS[shuntd]}" 2>/dev/null || true
	unset 'PIDS[shuntd]'
	start shuntd host shuntd --dev "$DEV" --socket "$DIR/other.sock"
	wait_for 10 listens "$DIR/other.sock"
	start_worker --socket "$DIR/other.sock"
	offer --rate 2000 --count 100 --time 5 --mix short=1:1us
	assert_all_answered
}

test_sockets_that_somebody_removed_are_put_back() {
	local key
	load fcfs
	start_worker
	for key in 0 1 64; do
		host bpftool map delete pinned "/sys/fs/bpf/shunt/$DEV/xsks" key $key 0 0 0
	done
	wait_for 5 has_put_back 3
	wait_for 5 logged '3 sockets of domain 0 were missing'
	offer --rate 2000 --count 500 --time 5 --mix short=0.7:1us,long=0.3:20us
	assert_all_answered
	assert_conserved
}

run_tests "$@"
