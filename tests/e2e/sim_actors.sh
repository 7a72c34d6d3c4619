#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_actors.sh - actors on a NIC's cores and a host's: limits in which theory or another engine
# knows the answer
# runs: beside
. "$(dirname "$0")/../lib.sh"

NO_LAB=1

# METRIC OPTIONS…: of one run on 12 cores at load 0.8
value() {
	local metric=$1
	shift
	json ".runs[0].classes[-1].$metric" shunt-sim -Q -s ipipe -c 12 -l 0.8 -n 200k --json - "$@"
}

# GOT WANT PERCENT WHAT
assert_near() {
	awk -v got="$1" -v want="$2" -v most="$3" 'BEGIN { off = 100 * (got / want - 1);
		exit !(off <= most && off >= -most) }' ||
		fail "$4 is $1, should be within $3 % of $2"
}

test_where_no_threshold_is_reached_it_is_first_come_first_served() {
	local p want
	want=$(value p99_us -p c-fcfs -w 'all=1:exp(32us)')
	for p in ipipe ipipe-alg; do
		assert_near "$(value p99_us -p $p -w 'all=1:exp(32us)' -C tail_us=1e6 \
			-C mean_us=0)" "$want" 0.1 "p99 of $p"
	done
}

test_one_actor_by_round_robin_is_first_come_first_served() {
	assert_near "$(value p99_us -p drr -w 'all=1:exp(32us)' -C actors=1)" \
		"$(value p99_us -p c-fcfs -w 'all=1:exp(32us)')" 0.1 p99
}

# Twelve M/M/1 of 16 us at load 0.4, behind 1.87 us of forwarding and 1.5 us each way.
test_what_is_pushed_to_the_host_has_a_queue_a_core() {
	assert_near "$(value mean_us -p ipipe -w 'all=1:exp(32us)' -C tail_us=1e6 -C mean_us=1 \
		-C host_speed=2 -C migrate_us=10)" \
		"$(awk 'BEGIN { print 16 / (1 - 0.4) + 1.87 + 3 }')" 3 "mean on the host"
}

# The actor with all the long requests has its turn, not the core: short ones do not wait for its
# backlog.
test_round_robin_keeps_an_actor_from_holding_up_the_others() {
	local fcfs drr
	fcfs=$(json '.runs[0].classes[0].p99_us' shunt-sim -Q -s ipipe -p c-fcfs -c 4 -l 0.9 \
		-n 200k --json - \
		-w 'short=0.95:5us,long=0.05:500us')
	drr=$(json '.runs[0].classes[0].p99_us' shunt-sim -Q -s ipipe -p drr -c 4 -l 0.9 -n 200k \
		--json - \
		-w 'short=0.95:5us,long=0.05:500us')
	awk -v f="$fcfs" -v d="$drr" 'BEGIN { exit !(d < 0.7 * f) }' ||
		fail "p99 of short requests: FCFS $fcfs, DRR $drr us"
}

test_an_impossible_place_is_refused() {
	local c
	for c in host_cores=0 actors=0 actors=2000 host_speed=0 drr_quantum_us=0; do
		assert_exit 1 shunt-sim -s ipipe -p ipipe -n 1000 -C $c
		assert_match "$(cat "$DIR/err")" \
			"wants 1 to 64 cores of the NIC, host_cores 1 to 64, actors 1 to"
	done
}

run_tests "$@"
