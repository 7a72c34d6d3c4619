#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# wire_faults.sh - the link between NIC and cores loses, duplicates and reorders: nothing is served
# twice, nothing is forgotten but what was counted, and throughput recovers
# runs: together
NO_LAB=1
TEST_LIMIT=${TEST_LIMIT:-${LONG:+300}}
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../wire/lab.sh"
. "$(dirname "$0")/../wire/faults.sh"
. "$(dirname "$0")/../wire/check.sh"

COUNT=$((${LONG:-0} ? 30000 : 1500))
# The client waits for stragglers: a reply after that would count as one that nobody waited for.
LOAD=(--rate 2500 --burst 8 --count "$COUNT" --time 30 --wait 1s --mix short=1:2us)

# [VAR=VALUE…]: two cores behind such a link.
begin_badly() {
	begin build/nic/fcfs.o 2 "$@"
	bad_link 2
}

# LOST BURST TWICE LATE
suffer() {
	set_faults "$@"
	offer "${LOAD[@]}"
}

assert_faults() { # MAP FIELD LEAST
	assert_ge "$(faults "$1" "$2")" "$3" "frames $2"
}

# Throughput is what it was.
assert_serving() {
	wait_for 5 cores_up 2
	offer --rate 8000 --burst 8 --count 1000 --time 5 --mix short=1:2us
	assert_eq "$(answered)" 1000 "answered afterwards"
}

# The link is good again: so is all else. The NIC's counts began with so many requests, so many of
# them done.
assert_recovered() { # [ARRIVED DONE]
	set_faults 0 0 0 0
	assert_balanced
	must_be "$(stray)" 0 "replies that nobody waited for"
	must_be $(($(answered) + ${2:-0})) "$(nic_state .done)" "answered and done"
	must_be $(($(sent) + ${1:-0})) \
		$(($(nic_state .done) + $(nic_state .lost) + $(nic_state .refused))) \
		"sent and accounted for"
}

test_what_is_lost_is_sent_again_or_counted() {
	local loss arrived done
	begin_badly KEEP=1
	for loss in "1 1" "5 1" "2 20"; do # percent, in bursts of
		arrived=$(nic_state .arrived)
		done=$(nic_state .done)
		# shellcheck disable=SC2086
		suffer $loss 0 0
		assert_faults loss lost $((COUNT / 100 * ${loss% *}))
		assert_recovered "$arrived" "$done"
		assert_eq "$(nic_state .lost)" 0 "requests lost of which there was a copy"
	done
	assert_serving
}

test_without_copies_what_is_lost_is_counted() {
	begin_badly
	suffer 5 1 0 0
	assert_ge "$(nic_state .lost)" 1 "requests lost"
	assert_recovered
	assert_serving
}

test_frames_that_arrive_twice_or_late_are_taken_once_or_sent_again() {
	begin_badly KEEP=1
	suffer 0 0 20 20
	assert_faults faults duplicated $((COUNT / 5))
	assert_faults faults exchanged $((COUNT / 10))
	assert_ge "$(ev OLD)" $((COUNT / 20)) "credits that were not new"
	assert_ge "$(nic_state .requeued)" $((COUNT / 100)) requeued
	assert_recovered
	assert_eq "$(nic_state .lost)" 0 "requests lost"
	assert_serving
}

test_parked_requests_are_resumed_once_under_all_faults() {
	local i
	PARK=3 begin_badly KEEP=1 GROUPS=1 # each core is a process of its own
	suffer 2 5 10 10
	assert_faults faults exchanged $((COUNT / 20))
	assert_faults faults duplicated $((COUNT / 20))
	assert_recovered
	assert_eq "$(nic_state .lost)" 0 "requests lost"
	assert_ge "$(nic_state .resumed)" $((COUNT / 10)) resumed
	assert_serving
	for i in 0 1; do
		stop core$i
		must_be "$(tail -n 1 "$DIR/core$i.log" | jq .bad_token)" 0 "bad tokens of core $i"
	done
}

# Requests that a killed core had answered may be counted lost: its last credit died with it.
test_cores_that_restart_under_all_faults_lose_only_what_is_counted() {
	local i
	begin_badly
	set_faults 2 5 10 10
	start load client shunt-load --sleep --to 198.18.0.2 --json --rate 2500 --burst 8 \
		--time 60 --wait 1s --mix short=1:2us
	for i in 0 1 0 1; do
		wait_for 20 more_done $((COUNT / 10))
		stop "core$i" KILL
		start_core $i PROCESS=1
	done
	kill -INT "${PIDS[load]}"
	wait "${PIDS[load]}"
	cp "$DIR/load.log" "$DIR/client.json"
	set_faults 0 0 0 0
	assert_balanced
	must_be "$(stray)" 0 "replies that nobody waited for"
	assert_ge "$(answered)" "$(nic_state .done)" answered
	assert_le "$(answered)" $(($(nic_state .done) + $(nic_state .lost))) answered
	assert_serving
}

# COUNT: since it last said so
more_done() {
	local now
	now=$(nic_state .done)
	((now >= ${DONE:=0} + $1)) && DONE=$now
}

run_tests "$@"
