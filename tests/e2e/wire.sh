#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# wire.sh - requests served through a NIC that shares no memory with its host
# runs: together
NO_LAB=1
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../wire/lab.sh"
. "$(dirname "$0")/../wire/check.sh"

test_held_requests_are_served_by_credits() {
	begin build/nic/fcfs.o 1
	offer --rate 8000 --burst 32 --count 3200 --time 5 --mix short=1:5us
	assert_answered 3200
	assert_ge "$(nic_state .held)" 1000 held
	assert_balanced
}

test_copies_by_a_loop_serve_as_well() {
	begin build/nic-loop/mq.o 1
	offer --rate 5000 --burst 32 --count 1600 --time 5 --mix short=0.5:5us,long=0.5:20us
	assert_answered 1600
	assert_balanced
}

test_parked_requests_are_resumed_once_even_under_loss() {
	PARK=3 begin build/nic/fcfs.o 1 KEEP=1
	lose 3 1
	offer --rate 3000 --burst 4 --count 1500 --time 10 --mix short=1:2us
	lose 0 0
	assert_balanced
	assert_eq "$(answered)" 1500 answered
	assert_ge "$(nic_state .parked)" 300 parked
	stop core0
	assert_eq "$(tail -n 1 "$DIR/core0.log" | jq .bad_token)" 0 "bad tokens"
}

test_a_core_that_is_killed_is_off_and_another_epoch_serves() {
	begin build/nic/fcfs.o 1 SILENT_MS=100
	offer --rate 1000 --count 200 --time 5 --mix short=1:2us
	stop core0 KILL
	# the NIC does not know yet, or holds them
	offer --rate 1000 --count 50 --time 0.2 --mix short=1:2us
	client shunt-load --to 198.18.0.2:9000 --json --rate 20 --count 10 --time 1 \
		--mix short=1:2us >/dev/null
	wait_for 5 cores_up 0
	start_core 0
	wait_for 5 cores_up 1
	offer --rate 2500 --count 500 --time 5 --mix short=1:2us
	assert_ge "$(answered)" 500 answered
	assert_balanced
}

test_a_nic_that_starts_anew_gets_its_cores_back() {
	begin build/nic/fcfs.o 2
	offer --rate 1000 --count 200 --time 5 --mix short=1:2us
	stop nic KILL
	start_nic build/nic/fcfs.o 2
	wait_for 5 cores_up 2
	offer --rate 4000 --burst 8 --count 1000 --time 5 --mix short=1:2us
	assert_answered 1000
	assert_balanced
}

test_what_a_core_parked_outlives_its_epoch() {
	local i
	PARK=2 begin build/nic/fcfs.o 1 SILENT_MS=100
	# it is what the NIC hears, too
	start load client shunt-load --sleep --to 198.18.0.2:9000 --json --rate 1500 --burst 16 \
		--count 4500 --time 5 --mix short=1:20us
	for i in 1 2; do
		wait_for 5 nic_state ".done >= $((i * 300))"
		kill -STOP "${PIDS[core0]}"
		wait_for 5 cores_up 0
		kill -CONT "${PIDS[core0]}"
		wait_for 5 cores_up 1
	done
	wait "${PIDS[load]}"
	assert_balanced
	stop core0
	assert_eq "$(tail -n 1 "$DIR/core0.log" | jq .bad_token)" 0 "bad tokens"
}

test_tokens_of_two_hosts_stay_with_their_own() {
	local i
	PARK=3 begin build/nic/fcfs.o 2 GROUPS=1
	offer --rate 4000 --burst 8 --count 1000 --time 10 --mix short=1:2us
	assert_eq "$(answered)" 1000 answered
	assert_balanced
	for i in 0 1; do
		stop core$i
		assert_eq "$(tail -n 1 "$DIR/core$i.log" | jq .bad_token)" 0 "bad tokens of core $i"
		assert_ge "$(tail -n 1 "$DIR/core$i.log" | jq .resumed)" 1 "resumed by core $i"
	done
}

test_preempts_are_sent_only_while_something_waits() {
	begin build/nic/fcfs.o 1 QUANTUM_US=200 K=1
	for _ in 1 2; do # each over its quantum, and alone
		offer --count 1 --time 1 --mix short=1:20ms
	done
	assert_eq "$(nic_state .done)" 2 done
	assert_eq "$(nic_state .preempts)" 0 "needless preempts"
	offer --rate 400 --burst 4 --count 80 --time 5 --mix short=1:2ms
	assert_ge "$(nic_state .preempts)" 10 preempts
	assert_balanced
}

test_frames_from_the_uplink_never_reach_the_nic() {
	begin build/nic/fcfs.o 1
	start_core_on_client
	offer --rate 1000 --count 100 --time 5 --mix short=1:2us
	assert_eq "$(answered)" 100 answered
	assert_eq "$(nic_state '[.ev[0:9][]] | add')" 0 "bad control frames seen"
}

# A forger in the client's namespace, with the core's own MAC and the right key.
start_core_on_client() {
	start forger client env "MAC=$(core_mac 0)" build/tests/wire/core "${LAB}c" 0 "$NIC_MAC"
	wait_for 5 forged
}

forged() { (($(client cat /proc/net/dev | awk -v d="${LAB}c:" '$1 == d {print $10}') > 5)); }

run_tests "$@"
