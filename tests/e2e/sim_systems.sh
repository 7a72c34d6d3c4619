#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_systems.sh - systems and their costs: each costs what it is said to cost
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1
LONG_N=${LONG:+3M}
[ -z "$LONG" ] || TEST_LIMIT=900

test_a_file_of_costs_is_a_system() {
	echo '{"name": "mine", "base": "shared", "_host": "lab", "end_ns": 5000,
		"policy": "fcfs"}' >"$DIR/c.json"
	assert_eq "$(value p50_us -s "$DIR/c.json" -w fixed1 -l 0.01 -n 1000 | cut -d. -f1)" 6 \
		"p50 with 5 us more"
	echo '{"base": "shared", "end_nss": 5000}' >"$DIR/c.json"
	assert_exit 1 shunt-sim -s "$DIR/c.json"
	assert_match "$(cat "$DIR/err")" "no cost is called 'end_nss'"
}

# One core alone is up for 1 ms on average, then away for 50 us: so a share of 50/1050 of requests
# waits 50 us more.
test_stalls_delay_what_they_meet() {
	local stall='1ms/exp(50us)'
	assert_near "$(value mean_us -p fcfs -w fixed1 -l 0.001 -n 300k -C "stall=$stall")" 3.43 4 \
		"mean with stalls"
	assert_eq "$(value p99_us -p fcfs -w fixed1 -l 0.001 -n 50k -C "nic_stall=$stall" \
		-C stamp=nic | cut -d. -f1)" 1 \
		"p99 from the NIC's stamp"
	assert_ge "$(value p99_us -p fcfs -w fixed1 -l 0.001 -n 50k -C "nic_stall=$stall" |
		cut -d. -f1)" 20 \
		"p99 from arrival"
}

# With room for one request alone the NIC is an M/D/1/1: half is refused where as much comes as it
# can do.
test_a_full_nic_refuses() {
	local counts='.runs[0].classes[-1] | .dropped / .arrived, .arrived - .done - .dropped'
	json "$counts" sim -p fcfs -w 'all=1:1ns' -r 1M -n "${LONG_N:-500k}" -C nic_ns=1000 \
		-C nic_queue=1 --json - >"$DIR/dropped"
	assert_near "$(head -n 1 "$DIR/dropped")" 0.5 1 "share that is refused"
	assert_eq "$(tail -n 1 "$DIR/dropped")" 0 "requests unaccounted for"
}

# 1 us of work, 2 us there and 1 us back: a core that may have one request is busy a quarter of the
# time.
test_outstanding_requests_cover_the_way_there_and_back() {
	local costs=(-C transport=wire -C deliver_ns=2000 -C feedback_ns=1000) k
	for k in 1 2 4; do
		assert_near \
			"$(json '.runs[0].throughput' sim -p jbsq -w fixed1 -r 2M \
			-n 50k "${costs[@]}" \
			-C outstanding=$k -C hold=64 --json -)" $((250000 * k)) 2 \
			"throughput with $k outstanding"
	done
}

# What is stolen costs the thief, and him whom it is stolen from; what nobody has seen cannot be
# stolen.
test_stealing_has_its_price() {
	local args=(-p steal -w bimodal-500 -c 16 -r 2M -n 100k) free dear blind
	free=$(value p99_us "${args[@]}")
	dear=$(value p99_us "${args[@]}" -C steal_ns=2000 -C steal_home_ns=4000)
	blind=$(value p99_us "${args[@]}" -C unseen=1)
	echo "p99: free $free, dear $dear, unseen $blind us"
	awk -v f="$free" -v d="$dear" -v b="$blind" \
		'BEGIN { exit !(d > 10 * f && b > 100 && b > 10 * f) }' ||
		fail "free $free, dear $dear, unseen $blind"
}

test_all_systems_of_the_literature_are_there() {
	local name
	shunt-sim list >"$DIR/list"
	for name in shinjuku shinjuku-offload ix zygos nanopu shared wire nfp ghost wave; do
		grep -q "^  $name  *[a-zA-Z]" "$DIR/list" || fail "no system '$name'"
		grep -q "^| $name " "$ROOT/docs/simulator.md" ||
			fail "docs/simulator.md says nothing of '$name'"
	done
}

# JSON of the parts that benchmarks leave: cost, path, yield, lab
costs_of() {
	jq -n -L "$ROOT/bench" --argjson p "[$1]" 'include "costs"; {name: "here", base: "shared"} +
		machine($p[0]; $p[1]; $p[2];
			$p[3]) + if $p[3] then behind_client($p[3]) else {} end' >"$DIR/c.json"
}

test_costs_that_benchmarks_measured_are_a_system() {
	local stalls='{"seconds": 1, "stalls": 4, "share": 0.1, "stall_every_us": 250000,
		"stalls_us": [2, 3, 20, 3000]}'
	costs_of '{"policies": {"fcfs": {"hold_ns": 102}}},
		{"without_rps": {"nic_to_core_ns_p50": 1500}},
		{"mark_to_yield_ns": {"p50": 1100}, "throughput_loss": {"5us": 0.05},
		 "rounds": {"5us": {"seconds": 0.01, "yields": 2000}}},
		'"{\"core_ns\": {\"median\": 2600}, \"client_ns\": {\"median\": 5500},
		  \"stalls\": {\"cpu0\": $stalls, \"cpu1\": $stalls}}"
	assert_eq "$(jq -c '[.nic_ns, .deliver_ns, .yield_ns, .mark_ns, .rest_ns, .stamp,
		._not_measured]' "$DIR/c.json")" \
		'[5500,1500,250,850,2600,"nic",[]]' "costs"
	assert_match "$(jq -r .stall "$DIR/c.json")" '^250000us/modes\(.*;0.25:3000us\)$'
	# XDP to core, the work; what comes after it is not in the sojourn.
	assert_near "$(value p50_us -s "$DIR/c.json" -p fcfs -w fixed1 -l 0.01 -n 10k)" 2.5 1 p50
	costs_of 'false, false, false, false'
	assert_eq "$(jq -c ._not_measured "$DIR/c.json")" \
		'["bench-cost","bench-path","bench-preempt","lab_costs.sh"]'
	assert_eq "$(value p50_us -s "$DIR/c.json" -p fcfs -w fixed1 -l 0.01 -n 10k)" \
		"$(value p50_us -s shared -p fcfs -w fixed1 -l 0.01 -n 10k)" \
		"what was not measured is the preset's"
}

run_tests "$@"
