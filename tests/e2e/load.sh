#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# load.sh - what shuntd measures and publishes: service times, loads, tunables, refused packets
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

CPUS=$(($(nproc) - 1)) AHEAD=1
view() { host build/tests/peer view "/run/shunt/$DEV.sock"; }
view_has() { view | jq -e "$1"; }

# Never less than what the client asked for; more where the machine took the CPU away.
test_service_times_are_measured() {
	local mean
	load fcfs
	start_worker
	offer --rate 2000 --count 3000 --time 5 --mix short=0.8:20us,long=0.2:200us
	mean=$(stat_of '.classes[0].service.mean_ns')
	assert_ge "$mean" 17000 "mean of short"
	assert_le "$mean" 150000 "mean of short"
	mean=$(stat_of '.classes[1].service.mean_ns')
	assert_ge "$mean" 190000 "mean of long"
	assert_le "$mean" 600000 "mean of long"
	stat_of '.classes[0].service.mean_ns < .classes[1].service.mean_ns'
}

# A third of the time in handlers, for longer than the average remembers.
test_busy_share_and_rate_follow_the_load() {
	local busy
	load fcfs
	start_worker
	offer --rate 300 --count 1200 --time 6 --mix short=1:1ms
	busy=$(stat_of '.domains[0].core[0].busy * 1000 | floor')
	assert_ge "$busy" 200 "busy, in thousandths"
	assert_le "$busy" 700 "busy, in thousandths"
	assert_ge "$(stat_of '.classes[0].service.rate')" 200 rate
	assert_le "$(stat_of '.classes[0].service.rate')" 400 rate
	stop spin
	wait_for 20 idle_again
}
idle_again() { stat_of '(.domains[0].core[0].busy // 0) < 0.005'; }

test_tunables_reach_the_view_without_traffic() {
	load mq
	wait_for 5 view_has '.slo_us[0] == 50 and .slo_us[1] == 1000'
	host bpftool map update pinned "/sys/fs/bpf/shunt/$DEV/slo_us" \
		key 1 0 0 0 value 0x10 0x27 0 0
	wait_for 5 view_has '.slo_us[1] == 10000'
	host bpftool map update pinned "/sys/fs/bpf/shunt/$DEV/quantum_us" key 0 0 0 0 value 7 0 0 0
	wait_for 5 view_has '.quantum_us[0] == 7'
	host shunt knob set 3 123456789 --dev "$DEV"
	wait_for 5 view_has '.knob[3] == 123456789'
}

test_tunables_beyond_reason_are_clamped() {
	load mq
	host bpftool map update pinned "/sys/fs/bpf/shunt/$DEV/slo_us" \
		key 0 0 0 0 value 0xff 0xff 0xff 0xff
	wait_for 5 view_has '.slo_us[0] == 10000000'
}

# Without a worker XDP bounds the waiting requests, and counts those beyond as dropped.
test_what_waits_for_a_worker_is_bounded_and_served_in_the_end() {
	load fcfs
	offer --rate 20000 --count 3000 --time 2 --wait 10ms --mix short=1:1us
	assert_eq "$(stat_of .total.arrived)" 3000 arrived
	wait_for 5 all_accounted
	assert_ge "$(stat_of .total.waiting)" 900 waiting
	assert_eq "$(stat_of .total.refused)" 0 refused
	start_worker
	wait_for 10 quiet
	assert_conserved
	stop spin
	assert_frames
}
all_accounted() { stat_of '.total | .arrived == .dropped + .refused + .waiting'; }

# A worker's lie keeps XDP from bounding it: then the ring refuses, the kernel counts that, and the
# frame that it sets aside is not given out twice.
test_what_rings_refuse_is_counted() {
	load fcfs
	start peer host build/tests/peer overfill "/run/shunt/$DEV.sock"
	wait_for 5 grep -q ready "$DIR/peer.log"
	offer --rate 20000 --count 3000 --time 2 --wait 10ms --mix short=1:1us
	wait_for 5 stat_of '.total.refused >= 1900'
	stop peer KILL
	wait_for 5 all_accounted
	start_worker
	wait_for 10 quiet
	assert_conserved
	offer --rate 2000 --count 500 --time 5 --mix short=1:1us
	assert_all_answered
	stop spin
	assert_frames
}

test_a_policy_switch_reaches_workers() {
	load fcfs
	start_worker
	start client client shunt-load --to 198.18.0.2:9000 --rate 2000 --time 60 --mix short=1:1us
	wait_for 5 arrived 100
	host shunt switch mq --dev "$DEV"
	host shunt switch steal --dev "$DEV"
	wait_for 5 switched 3
	stop client INT
	assert_conserved
	assert_eq "$(stat_of .total.lost)" 0 lost
}
switched() { logs shuntd | grep -q "generation $1"; }

run_tests "$@"
