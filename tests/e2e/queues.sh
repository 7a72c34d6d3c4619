#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# queues.sh - one domain over several receive queues: the NIC (here: the sender's hash of the flow)
# chooses the queue, and with it the core; the others steal
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

LAB_ARGS=(--queues 2)
domain() { echo "{queues: [0, 1], cpus: [$CPUS]}"; }

in_rings() { stat_of .total.on_cores; }
# Requests that came through each queue.
through() { stat_of '[.domains[0].core[].counts | .served - .stolen] | '"$1"; }

bound_twice() { [ "$(grep -c . "$DIR/bound")" = 2 ]; }

# A driver with zero copy takes its first frames when a socket is bound.
test_a_fill_ring_has_frames_before_its_socket_is_bound() {
	export BOUND_LOG=$DIR/bound LD_PRELOAD=$ROOT/build/tests/bound.so
	load p2c
	unset LD_PRELOAD
	wait_for 10 bound_twice
	assert_eq "$(grep -c 'frames [1-9]' "$DIR/bound")" 2 "fill rings with frames"
	assert_eq "$(grep -c 'frames 0' "$DIR/bound" || true)" 0 "fill rings without"
}

test_what_comes_through_either_queue_is_served() {
	load p2c
	assert_match "$(host shunt status)" 'queues 0, 1: 0 of 2 cores up'
	start_worker
	offer --rate 2000 --time 1 --flows 64 --mix short=0.7:20us,long=0.3:60us
	assert_all_answered
	assert_conserved
	assert_eq "$(stat_of .total.arrived)" "$(sent)" "requests counted on both queues"
	assert_eq "$(stat_of .events.bad_core)" 0 "cores that are not there"
	stop spin
	assert_frames
}

# One flow comes through one queue. Another core serves half of it, more requests than the queue has
# frames. The frames come back to that queue.
test_frames_of_stolen_requests_come_back_to_their_queue() {
	load rss
	start_worker
	offer --rate 4000 --burst 16 --time 2 --flows 1 --wait 500ms --mix short=1:100us
	assert_conserved
	assert_eq "$(through min)" 0 "requests of the other queue"
	assert_ge "$(stat_of '[.domains[0].core[].counts.stolen] | add')" 1200 "requests stolen"
	assert_eq "$(stat_of '.domains[0].agent.no_frame')" 0 "arrivals without a frame"
	stop spin
	assert_frames
}

test_one_core_alone_serves_the_queues_of_those_that_have_no_thread() {
	load p2c
	start spin host shunt-spin --dev "$DEV" --idle sleep --cores 1
	wait_for 10 sh -c \
		"nsenter --net=/run/netns/shunt-$LAB-host shunt stats -j --dev $DEV | jq -e '.domains[0].up == 1'"
	offer --rate 300 --time 1 --flows 64 --mix short=1:5us # the rings hold what a second brings
	assert_all_answered
	assert_conserved
}

# There is no hold queue: what waits is in the cores' rings, up to their size, and the next
# worker's.
test_without_a_worker_requests_wait_in_the_queues_rings() {
	load p2c "hold: {age: none}"
	local fit=$((2 * (256 - 64 + 1))) # a request that finds 192 waiting is the last
	offer --rate 1000 --count 1000 --time 2 --flows 64 --wait 10ms --mix short=1:1us
	assert_eq "$(in_rings)" $fit "requests in two rings"
	assert_eq "$(stat_of .total.dropped_by_limit)" $((1000 - fit)) "requests beyond"
	start_worker
	assert_conserved
	assert_eq "$(stat_of .total.replied)" $fit "requests that the worker found"
}

test_fallback_drops_where_the_configuration_says_so() {
	load p2c 'fallback: drop'
	offer --rate 1000 --count 100 --time 1 --flows 64 --wait 10ms --mix short=1:1us
	assert_eq "$(stat_of .total.dropped)" 100 "requests dropped"
}

# More than the cores can do never ends; what comes after the word to stop is the next worker's.
test_a_worker_stops_while_its_queues_are_fed() {
	load p2c
	start_worker
	start client client shunt-load --to 198.18.0.2:9000 --rate 30000 --time 20 --flows 64 \
		--mix short=1:200us
	wait_for 5 arrived 2000
	stop spin
	assert_eq "$STATUS" 0 "exit status of the worker"
	start_worker
	stop client INT
	assert_conserved
	assert_eq "$(stat_of .total.lost)" 0 lost
}

test_marks_name_requests_of_their_own_queue() {
	load mq
	host shunt quantum set long 20us >/dev/null
	start_worker
	offer --rate 2000 --burst 8 --time 1 --flows 64 --mix short=0.8:5us,long=0.2:300us
	assert_all_answered
	assert_conserved
	assert_ge "$(stat_of .preemption.by_safepoint)" 20 "requests that yielded"
}

run_tests "$@"
