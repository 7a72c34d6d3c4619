#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# expire.sh - a request that waited longer than so many objectives is not served, but counted
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

ONE=$(($(nproc) - 1))
of_class() { stat_of ".classes[$1].$2"; }

# While the worker stands still, all that its cores have not taken waits for 100 ms and longer.
test_what_waited_too_long_expires_and_a_class_without_expire_waits_on() {
	CPUS=$ONE
	load fcfs
	host shunt class set short slo=1ms expire=100 >/dev/null
	host shunt class set long slo=1ms >/dev/null
	wait_for 5 expiry_is_known
	start_worker
	kill -STOP "${PIDS[spin]}"
	offer --rate 2000 --count 80 --time 2 --wait 300ms --mix short=0.75:1us,long=0.25:1us
	wait_for 5 arrived "$(sent)"
	kill -CONT "${PIDS[spin]}"
	assert_conserved
	assert_ge "$(of_class 0 expired)" 30 "short requests that expired"
	stat_of '.classes[0] | .expired + .replied == .arrived' >/dev/null
	stat_of '.classes[1] | .expired == 0 and .replied == .arrived' >/dev/null
	assert_ge "$(of_class 1 late)" 10 "long ones that were late"
	assert_match "$(host shunt stats --dev "$DEV")" \
		"short +in time: .* expired $(of_class 0 expired)" "what stats says"
	host shunt class set short expire=none >/dev/null
	offer --rate 1000 --count 100 --time 5 --mix short=1:1us
	assert_all_answered
	stop spin
	[ "$TRANSPORT" = wire ] || assert_frames
}
# Such a policy holds nothing while a core's ring has room: requests wait there.
test_what_waits_in_a_cores_own_ring_expires_and_is_late_too() {
	local policy
	CPUS=$ONE
	load rss
	for policy in rss steal; do
		host shunt switch $policy >/dev/null
		host shunt class set short slo=1ms expire=100 >/dev/null
		host shunt class set long slo=1ms >/dev/null
		wait_for 5 expiry_is_known
		start_worker
		kill -STOP "${PIDS[spin]}"
		offer --rate 2000 --count 80 --time 2 --wait 300ms \
			--mix short=0.75:1us,long=0.25:1us
		kill -CONT "${PIDS[spin]}"
		assert_conserved
		stop spin
	done
	assert_ge "$(stat_of .total.steered)" 150 "requests that waited in the core's ring"
	assert_ge "$(of_class 0 expired)" 60 "short requests that expired"
	assert_ge "$(of_class 1 late)" 20 "long ones that were late"
	assert_frames
}

# The NIC's agent has long published it by the time at which the client has given up.
expiry_is_known() {
	[ "$TRANSPORT" = wire ] ||
		host build/tests/peer view "/run/shunt/$DEV.sock" | jq -e '.expires == 1'
}

# Long requests take turns with each other; 5 ms after its arrival none is gone on with.
test_preempted_requests_expire_too() {
	CPUS=$ONE
	load sq
	host shunt class set long slo=1ms expire=5 quantum=20us >/dev/null
	start_worker
	offer --rate 1000 --count 300 --time 5 --wait 1s --mix short=0.9:10us,long=0.1:50ms
	assert_conserved
	assert_ge "$(of_class 1 expired)" 10 "long requests that expired"
	assert_ge "$(stat_of .preemption.by_safepoint)" 10 "preempted requests"
	assert_eq "$(of_class 0 expired)" 0 "short requests that expired"
	assert_eq "$(stat_of '.total.parked')" 0 "parked requests"
	stop spin
	assert_frames
}

[ -n "${ON_WIRE:-}" ] || run_tests "$@"
