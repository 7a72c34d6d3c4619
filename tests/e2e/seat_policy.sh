#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# seat_policy.sh - what policies see of a CPU that services share, in XDP, in workers and in shuntd
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../seats.sh"

# Knob 0: requests are rejected where their service is away. done(), in workers, adds up what it
# sees; plan(), in the kernel, shows what it sees, and that sum.
looker() {
	cat >"$DIR/looker.c" <<-'EOF'
		#include <shunt/policy.h>
		#define SHUNT_HAS_DONE
		#define SHUNT_HAS_PLAN
		SHUNT_POLICY("looker", SHUNT_IDLE_ONLY, "shows what it sees of seats");
		static int steer(shunt_view *v, shunt_event *ev)
		{
			if (shunt_knob(v, 0) && shunt_away(v))
				return SHUNT_REJECT;
			return shunt_idle(v) ? shunt_first(shunt_idle(v)) : SHUNT_HOLD;
		}
		static int select(shunt_view *v, shunt_event *ev)
		{
			return ev->waiting ? shunt_first(ev->waiting) : SHUNT_GO_ON;
		}
		static void done(shunt_view *v, shunt_event *ev)
		{
			shunt_add(v, 0, shunt_there(v));
			shunt_add(v, 1, shunt_away(v));
			shunt_add(v, 2, 1);
		}
		static void plan(shunt_view *v, shunt_event *ev)
		{
			for (int i = 0; i < 3; i++)
				shunt_plan_set(v, i, shunt_state(v, i));
			shunt_plan_set(v, 3, shunt_there(v) << 8 | shunt_away(v));
			shunt_plan_set(v, 4, shunt_switch_ns(v));
			shunt_plan_set(v, 5, 1);
		}
	EOF
	shunt build "$DIR/looker.c" -o "$DIR/looker.shunt" >/dev/null
}

# DOMAIN WORD: of its plan, in decimal.
planned() { echo $(($(stat_of ".domains[$1].plan[$2]" | tr -d '"'))); }
# Its plan is of the time after the last of N requests.
planned_all() { stat_of ".domains[$1].plan | length >= 3" && (($(planned "$1" 2) == $2)); }

rejected() { stat_of .total.rejected; }
try_on() { # a|b N: as offer_to, but none need be answered
	offer_to "$1" --rate 1000 --count "$2" --time 5 --wait 200ms --mix short=1:5us
}

test_xdp_knows_whose_the_seat_is() {
	looker
	load_seats --policy "$DIR/looker.shunt"
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
	looker
	queues_by_cpu 0 1
	config >"$DIR/config.yaml"
	host shunt load "$DIR/looker.shunt" --dev "$DEV" --config "$DIR/config.yaml"
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
	looker
	load_seats --policy "$DIR/looker.shunt"
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
	looker
	domain() { echo "{queue: 0, cpus: [$(($(nproc) - 1))]}"; }
	queues_by_cpu 0 1
	load "$DIR/looker.shunt"
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
