#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# restart_wire.sh - the shuntds of a NIC that schedules and of its host are restarted and replaced
# while requests flow
# runs: together
export TRANSPORT=wire
NO_LAB=1
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

TEST_LIMIT=${LONG:+600}
TEST_LIMIT=${TEST_LIMIT:-100}

served_more() { (($(stat_of .total.replied) >= $1)); }
let_serve() { wait_for 10 served_more $(($(stat_of .total.replied) + $1)); }
took_over() { [ "$(grep -c 'took over from' "$DIR/$1.log")" -ge "$2" ]; }

# NAME START: ends it by SIGTERM, and starts the next.
restart() {
	local n
	n=$(grep -c 'took over from' "$DIR/$1.log" || true)
	stop "$1"
	"$2"
	[ "$1" = shuntd ] || wait_for 10 took_over "$1" $((n + 1))
}

# NAME START
replace() {
	PIDS[former]=${PIDS[$1]}
	"$2" --replace
	wait_ended former
	assert_eq "$STATUS" 0 "status of the one that was replaced"
}

test_restarts_and_replacements_on_the_wire_lose_nothing() {
	local i
	load fcfs
	start_worker
	start client client shunt-load --sleep --to 198.18.0.2:9000 --rate 3000 \
		--time "$((TEST_LIMIT - 5))" \
		--mix short=0.7:1us,long=0.3:5us --json --wait 3s
	wait_for 10 arrived 500
	for ((i = 0; i < ${LONG:+19} + 1; i++)); do
		restart shuntd start_nic_agent
		let_serve 200
		restart shuntd_host start_host_agent
		let_serve 200
		replace shuntd start_nic_agent
		let_serve 200
		replace shuntd_host start_host_agent
		let_serve 200
	done
	stop client INT
	cp "$DIR/client.log" "$DIR/client.json"
	assert_all_answered
	assert_conserved
	assert_eq "$(stat_of .total.lost)" 0 lost
	wait_for 10 all_up
	# nobody said HELLO anew
	assert_eq "$(stat_of '[.wire.core[].epoch] | add')" "$CORES" "epochs of the cores"
}

run_tests "$@"
