#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# seat_several.sh - two services share several CPUs: each is at home on one of them, and a hot one
# gets those that the other one does not need
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../seats.sh"

# Both have the first and the last CPU, a core on each; seat 0 is a's home, seat 1 is b's. In the
# order in which the services name them.
domain() {
	local cpus="0, $(($(nproc) - 1))"
	echo "{queue: 0, cpus: [$cpus], service: a}"
	echo "  - {queue: 1, cpus: [$cpus], service: b}"
}

# NAME [OPTIONS…]: a worker with a thread on each CPU. While it is on it spins for a millisecond,
# unless IDLE says otherwise.
start_both_cores() {
	local domain=0
	[ "$1" = a ] || domain=1
	start "$1" host "$ROOT/build/shunt-spin" --dev "$DEV" --domain "$domain" \
		--idle "${IDLE:-adaptive}" "${@:2}"
	wait_for 10 stat_of ".domains[$domain].up == 2"
}

start_services() {
	start_both_cores a "$@"
	start_both_cores b "$@"
}

# SEAT FILTER
seat_of() { host shunt status -j | jq -e ".interfaces[0].seats[$1] | $2"; }
sum_of_seats() { host shunt status -j | jq -e "[.interfaces[0].seats[].$1] | add"; }
has_seat() { [ "$(seat_of "$1" .on)" = "\"$2\"" ]; } # SEAT a|b
all_sleep() { host shunt status -j | jq -e '.interfaces[0].seats | all(.asleep)'; }
# DOMAIN CORE: requests that ended there
ended_on() { stat_of ".domains[$1].core[$2].counts.served"; }

test_two_services_share_two_cpus_and_all_is_answered() {
	SEATS="{hold: 2s}" # the machine may take the CPU from both
	load_seats
	start_services
	assert_eq "$(host shunt status -j | jq '.interfaces[0].seats | length')" 2 "seats"
	offer_both --rate 300 --time 3 --mix short=0.8:5us,long=0.2:1ms
	assert_answered_by a
	assert_answered_by b
	assert_conserved
	assert_eq "$(sum_of_seats taken)" 0 "times that a seat was taken"
	assert_eq "$(stat_of '[.domains[].core[].hung] | add')" 0 "cores taken for silent"
	stop a
	stop b
	assert_frames_of_both
}

# Once b has answered it is on at home; but a may have been hungry until then, and be let on once.
b_is_at_home() {
	answers b
	has_seat 1 b || answers b
	has_seat 1 b || fail "b has answered twice, and $(seat_of 1 .on) is on at its home"
}

# One core cannot keep up: b has nothing to do, and a gets its CPU as well; b gets it back when it
# has a request. Where b had no CPU time to see that a is hungry, a wants its seat by itself: again.
test_a_hot_service_gets_the_cpu_that_the_other_one_does_not_need() {
	local served n=0
	IDLE=spin # so no seat sleeps, from which a would take it
	load_seats
	start_services
	until (($(sum_of_seats fed))); do
		((n++ < 10 * PATIENCE)) || fail "no seat was left as the other one was hungry"
		b_is_at_home
		served=$(ended_on 0 1)
		offer_to a --rate 400 --count 50 --mix long=1:5ms
		assert_answered_by a
		assert_ge $(($(ended_on 0 1) - served)) 5 "requests of a that ended at b's home"
	done
	assert_match "$(host shunt status)" "to one that was hungry"
	b_is_at_home
	assert_conserved
}

# Both want more than they can have: each has its share of either seat, and none is left waiting.
test_two_hot_services_share_both_cpus() {
	SEATS="{quantum: 1ms, hold: 2s}"
	load_seats
	start_services
	offer_both --rate 300 --count 60 --mix long=1:5ms
	assert_answered_by a
	assert_answered_by b
	assert_ge "$(sum_of_seats left)" 10 "times that a seat was left"
	assert_conserved
}

test_seats_of_several_sleep_and_wake_for_whoever_has_requests() {
	local who
	load_seats
	start_services
	for who in a b b a; do
		wait_for 5 all_sleep
		answers $who
	done
	offer_both --rate 100 --time 3 --mix short=0.9:1us,long=0.1:100us
	assert_answered_by a
	assert_answered_by b
	assert_conserved
}

test_kills_at_random_of_services_with_several_seats_strand_no_request() {
	local i victim pid
	load_seats 'hold: {age: none}'
	start_services
	offer_both --rate 200 --time "$((${LONG:-0} ? 12 : 3))" --wait 500ms \
		--mix short=0.8:5us,long=0.2:3ms &
	pid=$!
	for ((i = 0; i < (${LONG:-0} ? 12 : 3); i++)); do
		victim=$( ((RANDOM % 2)) && echo a || echo b)
		sleep 0.$((RANDOM % 5 + 3))
		stop "$victim" KILL
		start_both_cores "$victim"
	done
	wait $pid
	assert_conserved
	assert_le "$(stat_of .total.lost)" 24 "requests that died with their workers"
	answers a
	answers b
}

# All that it has goes to the other one.
test_every_seat_of_a_killed_worker_is_the_others() {
	load_seats
	start_both_cores a
	wait_for 5 has_seat 0 a
	wait_for 5 has_seat 1 a
	start_both_cores b
	stop a KILL
	wait_for 5 has_seat 0 b
	wait_for 5 has_seat 1 b
	assert_eq "$(sum_of_seats 'barred[0]')" '"aa"' "services without a worker"
	answers b
	start_both_cores a
	answers a
	assert_conserved
}

test_a_stopped_worker_loses_every_seat_that_the_other_one_wants() {
	load_seats
	start_services
	answers a
	kill -STOP "${PIDS[a]}"
	offer_to b --rate 300 --count 60 --mix long=1:5ms
	assert_answered_by b
	kill -CONT "${PIDS[a]}"
	answers a
	answers b
	wait_for 5 seat_of 0 '.barred == []'
	wait_for 5 seat_of 1 '.barred == []'
	assert_conserved
}

test_a_restarted_agent_goes_on_with_several_seats() {
	local agent
	load_seats
	start_services
	answers b
	agent=$(stat_of '.domains[0].agent.pid')
	kill -KILL "$agent"
	wait_for 10 stat_of ".domains[0].agent.pid != $agent and .domains[0].agent.alive"
	answers a
	answers b
	stop b KILL
	wait_for 5 has_seat 0 a
	wait_for 5 has_seat 1 a
	start_both_cores b
	answers b
	answers a
	assert_conserved
}

# Its own CPU serves at all times; the shared one helps.
test_a_service_may_have_a_cpu_of_its_own_besides() {
	domain() {
		echo "{queue: 0, cpus: [0, $(($(nproc) - 1))], service: a}"
		echo "  - {queue: 1, cpus: [$(($(nproc) - 1))], service: b}"
	}
	SEATS="{quantum: 1ms, hold: 2s}"
	load_seats
	start_both_cores a
	start_service b
	assert_eq "$(host shunt status -j | jq '.interfaces[0].seats | length')" 1 "seats"
	offer_both --rate 300 --count 40 --mix long=1:5ms
	assert_answered_by a
	assert_answered_by b
	# What yields on the shared CPU may end on the other one.
	assert_ge "$(ended_on 0 0)" 1 "requests that ended on a's own CPU"
	assert_ge "$(host shunt status -j | jq '.interfaces[0].seats[0].left')" 2 \
		"times that the shared CPU was left"
	assert_conserved
}

run_tests "$@"
