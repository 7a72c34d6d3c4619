#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# seats.sh - two services share a CPU: one is on, the other one blocks, and none is left waiting
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../seats.sh"

[ -z "$LONG" ] || TEST_LIMIT=900

test_two_services_share_a_cpu_and_all_is_answered() {
	SEATS="{hold: 2s}" # the machine may take the CPU from both
	load_seats
	start_service a
	start_service b
	assert_eq "$(seat '.services | join(" ")')" '"a b"' "services of the seat"
	offer_both --rate 1000 --time 2 --mix short=0.8:5us,long=0.2:100us
	assert_answered_by a
	assert_answered_by b
	assert_conserved
	assert_ge "$(seat .left)" 100 "times that the seat was left"
	assert_eq "$(seat .taken)" 0 "times that it was taken"
	stop a
	stop b
	wait_for 5 no_worker
}

# It takes no CPU time while the other one is on.
test_a_service_that_is_away_blocks() {
	local before after
	load_seats
	start_service a
	start_service b
	wait_for 5 is_on a
	before=$(awk '{ print $14 + $15 }' "/proc/${PIDS[b]}/stat")
	sleep 1
	after=$(awk '{ print $14 + $15 }' "/proc/${PIDS[b]}/stat")
	assert_le $((after - before)) 10 "hundredths of a second that the one that is away ran"
	assert_eq "$(stat_of '.domains[1].core[0].state')" '"away"' "its state"
	assert_eq "$(stat_of '.domains[1].core[0].hung')" 0 "times that it was taken for silent"
	answers b
	answers a
}

# Each pair of requests makes the seat go there and back, unless the machine is too busy.
test_thousands_of_switches_lose_nothing() {
	local n=0 turns=$((${LONG:-0} ? 100000 : 2000)) most=$((${LONG:-0} ? 120 : 30))
	load_seats
	start_service a
	start_service b
	while (($(seat .turns) < turns)); do
		((n++ < most * PATIENCE)) || fail "$(seat .turns) turns of the seat alone"
		offer_both --rate 4000 --time 1 --mix short=1:1us
		assert_answered_by a
		assert_answered_by b
	done
	assert_conserved
	stop a
	stop b
	assert_frames_of_both
}

test_the_next_of_a_killed_worker_has_the_seat() {
	load_seats
	start_service a
	start_service b
	wait_for 5 is_on a
	stop a KILL
	wait_for 5 is_on b
	assert_eq "$(seat '.barred | join(" ")')" '"a"' "services without a worker"
	answers b
	start_service a
	answers a
	answers b
	assert_conserved
}

test_kills_at_random_strand_no_request() {
	local i victim pid
	load_seats 'hold: {age: none}'
	start_service a
	start_service b
	offer_both --rate 500 --time "$((${LONG:-0} ? 12 : 3))" --wait 500ms \
		--mix short=0.9:5us,long=0.1:200us &
	pid=$!
	for ((i = 0; i < (${LONG:-0} ? 16 : 4); i++)); do
		victim=$((RANDOM % 2 ? 0 : 1))
		victim=$([ $victim = 0 ] && echo a || echo b)
		sleep 0.$((RANDOM % 5 + 1))
		stop $victim KILL
		start_service $victim
	done
	wait $pid
	assert_conserved
	assert_le "$(stat_of .total.lost)" 16 "requests that died with their workers"
	answers a
	answers b
}

# A service that is stopped while it is on: once it has had the seat for "hold", the other one has
# it. Continued, it comes back.
test_a_stopped_worker_loses_the_seat_and_is_let_on_again() {
	load_seats
	start_service a
	start_service b
	wait_for 5 is_on a
	kill -STOP "${PIDS[a]}"
	answers b
	assert_eq "$(seat .taken)" 1 "times that the seat was taken"
	assert_eq "$(seat '.barred | join(" ")')" '"a"' "services that are barred"
	kill -CONT "${PIDS[a]}"
	wait_for 5 seat '.barred == []'
	answers a
	answers b
	assert_conserved
}

# It beats, so it does not hang; and no safepoint lets it leave.
test_a_handler_without_safepoints_costs_the_other_service_the_hold_time() {
	SEATS="{hold: 5ms}"
	load_seats
	start_service a --no-safepoints
	start_service b
	offer_to a --rate 5 --count 10 --mix long=1:90ms &
	wait_for 5 is_on a
	offer_to b --rate 100 --count 100 --mix short=1:5us
	wait $!
	assert_answered_by a
	assert_answered_by b
	assert_ge "$(seat .taken)" 1 "times that the seat was taken"
	assert_conserved
}

test_a_restarted_agent_goes_on_with_the_seats() {
	local agent
	load_seats
	start_service a
	start_service b
	answers b
	answers a
	agent=$(stat_of '.domains[0].agent.pid')
	kill -KILL "$agent"
	wait_for 10 stat_of ".domains[0].agent.pid != $agent and .domains[0].agent.alive"
	answers b
	answers a
	# The new agent gives the seat on, too.
	stop b KILL
	wait_for 5 seat '.barred == ["b"]'
	start_service b
	answers b
	answers a
	assert_conserved
}

test_a_worker_that_ends_leaves_the_seat() {
	load_seats
	start_service a
	start_service b
	wait_for 5 is_on a
	stop a
	assert_eq "$STATUS" 0 "exit status"
	wait_for 5 is_on b
	answers b
	stop b
	wait_for 5 seat '.on == null'
	start_service a
	answers a
}

test_a_switch_of_the_policy_keeps_the_seats() {
	load_seats
	start_service a
	start_service b
	host shunt switch mq
	answers a
	answers b
	assert_exit 1 host shunt preempt set mode=off
	assert_match "$(cat "$DIR/err")" "would keep its CPU from the other service"
	host shunt switch sq
	offer_both --rate 500 --time 1 --mix short=0.8:5us,long=0.2:300us
	assert_answered_by a
	assert_answered_by b
	assert_conserved
}

refused() { # WORDS DOMAINS [LINES…]
	printf '%s\n' "ports: [{port: 9000, service: any}]" "domains:" "${@:2}" >"$DIR/bad.yaml"
	assert_exit 1 host shunt load fcfs --dev "$DEV" --config "$DIR/bad.yaml"
	assert_match "$(cat "$DIR/err")" "$1"
}

test_load_refuses_seats_that_cannot_work() {
	local a='  - {queue: 0, cpus: [0], service: a}' b='  - {queue: 1, cpus: [0], service: b}'
	refused 'less than 50us' "$a" "$b" 'seats: {quantum: 20us}'
	refused 'seats need it' "$a" "$b" 'preempt: {mode: off}'
	refused 'one core on a CPU' "$a" '  - {queue: 1, cpus: [0, 0], service: b}'
	refused "give each a 'service'" "$a" '  - {queue: 1, cpus: [0]}'
	[ ! -e "/sys/fs/bpf/shunt/$DEV/seats" ] || fail "something was loaded"
}

run_tests "$@"
