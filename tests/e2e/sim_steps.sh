#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_steps.sh - policy slo in the simulator while what is offered changes: steps of load, bursts,
# mixes, service times, cores; and the shares that it guarantees
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1
MIX='short=0.9:10us/slo=100us,long=0.1:500us/slo=2ms'
FLOOD='short=0.98:10us/slo=100us,long=0.02:500us/slo=2ms'

# CORES [OPTIONS…]
run() { sim -p slo -c "$1" -q 5us "${@:2}" --json - >"$DIR/run"; }
# The same, with results over time (and without goodput) in $DIR/series.
run_over_time() { run "$@" --window 5ms --series "$DIR/series"; }
of_run() { jq -r ".runs[0] | $1" "$DIR/run"; }
is() { awk "BEGIN { exit !($1) }" || fail "$1"; }
rejected() { of_run ".classes[] | select(.class == \"$1\") | .rejected / .arrived"; }
miss() { of_run ".classes[] | select(.class == \"$1\") | .miss // 0"; }

# CLASS FROM_MS TO_MS COLUMN: the most of a column of the class's windows between.
most() {
	awk -F, -v class="$1" -v from="$2" -v to="$3" -v column="$4" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["class"] == class && $at["from_us"] >= from * 1000 &&
		$at["to_us"] <= to * 1000 && $at[column] + 0 > most { most = $at[column] + 0 }
		END { print most + 0 }' "$DIR/series"
}

# Between these, in ms, p99 of both classes is within 1.2 times their objectives.
in_time() {
	is "$(most short "$1" "$2" p99_us) <= 120"
	is "$(most long "$1" "$2" p99_us) <= 2400"
}

# All that came has ended or was refused; nothing is left or grows.
conserved() {
	is "$(of_run '[.classes[:-1][] |
		.arrived - .done - .rejected - .dropped - .lost] | add') == 0"
	is "$(of_run .backlog_max) < 4000"
}

test_goodput_is_right_20_ms_after_each_step_of_load() {
	local at
	for at in 500 503 507; do
		run_over_time 8 -w "$MIX" -l 1 --duration 1.5s \
			--shape "steps(0s:0.5;${at}ms:2;1s:0.5)"
		in_time 0 "$at"
		in_time $((at + 20)) 995
		in_time 1020 1500
		conserved
	done
}

# A window of it has some hundred requests, a few of which are the one that is late of a hundred.
test_half_of_one_cores_requests_are_right_20_ms_after_a_step() {
	local seed
	for seed in 1 2 3; do
		run_over_time 1 -w "$MIX" -l 1 --duration 1.5s --seed $seed \
			--shape 'steps(0s:0.5;500ms:2;1s:0.5)'
		is "$(most short 520 995 p50_us) <= 100"
		is "$(most long 520 995 p50_us) <= 1.05 * 2000"
		conserved
	done
}

test_a_start_in_overload_starves_no_tight_class() {
	local seed
	for seed in 1 2 3; do
		run 1 -w "$FLOOD" -l 4 -n 40k --seed $seed
		is "$(miss short) < 0.02"
		is "$(of_run .goodput) > 0.94"
	done
}

test_a_minute_at_twice_the_capacity_grows_nothing() {
	[ -n "$LONG" ] || skip "takes a minute: make test-long"
	run_over_time 8 -w "$MIX" -l 1 --duration 90s --shape 'steps(0s:2;60s:0.5)'
	in_time 100 59995
	in_time 60020 90000
	conserved
}

test_bursts_are_cut_to_what_can_be_in_time() {
	run 8 -w "$MIX" -l 1.2 -a bursty:4:5ms -n 400k
	is "$(of_run '[.classes[] | select(.slo_us) | .p99_us / .slo_us] | max') < 1.3"
	is "$(of_run .goodput) > 0.95 * $(of_run .busy)"
	conserved
}

# SECONDS RATE_SHORT RATE_LONG SHORT_US LONG_US of each part: a trace, evenly spaced.
trace() {
	echo "# workload: $MIX"
	awk '{ for (t = 0; t < $1 * 1e6; t += 1e6 / $2) printf "%.3f short %s\n", at + t, $4
	       for (t = 0.1; t < $1 * 1e6; t += 1e6 / $3) printf "%.3f long %s\n", at + t, $5
	       at += $1 * 1e6 }' | sort -n
}

# Eight cores: one and a half times what they can serve, by short ones, then by long ones.
test_a_mix_that_turns_round_is_right_30_ms_later() {
	trace >"$DIR/trace" <<-E
		0.3 400000 16000 10 500
		0.3 800000 8000 10 500
		0.3 100000 22000 10 500
	E
	run_over_time 8 -w "$MIX" -a "trace:$DIR/trace"
	in_time 50 295
	in_time 330 595
	in_time 630 895
	conserved
}

# Means follow within a second or so: until then the feedback alone holds the objectives.
test_service_times_that_grow_tenfold_are_found_out() {
	trace >"$DIR/trace" <<-E
		0.2 300000 12000 1 50
		1.2 300000 12000 10 500
	E
	run_over_time 8 -w "$MIX" -a "trace:$DIR/trace"
	in_time 700 1395
	conserved
}

test_a_core_that_goes_away_leaves_the_others_in_time() {
	run_over_time 4 -w "$MIX" -l 1.5 --duration 1s --fail 2@400ms:300ms
	in_time 100 395
	in_time 430 695
	in_time 730 995
	conserved
}

test_a_class_gets_its_share_whatever_others_ask_for() {
	local cores share time
	for cores in 1 8; do
		for share in 5 20; do
			run $cores -w "$FLOOD/least=$share%" -l 4 -n $((cores * 600 + 400))k
			time="$(of_run '.classes | .[1].done * 500 /
				(.[0].done * 10 + .[1].done * 500) * 100')"
			is "$time > 0.94 * $share && $time < 1.06 * $share"
			is "$(miss long) < 0.05"
			is "$(of_run .goodput) > 0.93"
		done
	done
	is "$(miss short) < 0.01" # on eight cores
}

test_without_a_share_a_loose_class_may_get_nothing() {
	run 8 -w "$FLOOD" -l 4 -n 1M
	is "$(rejected long) > 0.99"
}

# It is held against a class what it gets by itself: no short request waits for its sake.
test_a_share_that_a_class_has_anyway_changes_nothing() {
	local before
	run 8 -w "$MIX" -l 2 -n 400k
	before=$(of_run '.classes[0].p99_us')
	run 8 -w "$MIX/least=20%" -l 2 -n 400k
	is "$(of_run '.classes[0].p99_us') < 1.2 * $before"
	is "$(of_run .goodput) > 0.99"
}

test_a_class_without_an_objective_gets_its_share() {
	run 8 -w 'short=0.98:10us/slo=100us,bulk=0.02:500us/least=10%' -l 4 -n 1M
	is "$(of_run '.classes | .[1].done * 500 / (.[0].done * 10 + .[1].done * 500)') > 0.09"
	is "$(miss short) < 0.02"
}

test_shares_are_of_one_whole() {
	assert_exit 1 sim -w 'a=0.5:1us/least=60%,b=0.5:1us/least=41%' -c 1 -l 0.5
	assert_exit 1 sim -w 'a=1:1us/least=101%' -c 1 -l 0.5
}

run_tests "$@"
