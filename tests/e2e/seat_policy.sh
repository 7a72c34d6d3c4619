#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# seat_policy.sh - what policies see of a CPU that services share, in XDP, in workers and in shuntd
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../seats.sh"

LOOKER=$ROOT/build/tests/bpf/looker.o # tests/prog/policies/looker.c

# DOMAIN WORD: of its plan, in decimal.
planned() { echo $(($(stat_of ".domains[$1].plan[$2]" | tr -d '"'))); }
# Its plan is of the time after the last of N requests.
planned_all() { stat_of ".domains[$1].plan | length >= 3" && (($(planned "$1" 2) == $2)); }

rejected() { stat_of .total.rejected; }
try_on() { # a|b N: as offer_to, but none need be answered
	offer_to "$1" --rate 1000 --count "$2" --time 5 --wait 200ms --mix short=1:5us
}

test_xdp_knows_whose_the_seat_is() {
	load_seats --policy "$LOOKER"
	start_service a
	start_service b
	wait_for 5 is_on a
	host shunt knob set 0 1
	try_on b 20
	assert_eq "$(rejected)" 20 "rejected, as b is away"
	try_on a 20
	assert_eq "$(rejected)" 20 "rejected, as a is there"
	assert_answered_by a
	host shunt knob set 0 0
	answers b
	wait_for 5 is_on b
	host shunt knob set 0 1
	try_on b 20
	assert_answered_by b
	try_on a 20
	assert_eq "$(rejected)" 40 "rejected, as a is away now"
	assert_conserved
}

test_a_new_worker_of_another_user_sees_whose_the_seat_is() {
	queues_by_cpu 0 1
	config >"$DIR/config.yaml"
	host shunt load "$LOOKER" --dev "$DEV" --config "$DIR/config.yaml"
	start_agent --user nobody
	start_service a
	start_service b
	wait_for 5 is_on a
	stop b
	BY="setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps=-all" start_service b
	host shunt knob set 0 1
	try_on b 20
	assert_eq "$(rejected)" 20 "rejected, as b is away"
	assert_conserved
}

test_workers_and_shuntd_see_the_same_and_how_long_a_switch_takes() {
	local i
	load_seats --policy "$LOOKER"
	start_service a
	start_service b
	for i in 1 2 3 4 5; do
		answers a
		answers b
	done
	offer_to b --rate 1000 --count 50 --time 5 --mix short=1:5us
	assert_answered_by b
	wait_for 5 planned_all 1 55
	assert_eq "$(planned 1 0)" 55 "times that b ended a request there"
	assert_eq "$(planned 1 1)" 0 "times that b ended one while it was away"
	assert_eq "$(planned 1 3)" 256 "b's core is there, and not away, for plan()"
	for i in 0 1; do
		assert_ge "$(stat_of ".domains[$i].core[0].counts.let_on")" 4 "switches to $i"
		wait_for 5 stat_of ".domains[$i].switch_ns > 0"
		assert_le "$(stat_of ".domains[$i].switch_ns")" 1000000000 "ns that a switch takes"
	done
	assert_match "$(host shunt status)" "service b, switched to in [0-9.]+us"
	# requests end, so plan() comes again
	offer_to b --rate 1000 --count 50 --time 5 --mix short=1:5us
	wait_for 5 planned_all 1 105
	assert_ge "$(planned 1 4)" 100 "ns that a switch takes, for plan()"
}

test_without_seats_every_core_is_there() {
	domain() { echo "{queue: 0, cpus: [$(($(nproc) - 1))]}"; }
	queues_by_cpu 0 1
	load "$LOOKER"
	host shunt knob set 0 1
	start_worker --cores 1
	offer_to a --rate 1000 --count 50 --time 5 --mix short=1:5us
	assert_answered_by a
	wait_for 5 planned_all 0 50
	assert_eq "$(planned 0 0)" 50 "times that a request ended there"
	assert_eq "$(planned 0 3)" 256 "the core is there, and not away, for plan()"
	assert_eq "$(planned 0 4)" 0 "ns that a switch takes"
	assert_conserved
}

run_tests "$@"
