#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_plots.sh - plots of the simulator show what was measured, and nothing that was not
# runs: beside
. "$(dirname "$0")/../lib.sh"
. "$TESTS/theory.sh"

NO_LAB=1

# FILE: the x of what its first curve joins, a line each
joined() {
	grep -m 1 "^<path class='c c0'" "$1" | grep -o "[ML][0-9.]* [0-9.]*" | tr -d ML |
		cut -d' ' -f1
}

test_a_curve_goes_from_left_to_right_in_whatever_order_loads_are_listed() {
	sim -p fcfs -w exp1 -l 0.9,0.3,0.6 -n 20k --svg "$DIR/a.svg" >/dev/null
	joined "$DIR/a.svg" >"$DIR/x"
	assert_eq "$(wc -l <"$DIR/x")" 3 points
	sort -g -c "$DIR/x" || fail "the curve goes back: $(tr '\n' ' ' <"$DIR/x")"
}

test_a_point_of_a_load_that_is_not_carried_is_hollow_and_not_joined() {
	sim -p fcfs -w exp1 -l 0.3,0.6,1.2 -n 20k --svg "$DIR/a.svg" >/dev/null
	assert_eq "$(joined "$DIR/a.svg" | wc -l)" 2 "points that are joined"
	assert_eq "$(grep -o "class='m c0 hollow'" "$DIR/a.svg" | wc -l)" 1 "hollow points"
	assert_match "$(cat "$DIR/a.svg")" '>Hollow: the load is not carried' "what they are"
	sim -p fcfs,rss -w exp1 -c 2 -l 1.2 -n 20k --svg "$DIR/a.svg" >/dev/null
	assert_eq "$(grep -o "class='m c[01] hollow'" "$DIR/a.svg" | wc -l)" 2 \
		"hollow points of one load"
	sim -p fcfs -w exp1 -l 0.3,0.6,1.2 -n 20k -m throughput --svg "$DIR/a.svg" >/dev/null
	assert_eq "$(joined "$DIR/a.svg" | wc -l)" 3 "throughputs, which are what they are"
}

test_a_point_of_which_no_interval_is_known_is_marked() {
	sim -p fcfs -w exp1 -l 0.3,0.6 -n 20k -m p999_us --svg "$DIR/a.svg" >/dev/null
	assert_eq "$(grep -o ">~</text>" "$DIR/a.svg" | wc -l)" 2 "marks at p99.9 of 18 k requests"
	assert_match "$(cat "$DIR/a.svg")" '>~: no interval is known[.]'
	sim -p fcfs,rss -w exp1 -l 0.6 -n 20k -m p999_us --svg "$DIR/a.svg" >/dev/null
	assert_eq "$(grep -cE "class='note'[^>]*>~[0-9]" "$DIR/a.svg")" 2 "values of one load"
	sim -p fcfs -w exp1 -l 0.3,0.6 -n 20k -m p50_us --svg "$DIR/a.svg" >/dev/null
	assert_eq "$(grep -c '~' "$DIR/a.svg")" 0 "marks where intervals are known"
}

test_what_is_listed_twice_is_refused() {
	refused "--policy has 'fcfs' twice" -p fcfs,rss,fcfs
	refused "--system has 'ix' twice" -p fcfs -s ix,ix
	refused "--workload has 'exp1' twice" -p fcfs -w exp1 -w exp1
	refused '--cores has 4 twice' -p fcfs -c 4,4
	refused '--load has 0.3 twice' -p fcfs -l 0.1:0.5:0.1,0.3
	refused '--quantum has 5 twice' -p mq -q 5us,5000ns
}

test_misses_of_no_objective_are_not_drawn() {
	refused 'no class has one: NAME=SHARE:TIME/slo=TIME' -p fcfs -w exp1 -m miss \
		--svg "$DIR/a.svg"
	sim -p fcfs -w 'a=0.5:1us/slo=5us,b=0.5:2us' -l 0.3,0.6 -n 20k -m miss \
		--svg "$DIR/a.svg" >/dev/null
	assert_eq "$(grep -c "class='title'" "$DIR/a.svg")" 1 "panels: one class has an objective"
}

test_the_name_of_an_objective_lies_over_the_curves() {
	sim -p fcfs -w 'all=1:exp(1us)/slo=5us' -l 0.3,0.9 -n 20k --svg "$DIR/a.svg" >/dev/null
	grep -oE "class='c c0'|class='note halo'[^<]*SLO 5 us" "$DIR/a.svg" |
		sed -n '$p' >"$DIR/last"
	assert_match "$(cat "$DIR/last")" 'SLO 5 us' "what is drawn last"
}

test_a_policy_has_one_colour_in_all_panels_of_a_series() {
	sim -p fcfs,rss -w exp1 -c 2 -l 0.5 -n 20k --series-svg "$DIR/a.svg" >/dev/null
	assert_eq "$(grep -oE "class='t[0-9]'[^>]*>fcfs<" "$DIR/a.svg" | grep -o "t[0-9]" | sort |
		uniq -c | awk '{ print $1, $2 }')" \
		'4 t0' "colours of fcfs"
}

test_a_curve_says_why_it_stops() {
	sim -p fcfs -w all=1:1us -r 100k --shape 'steps(0s:1;10ms:0.0001;30ms:1)' --duration 40ms \
		--window 1ms \
		--series-svg "$DIR/a.svg" >/dev/null
	assert_eq "$(grep -c ">none answered<" "$DIR/a.svg")" 2 \
		"in the panels of the median and of p99"
}

run_tests "$@"
