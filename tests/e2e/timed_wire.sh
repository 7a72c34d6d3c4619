#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timed_wire.sh - the tests of timed.sh where a NIC schedules that shares no memory with its hosts,
# and what is timed on the wire alone
export TRANSPORT=wire ON_WIRE=1
NO_LAB=1
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/timed.sh"
. "$(dirname "$0")/../wire/faults.sh"

# Four at a time, which are all sent at once: more than half of the short ones come behind a long
# one. Nobody looks for them but the core: nothing is held, so no arrival preempts, and the NIC's
# agent sleeps.
test_a_short_request_sent_ahead_waits_for_the_quantum_and_not_for_the_long_one() {
	CPUS=$ONE WIRE="k: 4"
	load mq "stamp: true"
	host shunt preempt set watch=10s >/dev/null
	host shunt quantum set long 100us >/dev/null
	start_worker --idle spin
	offer --rate 30 --arrival fixed --burst 4 --count 80 --time 8 --cpu 0 \
		--mix short=0.5:1us,long=0.5:20ms
	assert_all_answered
	assert_conserved
	assert_ge "$(preemption by_safepoint)" 12 preemptions
	assert_eq "$(preemption marks_agent)" 0 "orders by the NIC's agent"
	assert_eq "$(stat_of .wire.needless_preemptions)" 0 "needless preemptions"
	jq -se 'last.classes.short.server_p50_us < 8000' "$DIR/client.json" >/dev/null ||
		fail "half of the short requests took longer than $(server_us short p50) us"
}

# With one request at a time, each that is held finds its core idle: its wait is the credit's way
# and its own.
test_no_core_of_the_wire_idles_beside_waiting_work() {
	WIRE="k: 1" PAIRS=(--rate 30000 --burst 16 --mix short=1:2us)
	test_no_core_idles_beside_waiting_work
}

# Said again after 50 us, it is there before the 100 us are over that no core may idle; lost twice,
# it is not.
test_a_lost_credit_leaves_no_core_idle_for_long() {
	CPUS=$ONE WIRE="k: 1"
	load fcfs
	bad_link 1
	start_worker --idle spin
	set_faults 5 1 0 0 4 # CREDIT
	for _ in {1..6}; do
		offer --rate 20000 --burst 16 --time 1 --cpu 0 --mix short=1:2us
		assert_conserved
		stat_of '.domains[0].core[0].counts' | tee "$DIR/found"
		[ "$(jq .found "$DIR/found")" -lt 2000 ] || break
	done
	assert_eq "$(stat_of .total.lost)" 0 "requests lost"
	assert_ge "$(faults loss lost)" 300 "credits lost"
	assert_ge "$(jq .found "$DIR/found")" 500 "held requests found by an idle core"
	assert_le "$(jq .found_late "$DIR/found")" $(($(faults loss lost) / 10)) \
		"of these later than 100 us"
}

# No PREEMPT comes, for nothing is held and the NIC's agent sleeps: the host's looks at what goes
# first.
test_a_signal_stops_who_is_in_the_way_of_what_goes_first() {
	CPUS=$ONE WIRE="k: 4"
	start_agent() { start_nic_agent; start_host_agent --grace 100; } # us
	load mq
	host shunt preempt set watch=10s >/dev/null
	host shunt quantum set long 100us >/dev/null
	start_worker --no-safepoints
	offer --rate 30 --arrival fixed --burst 4 --count 60 --time 5 --cpu 0 \
		--mix short=0.5:1us,long=0.5:20ms
	assert_all_answered
	assert_conserved
	assert_ge "$(preemption by_signal)" 5 "requests stopped by a signal"
	assert_eq "$(preemption marks_agent)" 0 "orders by the NIC's agent"
}

TESTS_HERE=(
	test_requeue_auto_is_tail_where_service_times_vary_and_head_where_not
	test_no_core_of_the_wire_idles_beside_waiting_work
	test_a_lost_credit_leaves_no_core_idle_for_long
	test_a_short_request_sent_ahead_waits_for_the_quantum_and_not_for_the_long_one
	test_a_signal_stops_who_is_in_the_way_of_what_goes_first
)
LONG_TESTS=(
	test_an_slo_set_by_bpftool_changes_the_order_of_service
	test_short_requests_do_not_wait_for_long_ones
)

[ $# -gt 0 ] || set -- "${TESTS_HERE[@]}" ${LONG:+"${LONG_TESTS[@]}"}
run_tests "$@"
