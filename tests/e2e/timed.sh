#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# timed.sh - what policies, tunables and preemption do to latencies: a neighbour of equal weight
# would blur that, so these have the machine
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
export ELSEWHERE=1
. "$(dirname "$0")/preempt.sh"
AHEAD=1

# A class's time from arrival to reply by the server's stamps, in us.
server_us() { jq -s "last.classes.$1.server_$2_us" "$DIR/client.json"; }

# The best round of each: a disturbance of the machine lasts for seconds, and a few more rounds
# outlast it.
three_times() { # FASTER SLOWER: lists of numbers
	jq -en --argjson a "[$1]" --argjson b "[$2]" '($b | min) > 3 * ($a | min)'
}

test_short_requests_do_not_wait_for_long_ones() {
	local round policy fcfs='' mq=''
	# On the wire one at a time: a request sent ahead costs a turn of two frames more.
	WIRE="k: 1" CPUS=$ONE IDLE=spin serve fcfs "stamp: true"
	for round in {1..8}; do
		for policy in fcfs mq; do
			host shunt switch $policy
			offer --rate 7000 --count 3500 --time 5 --cpu 0 --mix $BIMODAL
			assert_conserved
			declare -n list=$policy
			list+=${list:+,}$(server_us short p90)
		done
		! three_times "$mq" "$fcfs" || break
	done
	echo "short's p90 in the server: fcfs $fcfs us, mq $mq us"
	three_times "$mq" "$fcfs" >/dev/null || fail "mq is not three times as fast"
	assert_ge "$(preemption by_safepoint)" 500 preemptions
}

# Offers one core more than it can do for a second, both classes alike, and prints the client's
# median latency of class short in percent of that of class long.
short_to_long() {
	offer --rate 14000 --time 1 --wait 1s --mix short=0.5:80us,long=0.5:80us
	assert_conserved
	jq -s 'last.classes | .short.p50_us / .long.p50_us * 100 | round' "$DIR/client.json"
}

test_an_slo_set_by_bpftool_changes_the_order_of_service() {
	local before after
	CPUS=$(($(nproc) - 1))
	load mq
	start_worker
	before=$(short_to_long)
	# The README's lines, for this interface: class 1 from 1 ms to 10 us, class 0 to 10 ms.
	bpftool map update pinned "/sys/fs/bpf/shunt/$DEV/slo_us" key 1 0 0 0 value 10 0 0 0
	bpftool map update pinned "/sys/fs/bpf/shunt/$DEV/slo_us" key 0 0 0 0 value 0x10 0x27 0 0
	after=$(short_to_long)
	echo "short's median latency in percent of long's: $before, then $after"
	assert_le "$before" 80 "with SLOs of 50 us and 1 ms, short to long in percent"
	assert_ge "$after" 125 "with SLOs of 10 ms and 10 us, short to long in percent"
}

# Short ones take the same time each, long ones anything.
test_requeue_auto_is_tail_where_service_times_vary_and_head_where_not() {
	CPUS=$ONE serve fcfs
	host shunt class set short requeue=auto
	host shunt class set long requeue=auto
	wait_for 10 requeues '["head", "head"]' # nothing was measured
	wait_for 40 varied_requests_are_shared
	assert_conserved
	host shunt class set short requeue=tail
	host shunt class set long requeue=head
	wait_for 10 requeues '["tail", "head"]'
}

requeues() { stat_of ".domains[0].requeue == $1"; }
varied_requests_are_shared() {
	offer --rate 300 --count 300 --time 4 --mix short=0.5:1ms,long=0.5:lognormal:100us:2
	requeues '["head", "tail"]'
}

# Invariant: no core idles longer than 100 us while a request that it may run waits. Measured by the
# core itself, from its own going idle or XDP's stamp. The machine's hypervisor takes CPUs away for
# milliseconds: a share is asserted. The second of two is held if the core has the first, and found
# if it has just ended that: twenty in a thousand.
PAIRS=(--rate 100000 --burst 2 --mix short=1:1us)

test_no_core_idles_beside_waiting_work() {
	CPUS=$(($(nproc) - 1))
	load fcfs
	start_worker --idle spin
	for _ in {1..8}; do # until there are enough to tell a share
		offer "${PAIRS[@]}" --time 1 --cpu 0
		assert_conserved
		stat_of '[.domains[].core[].counts] | {found: map(.found) | add,
			late: map(.found_late) | add,
			max_ns: map(.found_max_ns) | max}' | tee "$DIR/found"
		[ "$(jq .found "$DIR/found")" -lt 200 ] || break
	done
	assert_ge "$(jq .found "$DIR/found")" 20 "held requests found by an idle core"
	jq -e '.late <= ([.found / 100, 2] | max)' "$DIR/found" >/dev/null ||
		fail "more than 1 % of these later than 100 us"
}

[ -n "${ON_WIRE:-}" ] || run_tests "$@"
