#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_series.sh - the simulator's results over time: windows, beside what theory says of each
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1

# OPTIONS…: windows of all classes of the one run, in $DIR/windows
windows() {
	sim "$@" --json - | jq '[.runs[0].series[] | select(.class == "all")]' >"$DIR/windows"
}

# FROM_MS TO_MS EXPRESSION: mean over the windows between
between() {
	jq --argjson a "$1" --argjson b "$2" \
		"[.[] | select(.from_us >= \$a * 1000 and .to_us <= \$b * 1000) | $3] | add / length" \
		"$DIR/windows"
}

# M/M/1, whose sojourns are exponential with mean 1 / (1 - load), and which holds load / (1 - load).
test_windows_of_long_steps_are_those_of_constant_rates() {
	windows -p fcfs -w exp1 -l 0.3 --shape 'steps(0s:1;1s:2;2s:1)' --duration 3s --window 50ms
	assert_eq "$(jq length "$DIR/windows")" 60 "windows"
	while read -r from to load; do
		assert_near "$(between $from $to .rate)" "$(calc "$load * 1e6")" 1 "rate at $load"
		assert_near "$(between $from $to .throughput)" "$(calc "$load * 1e6")" 1 \
			"throughput at $load"
		assert_near "$(between $from $to .mean_us)" "$(calc "1 / (1 - $load)")" 2 \
			"mean at $load"
		assert_near "$(between $from $to .p50_us)" "$(calc "log(2) / (1 - $load)")" 2 \
			"median at $load"
		assert_near "$(between $from $to .p99_us)" "$(calc "log(100) / (1 - $load)")" 3 \
			"p99 at $load"
	done <<-'TEXT'
	0 1000 0.3
	1050 2000 0.6
	2050 3000 0.3
	TEXT
	windows -p fcfs -w exp1 -l 0.6 --duration 1s --window 200us
	assert_near "$(between 0 1000 .backlog)" 1.5 5 "backlog"
}

# Requests beyond the cores' rate wait; the backlog goes at the rate by which the cores can do more.
test_a_backlog_grows_and_goes_as_the_rates_differ() {
	windows -p fcfs -w fixed1 -l 0.5 --shape 'steps(0ms:1;20ms:3;40ms:1)' --duration 80ms \
		--window 2ms
	assert_near "$(between 38 40 .backlog)" 10000 3 \
		"backlog after 20 ms at 1.5 times the capacity"
	assert_near "$(between 38 40 .p50_us)" "$(calc '19000 * (1 - 1 / 1.5)')" 3 \
		"sojourn of those that end then"
	assert_near "$(between 48 50 .backlog)" 5000 5 "half of the time later that it takes to go"
	assert_le "$(between 62 80 .backlog | cut -d. -f1)" 5 "backlog at the end"
	assert_near "$(between 40 58 .throughput)" 1000000 0.5 "throughput as long as there is one"
}

test_windows_hold_all_that_came_and_change_nothing() {
	local run=(-s shared -p mq -w bimodal-100 -c 4 -l 0.6 -n 50k)
	sim "${run[@]}" --series "$DIR/a.csv" --json "$DIR/a" >/dev/null
	sim "${run[@]}" --json "$DIR/b" >/dev/null
	assert_eq "$(jq -c '.runs[0].classes' "$DIR/a")" "$(jq -c '.runs[0].classes' "$DIR/b")" \
		"results with and without"
	assert_eq "$(jq '.runs[0].series | length' "$DIR/a")" 150 \
		"50 windows of two classes and all"
	assert_eq "$(jq -c '.runs[0].series | group_by(.from_us) |
		map(select((.[0].came + .[1].came != .[2].came) or
		(.[0].backlog + .[1].backlog != .[2].backlog))) | length' "$DIR/a")" 0 \
			"windows whose classes are not all"
	assert_ge "$(jq '[.runs[0].series[] | select(.class == "all") | .came] | add' "$DIR/a")" \
		49500 "came in all windows"
	assert_eq "$(tail -n +2 "$DIR/a.csv" | awk -F, '{ print NF, $9, $18 }')" \
		"$(jq -r '.runs[0].series[] | "23 \(.class) \(.came)"' "$DIR/a")" "the same in CSV"
}

# A storm of retries is seen where it begins, and that it does not end.
test_a_storm_is_seen_where_it_begins() {
	local storm=(-p fcfs -w exp1 -l 0.7 --shape 'steps(0s:1;20ms:2;22ms:1)' --duration 100ms \
		--timeout 50us --retries 3
		--window 2ms)
	windows "${storm[@]}"
	assert_near "$(between 0 20 .throughput)" 700000 3 "goodput before it"
	assert_le "$(between 24 98 '.throughput | floor' | cut -d. -f1)" 7000 \
		"goodput long after it"
	assert_ge "$(between 24 98 '.retries / .came * 10 | floor' | cut -d. -f1)" 28 \
		"tenths of retries a call then"
	windows "${storm[@]}" --retry-budget 10%
	assert_near "$(between 40 98 .throughput)" 700000 3 "goodput long after it, with a budget"
}

test_closed_loops_and_fan_out_have_windows_too() {
	windows -p fcfs -w exp1 -c 4 --clients 40 --think 'exp(10us)' --window 1ms -n 50k
	assert_near "$(between 1 10 .throughput)" 3431000 2 "throughput"
	assert_near "$(between 1 10 .backlog)" "$(calc '3.431 * 1.658')" 30 "clients that wait"
	windows -p fcfs -w exp1 -l 0.01 --fanout 10 --window 100ms -n 20k
	assert_near "$(between 0 1900 .mean_us)" 2.93 4 "mean of the slowest of ten"
}

test_plots_over_time_hold_a_panel_for_each_result() {
	sim -p fcfs -w exp1 -l 0.7 --shape 'steps(0s:1;20ms:2;22ms:1)' --duration 100ms \
		--timeout 50us --retries 3 \
		--seeds 2 --series-svg "$DIR/a.svg" >/dev/null
	assert_eq "$(grep -c "class='title'" "$DIR/a.svg")" 4 "panels"
	assert_eq "$(grep -c '>time, ms</text>' "$DIR/a.svg")" 4 "axes"
	assert_eq "$(grep -c "class='c c[0-9]' " "$DIR/a.svg")" 9 \
		"curves: two seeds in each, and what comes"
	assert_match "$(cat "$DIR/a.svg")" '>seed 2</text>'
	# Windows in which nothing ended leave gaps.
	! grep -Eq '(nan|inf)' "$DIR/a.svg" || fail "no numbers in the plot"
	assert_ge "$(grep -c "text-anchor='end'>[0-9.k]*</text>" "$DIR/a.svg")" 12 \
		"marks on four upright axes"
}

test_windows_that_make_no_sense_are_refused() {
	refused '--window is that of results over time' -p fcfs --window 1ms
	refused 'make --window longer' -p fcfs -n 1M --window 1ns --series "$DIR/x"
	refused '--precision makes runs longer' -p fcfs --series "$DIR/x" --precision 2%
	refused 'is an ideal' -p ps --series "$DIR/x"
	refused "cannot write '$DIR/none/x'" -p fcfs --series "$DIR/none/x"
	refused "cannot write '$DIR/none/x'" -p fcfs --series-svg "$DIR/none/x"
	refused 'takes no --series: it takes' advise --series x
}

run_tests "$@"
