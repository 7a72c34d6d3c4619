#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# seat_sleep.sh - a CPU that services share sleeps while none has requests, and strands none
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../seats.sh"

IDLE=adaptive

sleeps() { seat .asleep; }
# a|b: hundredths of a second that its worker ran so far
ran() { awk '{ print $14 + $15 }' "/proc/${PIDS[$1]}/stat"; }

# Each request comes to a seat that sleeps, unless the machine is too busy: 10 ms apart.
now_and_then() { # SECONDS [OPTIONS…]
	offer_both --rate 100 --time "$@" --mix short=0.9:1us,long=0.1:100us
}

test_a_seat_without_requests_takes_no_cpu_time() {
	local a b
	load_seats
	start_service a
	start_service b
	answers a
	answers b
	wait_for 5 sleeps
	a=$(ran a)
	b=$(ran b)
	sleep 3
	assert_le $(($(ran a) - a)) 3 "hundredths of a second that a ran in 3 s"
	assert_le $(($(ran b) - b)) 3 "hundredths of a second that b ran in 3 s"
	sleeps
	assert_eq "$(stat_of '[.domains[].core[0].state] | join(" ")')" '"asleep asleep"' "states"
	assert_eq "$(stat_of '[.domains[].core[0].hung] | add')" 0 "cores taken for silent"
	assert_match "$(host shunt status)" "is on since .*; all sleep"
}

test_a_request_wakes_the_service_that_it_is_for() {
	local i who
	load_seats
	start_service a
	start_service b
	for who in a b b a a b a b; do
		wait_for 5 sleeps
		answers $who
		is_on $who || fail "$who has answered, and $(seat .on) is on"
	done
	assert_eq "$(seat .left)" 0 "times that a seat was left that slept between all requests"
	assert_conserved
}

test_requests_that_come_now_and_then_are_all_answered() {
	load_seats
	start_service a
	start_service b
	now_and_then "$((${LONG:-0} ? 60 : 4))"
	assert_answered_by a
	assert_answered_by b
	assert_ge "$(stat_of '[.domains[].core[0].counts.slept] | add')" 100 "times cores slept"
	assert_eq "$(seat .taken)" 0 "times that the seat was taken"
	assert_conserved
}

test_kills_at_random_of_services_that_sleep_strand_no_request() {
	local i victim pid
	load_seats 'hold: {age: none}'
	start_service a
	start_service b
	now_and_then "$((${LONG:-0} ? 12 : 3))" --wait 500ms &
	pid=$!
	for ((i = 0; i < (${LONG:-0} ? 16 : 4); i++)); do
		victim=$( ((RANDOM % 2)) && echo a || echo b)
		sleep 0.$((RANDOM % 5 + 1))
		stop "$victim" KILL
		start_service "$victim"
	done
	wait $pid
	assert_conserved
	assert_le "$(stat_of .total.lost)" 16 "requests that died with their workers"
	answers a
	answers b
	wait_for 5 sleeps
}

test_the_other_service_of_a_seat_that_sleeps_goes_on_when_one_dies() {
	local who other
	load_seats
	start_service a
	start_service b
	for who in a b; do
		other=$([ $who = a ] && echo b || echo a)
		answers $who
		wait_for 5 sleeps
		stop $who KILL
		wait_for 5 is_on $other
		answers $other
		wait_for 5 sleeps
		start_service $who
		answers $who
	done
	assert_conserved
}

# A worker that is stopped in its sleep keeps no other from the seat, and finds its requests later.
test_a_service_that_is_stopped_in_its_sleep_costs_the_other_one_nothing() {
	load_seats
	start_service a
	start_service b
	answers b
	answers a
	wait_for 5 sleeps
	kill -STOP "${PIDS[a]}"
	offer_to b --rate 100 --count 50 --time 5 --mix short=1:5us
	assert_answered_by b
	assert_eq "$(seat .taken)" 0 "times that the seat was taken"
	kill -CONT "${PIDS[a]}"
	answers a
	assert_conserved
}

test_a_service_that_spins_by_its_options_puts_no_seat_to_sleep() {
	load_seats
	IDLE=spin start_service a
	start_service b
	answers a
	sleep 1
	! sleeps || fail "it sleeps"
	answers b # which may
	wait_for 5 sleeps
	answers a
	assert_conserved
}

test_a_restarted_agent_finds_a_seat_asleep() {
	local agent
	load_seats
	start_service a
	start_service b
	answers b
	wait_for 5 sleeps
	agent=$(stat_of '.domains[0].agent.pid')
	kill -KILL "$agent"
	wait_for 10 stat_of ".domains[0].agent.pid != $agent and .domains[0].agent.alive"
	sleeps
	answers a
	answers b
	stop b KILL
	wait_for 5 is_on a
	answers a
	assert_conserved
}

# As when its CPU was offline for a while: the kernel does not move it back.
test_a_core_that_was_moved_to_another_cpu_comes_back() {
	local home=$(($(nproc) - 1)) thread
	need taskset
	load_seats
	start_service a
	start_service b
	answers a
	thread=$(grep -lP "^Cpus_allowed_list:\t$home\$" "/proc/${PIDS[a]}"/task/*/status |
		sed -n '1s|.*/\([0-9]*\)/status|\1|p')
	taskset -pc 0 "$thread"
	answers b
	answers a
	assert_match "$(taskset -pc "$thread")" ": $home\$" "the CPUs that a's core may use"
	assert_conserved
}

run_tests "$@"
