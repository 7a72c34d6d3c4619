#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# models.sh - spin checks the protocols in every interleaving, and finds what is wrong in broken
# ones
# runs: beside
NO_LAB=1
. "$(dirname "$0")/../lib.sh"

# To optimise 14,000 lines takes longer than to search the small state spaces.
OPTIMISE=$([ -n "$LONG" ] && echo -O2 || echo -O0)

# MODEL DEFINES…: prints spin's verdict; fails if the search was not exhaustive.
check() {
	cd "$DIR" || return
	spin "${@:2}" -a "$ROOT/tests/model/$1"
	gcc "$OPTIMISE" -DSAFETY -o pan pan.c
	./pan -m200000 | tee "$DIR/verdict"
	! grep -q 'max search depth too small' "$DIR/verdict" || fail "the search was cut off"
}

holds() {
	need spin gcc
	check "$@"
	grep -q 'errors: 0' "$DIR/verdict" || fail "spin found an error in $*"
}

breaks() {
	need spin gcc
	check "$@"
	grep -q 'errors: 1' "$DIR/verdict" || fail "spin found nothing wrong with $*"
}

test_no_request_is_left_beside_an_idle_core() { holds idle.pml; }
test_a_core_blind_to_hold_rings_leaves_one() { breaks idle.pml -DBLIND; }
test_a_sleeping_agent_misses_no_request() { holds sleep.pml; }
test_an_agent_that_does_not_wait_for_xdp_misses_one() { breaks sleep.pml -DNOWAIT; }
test_an_agent_that_does_not_look_again_misses_one() { breaks sleep.pml -DNOLOOK; }
test_an_agent_that_sets_its_word_behind_the_wait_misses_one() { breaks sleep.pml -DLATE; }
test_the_wire_loses_no_capacity_and_serves_nothing_twice() {
	holds wire.pml -DFAULTS=$((${LONG:-0} ? 3 : 2)) -DASKS=1
}
test_a_core_that_takes_what_is_late_serves_twice() { breaks wire.pml -DFAULTS=2 -DTAKE_LATE; }
test_a_nic_that_never_skips_loses_capacity() { breaks wire.pml -DFAULTS=2 -DNO_SKIP; }
test_a_nic_that_believes_old_epochs_forgets_requests() { breaks wire.pml -DFAULTS=2 -DNO_EPOCH; }
test_a_hello_that_is_given_two_epochs_serves_twice() {
	breaks wire.pml -DN=2 -DFAULTS=2 -DWELCOME_ANY
}
test_tokens_are_queued_once_and_go_on_once() {
	holds wire.pml -DN=2 -DPARKS=1 -DFAULTS=$((${LONG:-0} ? 2 : 1)) \
		-DASKS=$((${LONG:-0} ? 1 : 0))
}
test_a_nic_that_queues_a_token_whenever_it_hears_it_goes_on_twice() {
	breaks wire.pml -DN=2 -DPARKS=1 -DFAULTS=1 -DQUEUE_AGAIN
}
test_a_hand_over_with_a_death_loses_and_doubles_no_request_and_no_frame() { holds hand.pml; }
test_a_core_that_says_it_stopped_too_early_acts_twice() { breaks hand.pml -DBYE; }
test_a_reclaim_that_does_not_wait_counts_what_is_served() { breaks hand.pml -DNOWAIT; }
test_a_reclaim_that_leaves_no_tag_is_counted_again() { breaks hand.pml -DNOTAG; }
test_a_reclaim_that_breaks_any_lock_has_two_fillers() { breaks hand.pml -DANYLOCK; }
test_a_move_that_is_not_ended_doubles_a_frame() { breaks hand.pml -DNOMOVE; }
test_a_move_that_is_ended_by_places_doubles_a_frame() { breaks hand.pml -DPLACES; }
test_a_nic_that_sends_before_the_first_credit_sends_to_nobody() {
	breaks wire.pml -DN=2 -DFAULTS=0 -DSEND_EARLY
}
test_a_token_that_is_said_once_is_forgotten() {
	breaks wire.pml -DN=2 -DPARKS=1 -DFAULTS=1 -DSAY_ONCE
}
test_no_hello_but_the_hosts_next_ends_an_epoch() {
	holds hello.pml -DFAULTS=$((${LONG:-0} ? 3 : 2))
}
test_a_host_whose_clock_was_set_back_is_refused_for_ever() {
	breaks hello.pml -DCLOCK -DFORGED=0 -DFAULTS=0
}
test_a_nic_that_takes_every_greater_number_can_be_used_up() { breaks hello.pml -DJUMP; }
test_with_one_key_a_host_ends_anothers_epoch() { breaks hello.pml -DONE_KEY; }
test_a_host_that_believes_unproved_answers_is_led_astray() { breaks hello.pml -DUNPROVED; }
test_a_nic_that_looks_at_no_number_ends_what_is_alive() { breaks hello.pml -DANY_NUMBER; }
test_a_nic_that_does_not_know_its_life_takes_what_is_late() { breaks hello.pml -DNO_LIFE; }
test_a_host_without_nonces_believes_what_is_late() { breaks hello.pml -DNO_NONCE; }
test_services_that_share_a_cpu_leave_no_request_behind() {
	holds seat.pml -DN=$((${LONG:-0} ? 2 : 1))
}
test_seats_that_are_taken_leave_no_request_behind() { holds seat.pml -DN=1 -DT=1; }
test_a_worker_of_a_seat_that_dies_leaves_no_request_behind() { holds seat.pml -DN=1 -DD=1; }
test_xdp_that_looks_at_the_seat_before_it_counts_leaves_one() { breaks seat.pml -DN=1 -DEARLY; }
test_a_worker_that_is_away_and_blind_to_its_counts_leaves_one() { breaks seat.pml -DN=1 -DBLIND; }
test_a_worker_that_hands_over_in_silence_leaves_one() { breaks seat.pml -DN=1 -DNORING; }
test_a_worker_that_never_says_it_is_back_leaves_one() { breaks seat.pml -DN=1 -DT=1 -DNOHERE; }
test_a_bar_that_stays_behind_a_late_take_leaves_one() { breaks seat.pml -DN=1 -DT=1 -DKEEPBAR; }
test_an_agent_that_rings_nobody_after_a_death_leaves_one() {
	breaks seat.pml -DN=1 -DD=1 -DSILENT
}
test_an_agent_that_looks_once_after_a_death_leaves_one() {
	breaks seat.pml -DN=1 -DD=1 -DNOSETTLE
}
test_decisions_are_applied_once_to_what_they_were_made_for_and_wake_who_sleeps() {
	holds offload.pml -DACTS=$((${LONG:-0} ? 2 : 1))
}
test_a_mechanism_that_sleeps_without_a_second_look_misses_a_decision() {
	breaks offload.pml -DNOLOOK
}
test_an_agent_that_looks_at_the_bell_too_early_wakes_nobody() { breaks offload.pml -DEARLY; }
test_a_version_that_is_looked_at_and_not_claimed_is_acted_on_twice() {
	breaks offload.pml -DNOCLAIM
}
test_versions_that_begin_anew_meet_another_object() { breaks offload.pml -DRESET; }
test_a_decision_whose_number_is_read_once_is_torn() { breaks offload.pml -DNOAGAIN; }
test_two_agents_with_one_memory_spoil_each_others_decisions() { breaks offload.pml -DONEMEM; }
test_a_take_over_that_waits_for_no_take_loses_a_decision() { breaks offload.pml -DNOGRACE; }
test_a_take_over_that_wakes_nobody_leaves_a_thread_asleep() { breaks offload.pml -DNOWAKE; }
test_a_word_that_begins_as_the_last_one_leaves_a_thread_asleep() {
	breaks offload.pml -DSAMEWORD
}
test_services_whose_seat_sleeps_leave_no_request_behind() {
	holds seat.pml -DN=1 -DZ=$((${LONG:-0} ? 2 : 1))
}
test_three_services_leave_no_request_behind() {
	holds seat.pml -DK=3 -DN=1 -DF=1
}
test_three_services_whose_seat_sleeps_or_is_taken_leave_no_request_behind() {
	holds seat.pml -DK=3 -DN=1 -DF=2 -DZ=1 -DT=$((${LONG:-0} ? 1 : 0))
}
test_services_of_two_seats_leave_no_request_behind() {
	holds seat.pml -DM=2 -DN=1 -DF=1
}
test_a_worker_that_dies_beside_a_seat_that_sleeps_leaves_no_request_behind() {
	holds seat.pml -DN=1 -DF=1 -DZ=1 -DD=1
}
test_a_seat_that_sleeps_and_is_taken_leaves_no_request_behind() {
	holds seat.pml -DN=1 -DF=1 -DZ=1 -DT=1
}
test_a_worker_that_puts_the_seat_to_sleep_in_silence_leaves_one() {
	breaks seat.pml -DN=1 -DZ=1 -DNORINGALL
}
test_a_worker_whose_seat_sleeps_and_waits_for_no_request_leaves_one() {
	breaks seat.pml -DN=1 -DZ=1 -DNOOWN
}
test_an_agent_that_lets_the_seat_of_a_dead_worker_sleep_leaves_one() {
	breaks seat.pml -DN=1 -DF=1 -DZ=1 -DD=1 -DNOWAKE
}

test_an_exclusive_actor_runs_once_at_a_time_in_order_and_strands_nothing() {
	holds actor.pml -DK=1 -DF=$((${LONG:-0} ? 2 : 1))
}
test_two_messages_outstanding_keep_their_order_where_no_frame_is_lost_or_skipped() {
	holds actor.pml -DK=2 -DKEEPS_FRAMES -DF=$((${LONG:-0} ? 2 : 1))
}
test_two_messages_outstanding_on_a_wire_that_loses_some_strand_nothing() {
	holds actor.pml -DK=2 -DANY_ORDER -DF=$((${LONG:-0} ? 2 : 1))
}
test_a_lost_frame_is_overtaken_where_two_are_outstanding() { breaks actor.pml -DK=2; }
test_cores_that_trust_the_nic_run_an_actor_twice_at_once() { breaks actor.pml -DNOLOCK; }
test_an_actor_that_a_silent_core_keeps_strands_messages() { breaks actor.pml -DSTAYS; }
test_a_message_put_back_without_a_ticket_is_stranded() { breaks actor.pml -DNOTICKET; }
test_a_ticket_while_messages_are_out_gives_an_actor_to_two_cores() {
	breaks actor.pml -DK=2 -DKEEPS_FRAMES -DEARLY
}
test_an_arrival_that_passes_the_fifo_overtakes() {
	breaks actor.pml -DK=2 -DKEEPS_FRAMES -DOVERTAKE
}
test_a_refused_message_at_the_end_of_the_fifo_is_overtaken() { breaks actor.pml -DTAIL; }
test_refused_messages_put_back_oldest_first_change_their_order() {
	breaks actor.pml -DK=2 -DKEEPS_FRAMES -DOLDEST
}
test_a_lock_that_a_dead_process_keeps_strands_messages() { breaks actor.pml -DLOCKED; }

# A variant without one of the wire's rules takes a state space of its own: four of them run in
# `make test-long` only, as do the large ones of seats: taken, several, workers that die.
if [ $# = 0 ] && [ -z "$LONG" ]; then
	# shellcheck disable=SC2046
	run_tests $(grep -oE '^test_[a-z_]+' "$0" |
		grep -vE 'never_skips|old_epochs|two_epochs|said_once' |
		grep -vE 'are_taken|and_is_taken|that_dies|rings_nobody|sleep_leaves_one' |
		grep -vE 'three_services_leave|of_two_seats')
fi
run_tests "$@"
