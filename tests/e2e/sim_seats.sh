#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_seats.sh - the simulator: services that take turns on cores, and that spin on the same ones
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1

TWO='get=0.5:1us/service=get,scan=0.5:1us/service=scan'
THREE='a=0.4:1us/service=a,b=0.3:1us/service=b,c=0.3:1us/service=c'
LONG_ONES='get=0.9:1us/service=get,scan=0.1:2ms/service=scan'
SEATS=(-C services=seats -C change_ns=4000)

run() { sim --json - "$@" | jq '.runs[0]' >"$DIR/run"; }
of() { jq ".services[] | select(.service == \"$1\") | .$2" "$DIR/run"; }

assert_all_served() {
	jq -e '.state == "ok" and .bad_answers == 0 and (.services | length) > 1 and
		(.services | all(.arrived == .done + .dropped + .rejected + .lost))' \
		"$DIR/run" >/dev/null || fail "$1: $(jq -c .services "$DIR/run")"
	jq -e '.classes[-1].arrived == ([.services[].arrived] | add)' "$DIR/run" >/dev/null ||
		fail "$1: services and classes differ"
}

# Whom a request finds on is whose the last one was: one half of the times another service, and then
# it waits for the switch.
test_where_little_comes_a_request_waits_for_its_own_switch_alone() {
	run -p fcfs -w "$TWO" -c 1 -l 0.0005 -n 200k "${SEATS[@]}"
	assert_all_served "two services on one core"
	assert_near "$(jq .classes[-1].mean_us "$DIR/run")" 3 2 "mean: half a switch, and 1 us"
	assert_near "$(jq .classes[-1].p99_us "$DIR/run")" 5 1 "p99: a switch, and 1 us"
	assert_near "$(calc "$(of get let_on) + $(of scan let_on)")" 100000 2 "switches"
	run -p fcfs -w "$THREE" -c 1 -l 0.0005 -n 200k "${SEATS[@]}"
	assert_all_served "three services on one core"
	assert_near "$(jq .classes[-1].mean_us "$DIR/run")" \
		"$(calc '1 + 4 * (1 - 0.16 - 0.09 - 0.09)')" 2 "mean of three services"
}

# Work that waits is not lost by taking turns: where a switch costs nothing, the mean wait is that
# of one queue, whoever goes first.
test_where_a_switch_costs_nothing_the_mean_wait_is_that_of_one_queue() {
	run -p fcfs -w "$TWO" -c 1 -l 0.7 -n 2M -C services=seats -C seat_us=1000
	assert_all_served "load 0.7"
	assert_near "$(jq .classes[-1].wait_us "$DIR/run")" "$(pk_wait 0.7 0)" 2 "mean wait, M/D/1"
	run -p fcfs -w "$(sed 's/1us/exp(1us)/g' <<<"$TWO")" -c 1 -l 0.7 -n 2M -C services=seats
	assert_near "$(jq .classes[-1].wait_us "$DIR/run")" "$(pk_wait 0.7 1)" 3 "mean wait, M/M/1"
}

# The thread of a service that spins has the core for every other slice.
test_services_that_spin_wait_for_the_kernels_slices() {
	run -p fcfs -w "$TWO" -c 1 -l 0.0005 -n 200k -C services=spin -C slice_us=100
	assert_all_served "spin"
	assert_near "$(jq .classes[-1].mean_us "$DIR/run")" 26 2 "mean: a quarter slice, and 1 us"
	run -p fcfs -w "$THREE" -c 1 -l 0.0005 -n 200k -C services=spin -C slice_us=100
	assert_near "$(jq .classes[-1].mean_us "$DIR/run")" "$(calc '1 + 2 / 3 * 100')" 2 \
		"mean of three"
	run -p fcfs -w "$TWO" -c 2 -l 0.3 -n 200k -C services=spin -C slice_us=10
	assert_all_served "spin on two cores"
}

# A request of 2 ms in the way: the seat's time, a safepoint, a switch.
test_who_serves_leaves_at_a_safepoint_when_its_time_is_over() {
	local seats=("${SEATS[@]}" -C seat_us=200 -C safepoint_ns=1000)
	run -p fcfs -w "$LONG_ONES" -c 1 -l 0.5 -n 100k "${seats[@]}"
	assert_all_served "short ones beside long ones"
	assert_ge "$(jq .preempted "$DIR/run")" 1000 "requests parked as the time was over"
	assert_eq "$(of scan taken)" 0 "times that a service was taken off"
	# at most: the seat's time, a safepoint, two switches, and what waited before it
	assert_le "$(jq '.classes[0].p99_us | floor' "$DIR/run")" 260 "p99 of the short ones, us"
	run -p fcfs -w "$LONG_ONES" -c 1 -l 0.5 -n 100k "${SEATS[@]}" -C seat_us=1000000
	assert_ge "$(jq '.classes[0].p99_us | floor' "$DIR/run")" 2000 "p99 without an end, us"
}

test_who_comes_to_no_safepoint_is_taken_off_after_the_hold_time() {
	run -p fcfs -w "$LONG_ONES" -c 1 -l 0.5 -n 100k "${SEATS[@]}" -C seat_us=200 \
		-C safepoint_ns=50000000 -C seat_hold_us=300
	assert_all_served "no safepoints"
	assert_ge "$(of scan taken)" 1000 "times that the long ones were taken off"
	assert_eq "$(of get taken)" 0 "times that the short ones were"
	assert_le "$(jq '.classes[0].p99_us | floor' "$DIR/run")" 560 "p99 of the short ones, us"
}

test_a_service_serves_on_several_seats_at_once() {
	local policy
	for policy in fcfs mq rss p2c jbsq steal; do
		run -p $policy -w "$TWO" -c 4 -l 0.6 -n 200k "${SEATS[@]}" -C seat_us=100
		assert_all_served "$policy on four seats"
		assert_ge "$(of get let_on)" 1000 "switches to get, $policy"
	done
	# one of four that share beats one of one
	assert_le "$(value p99_us -p fcfs -w "$TWO" -c 4 -l 0.6 -n 200k "${SEATS[@]}" |
		cut -d. -f1)" "$(value p99_us -p fcfs -w "$TWO" -c 1 -l 0.6 -n 200k "${SEATS[@]}" |
		cut -d. -f1)" "p99 on four cores, against one"
}

test_a_policy_sees_whose_the_seats_are_and_what_a_switch_takes() {
	cat >"$DIR/picky.c" <<-'EOF'
		#include <shunt/policy.h>
		SHUNT_POLICY("picky", SHUNT_IDLE_ONLY, "rejects what would wait for a switch");
		static int steer(shunt_view *v, shunt_event *ev)
		{
			__u64 idle = shunt_idle(v);

			if (shunt_switch_ns(v) > shunt_knob(v, 0) && !shunt_there(v) &&
			    shunt_away(v) == shunt_up(v))
				return SHUNT_REJECT;
			return idle ? shunt_first(idle) : SHUNT_HOLD;
		}
		static int select(shunt_view *v, shunt_event *ev)
		{
			return ev->waiting ? shunt_first(ev->waiting) : SHUNT_GO_ON;
		}
	EOF
	# each is let on once; from then on whatever comes while it is away is rejected
	run -p "$DIR/picky.c" -w "$TWO" -c 1 -l 0.01 -n 100k "${SEATS[@]}" -k 0=3999
	jq -e '.classes[-1] | .rejected > 0.4 * .arrived and .rejected < 0.6 * .arrived' \
		"$DIR/run" >/dev/null || fail "rejected: $(jq -c .classes[-1] "$DIR/run")"
	run -p "$DIR/picky.c" -w "$TWO" -c 1 -l 0.01 -n 100k "${SEATS[@]}" -k 0=4000
	assert_eq "$(jq .classes[-1].rejected "$DIR/run")" 0 "rejected where a switch is cheap"
}

test_the_table_has_a_line_for_each_service() {
	sim -p fcfs -w "$TWO" -c 1 -l 0.1 -n 10k "${SEATS[@]}" >"$DIR/out"
	assert_match "$(cat "$DIR/out")" 'service get: [0-9]+ of [0-9]+ served, there '
	assert_match "$(cat "$DIR/out")" 'service scan: .*taken off 0 times'
}

test_seats_that_make_no_sense_are_refused() {
	refused 'seat_us is at least 10 times change_ns' -p fcfs -w "$TWO" "${SEATS[@]}" \
		-C seat_us=39
	refused 'want two services' -p fcfs -w exp1 -C services=seats
	refused 'want transport=shared' -s wire -p fcfs -w "$TWO" -C services=seats
	refused 'want transport=shared, and no --fail' -p fcfs -w "$TWO" -c 2 -C services=seats \
		-F 1@1ms -n 100k
	refused 'seat_us=9 would change nothing' -p fcfs -w "$TWO" -C services=spin -C seat_us=9
}

run_tests "$@"
