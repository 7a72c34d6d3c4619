#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# on_wire.sh - tests of the shared transport, the same functions, where a NIC schedules that shares no memory with its
# hosts; and what there is on the wire alone
export TRANSPORT=wire ON_WIRE=1
NO_LAB=1
. "$(dirname "$0")/../lib.sh"
SWITCHES=${SWITCHES:-$([ -n "$LONG" ] && echo 200 || echo 3)}
. "$(dirname "$0")/serve.sh"
. "$(dirname "$0")/decide.sh"
. "$(dirname "$0")/preempt.sh"

SHARED_TESTS=(
	test_requests_over_ipv4_are_answered
	test_switches_under_load_lose_no_packet
	test_quanta_take_effect_while_requests_run
)
SHARED_LONG=(
	test_requests_over_ipv6_are_answered
	test_bursts_of_64_are_answered
	test_replies_of_several_datagrams_arrive_whole
	test_requests_without_a_reply_are_counted
	test_every_policy_serves
	test_a_worker_that_stops_serves_what_it_was_steered
	test_an_slo_set_by_bpftool_changes_the_order_of_service
	test_a_hold_limit_bounds_the_queue_and_is_counted
	test_short_requests_do_not_wait_for_long_ones
	test_every_policy_serves_all_with_preemption_on
)

# Requests that wait and that cores have, at once.
most_out() { stat_of '[.wire.core[].out] | max'; }

test_k_is_kept_and_nobody_is_preempted_needlessly() {
	local k
	CPUS=$ONE
	load sq
	host shunt quantum set long 20us >/dev/null
	start_worker
	for k in 1 2 3 4 5; do
		host shunt wire set k=$k >/dev/null
		offer --rate 4000 --burst 16 --count 320 --time 5 --mix short=0.8:1us,long=0.2:100us
		assert_all_answered
	done
	assert_conserved
	assert_ge "$(preemption by_safepoint)" 20 preemptions
	assert_eq "$(stat_of .wire.needless_preemptions)" 0 "needless preemptions"
	# Stopped in the middle of it, a core has k and no more.
	host shunt wire set k=3 >/dev/null
	kill -STOP "${PIDS[spin]}"
	offer --rate 20000 --count 40 --time 0.2 --wait 10ms --mix short=1:1us
	assert_eq "$(most_out)" 3 "requests that the core has"
	assert_eq "$(stat_of .wire.k)" 3 "k as shown"
	kill -CONT "${PIDS[spin]}"
	assert_conserved
}

test_two_hosts_share_one_nic() {
	local i
	HOSTS=1,1 CPUS=$ONE
	load mq
	start shuntd_host1 nsenter "--net=/run/netns/shunt-$LAB-host1" -- shuntd --role host --dev "${LAB}h1:0" \
		--first 1 --nic 02:00:c6:12:00:02 --key "$KEY"
	wait_for 10 test -S "/run/shunt/${LAB}h1.sock"
	start spin1 nsenter "--net=/run/netns/shunt-$LAB-host1" -- shunt-spin --dev "${LAB}h1" --idle sleep
	start_worker
	host shunt quantum set long 20us >/dev/null
	offer --rate 6000 --burst 8 --count 3000 --time 10 --mix $MIX
	assert_all_answered
	assert_conserved
	for i in 0 1; do
		assert_ge "$(stat_of ".wire.core[$i].credits")" 100 "credits of host $i's core"
	done
	stop spin1
	offer --rate 2000 --count 500 --time 5 --mix $MIX
	assert_all_answered
	assert_eq "$(stat_of .total.lost)" 0 lost
}

test_host_and_nic_start_and_end_in_any_order() {
	CPUS=$ONE
	use_wire
	start_host_agent
	start spin host shunt-spin --dev "$WORKER_DEV" --idle sleep
	config >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	offer --rate 1000 --count 100 --time 1 --wait 10ms --mix short=1:1us # they wait: no core has come yet
	start shuntd nsenter "--net=/run/netns/shunt-$LAB-nic" -- shuntd --role nic --dev "$DEV"
	wait_for 10 all_up
	assert_conserved
	assert_eq "$(stat_of .total.replied)" 100 replied
	# Another life of the NIC.
	host shunt unload --dev "$DEV" 2>/dev/null
	host shunt load mq --dev "$DEV" --config "$DIR/config.yaml"
	wait_for 10 all_up
	offer --rate 2000 --count 500 --time 5 --mix $MIX
	assert_all_answered
	# The host's agents at once; the worker finds the next.
	kill -KILL "${PIDS[shuntd_host]}" "$(pgrep -P "${PIDS[shuntd_host]}")"
	start_host_agent
	wait_for 15 all_answered_now
	assert_conserved
}

all_answered_now() {
	offer --rate 1000 --count 50 --time 1 --wait 50ms --mix short=1:1us
	[ "$(answered)" = 50 ]
}

ONE=$(($(nproc) - 1))
MIX=short=0.7:1us,long=0.3:20us
WIRE_TESTS=(test_k_is_kept_and_nobody_is_preempted_needlessly)
WIRE_LONG=(test_two_hosts_share_one_nic test_host_and_nic_start_and_end_in_any_order)

[ $# -gt 0 ] || set -- "${SHARED_TESTS[@]}" "${WIRE_TESTS[@]}" ${LONG:+"${SHARED_LONG[@]}" "${WIRE_LONG[@]}"}
run_tests "$@"
