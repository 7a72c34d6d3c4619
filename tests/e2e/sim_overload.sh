#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_overload.sh - policy slo in the simulator: objectives hold whatever is offered, since what
# cannot be in time is refused at once
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1
MIX='short=0.9:10us/slo=100us,long=0.1:500us/slo=2ms' # a core can serve 16,949 a second

# POLICY CORES LOAD [OPTIONS…]
offered() { sim -p "$1" -c "$2" -l "$3" -w "$MIX" -q 5us -n 200k "${@:4}" --json - >"$DIR/run"; }
of_run() { jq -r ".runs[0] | $1" "$DIR/run"; }
worst() { of_run '[.classes[] | select(.slo_us) | .p99_us / .slo_us] | max'; }
refused() { of_run '([.classes[].rejected] | add) / ([.classes[].arrived] | add)'; }
is() { awk "BEGIN { exit !($1) }" || fail "$1"; }

test_objectives_hold_at_twice_and_four_times_the_capacity() {
	local load
	for load in 1.2 2 4; do
		offered slo 8 $load
		is "$(worst) < 1.1"
		is "$(of_run .busy) > 0.97"
		is "$(of_run .goodput) > 0.95"
	done
}

test_without_admission_all_are_late() {
	offered mq 8 2
	is "$(worst) > 100"
	is "$(of_run .goodput) < 0.05"
	is "$(refused) == 0"
}

test_at_half_the_capacity_next_to_nothing_is_refused() {
	offered slo 1 0.5
	is "$(refused) < 0.001"
	offered slo 8 0.5
	is "$(refused) == 0"
}

# One core: a long request takes a quarter of its objective, so the estimate is coarse.
test_one_core_stays_busy_and_in_time() {
	local load
	for load in 2 4; do
		offered slo 1 $load
		is "$(worst) < 1.2"
		is "$(of_run .busy) > 0.95"
		is "$(of_run .goodput) > 0.94"
		is "$(of_run '.classes[0].rejected / .classes[0].arrived') < 0.01"
	done
}

test_a_class_that_floods_takes_nothing_from_one_with_a_tighter_objective() {
	MIX='short=0.1:10us/slo=100us,long=0.9:500us/slo=2ms'
	offered slo 8 4
	is "$(of_run '.classes[0].rejected / .classes[0].arrived') < 0.001"
	is "$(of_run '.classes[0].miss') < 0.01"
}

# What cannot be refused keeps all cores busy; what it makes late by running on to its end is no
# reason to refuse the others, which wait for nothing else.
# A long request in twenty takes more than twice its objective, so it is late in any case.
test_requests_that_run_for_long_keep_no_tighter_class_waiting() {
	MIX='short=0.9:10us/slo=100us,long=0.1:modes(0.95:250us;0.05:5250us)/slo=2ms'
	local load
	for load in 0.5 2; do
		offered slo 1 $load
		is "$(of_run '.classes[0].rejected / .classes[0].arrived') < 0.005"
		is "$(of_run '.classes[0].miss') < 0.02"
	done
}

test_a_flood_that_is_never_refused_takes_no_budget_of_others() {
	local bulk
	for bulk in 500us 500us/slo=2ms/admit=off; do
		MIX="short=0.9:10us/slo=100us,bulk=0.1:$bulk"
		offered slo 1 3 -q 0us
		is "$(of_run '.classes[0].rejected / .classes[0].arrived') < 0.5"
		offered slo 8 3
		is "$(of_run '.classes[0].rejected / .classes[0].arrived') < 0.001"
		is "$(of_run '.classes[0].miss') < 0.01"
	done
}

# Its own lateness is corrected all the same where such a class takes time that is left over.
test_an_overload_is_in_time_beside_a_class_that_is_never_refused() {
	MIX="short=0.9:10us/slo=100us,bulk=0.1:20us/slo=10s/admit=off"
	offered slo 8 3 -n 600k
	is "$(of_run '.classes[0].p99_us') < 110"
	is "$(of_run .goodput) > 0.95"
}

# An oracle that knows all service times lets in what is in time, and slo comes close to it.
test_the_oracle_is_in_time_with_all_that_it_lets_in_and_slo_is_close_below() {
	local cores near=10 goodput
	for cores in 1 8; do
		for load in 0.5 1.2 2; do
			offered slo $cores $load
			goodput=$(of_run .goodput)
			sim -p oracle -c $cores -l $load -w "$MIX" -n 200k --json - >"$DIR/run"
			is "$(worst) <= 1"
			is "$(of_run '[.classes[] | .miss] | add') == 0"
			is "$(of_run .goodput) > $goodput - 0.002"
			is "$goodput > $(of_run .goodput) * (1 - $near / 100)"
		done
	done
}

# Of a class that expires none is answered later than its limit and a service allow, and the policy
# hears of the others; each request is counted once.
test_what_has_waited_too_long_expires_and_what_has_no_limit_waits_on() {
	MIX='a=0.5:10us/slo=100us/expire=2,b=0.5:10us/slo=100us'
	sim -p fcfs -c 1 -l 1.5 -w "$MIX" -n 100k --json - >"$DIR/run"
	is "$(of_run .classes[0].expired) > 10000"
	is "$(of_run .classes[0].max_us) <= 210.1"
	is "$(of_run .classes[1].expired) == 0"
	is "$(of_run .classes[1].done) == $(of_run .classes[1].arrived)"
	is "$(of_run '[.classes[] | .arrived - .done - .rejected - .dropped - .lost - .expired] |
		map(fabs) | add') == 0"
	is "$(of_run .classes[2].expired) == $(of_run .classes[0].expired)"
}

# Urgent requests preempt long ones for as long as they come: what has missed its objective by then
# is not gone on with, and the time is others'.
test_preempted_requests_expire_and_leave_their_time_to_others() {
	local goodput
	offered prio 1 1.5 --preempt yes
	goodput=$(of_run .goodput)
	MIX='short=0.9:10us/slo=100us,long=0.1:500us/slo=2ms/expire=1'
	offered prio 1 1.5 --preempt yes
	is "$(of_run .classes[1].expired) > 1000"
	is "$(of_run .classes[1].max_us) < 2600" # one that nobody preempted ended all the same
	is "$(of_run .goodput) > $goodput + 0.2"
	is "$(of_run .busy) > 0.97"
}

# Beside its work each request takes 2.2 us, as in the lab. At four times the capacity short ones
# take three quarters of the core, and a long one is in time only if they wait for it now and then.
test_where_a_tight_class_takes_most_of_the_time_few_requests_of_a_loose_one_are_late() {
	printf '{"base": "shared", "end_ns": 2200}' >"$DIR/costs.json"
	sim -p slo -c 1 -r 65k -w "$MIX" -q 5us -n 200k -s "$DIR/costs.json" --json - >"$DIR/run"
	is "$(of_run .classes[1].miss) < 0.08"
	is "$(worst) < 1.1"
	is "$(of_run '.classes[0].rejected / .classes[0].arrived') < 0.05"
	is "$(of_run .classes[0].miss) < 0.01"
}

# As much as the cores have left is done of a class without an objective, and nothing is refused.
test_the_oracle_serves_what_has_no_objective_last() {
	MIX='short=0.9:10us/slo=100us,bulk=0.1:500us'
	sim -p oracle -c 2 -l 0.9 -w "$MIX" -n 100k --json - >"$DIR/run"
	is "$(of_run '.classes[0].rejected / .classes[0].arrived') < 0.01"
	is "$(of_run .classes[1].rejected) == 0"
	is "$(of_run .classes[0].p99_us) <= 100"
	is "$(of_run .busy) > 0.85"
}

run_tests "$@"
