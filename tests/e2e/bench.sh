#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench.sh - what the benchmarks make of samples: medians and their bounds, what held, what stalled; and the page
NO_LAB=1
. "$(dirname "$0")/../lib.sh"

# ROUND RATE P99 [VALID STALLS STOLEN_MS ANSWERED]: a sample of system shunt-x, 100 requests of class short.
sample() {
	printf '{"round":%d,"workload":"w","rate":%d,"system":"shunt-x","time":0.3,"stolen_ms":%d,"waited_us":0,"load":{
		"achieved_rps":%d,"valid":%s,"stalls":%d,"waited_ms":0,"classes":{"short":{"sent":100,"answered":%d,"lost":0,"p50_us":1,
		"p99_us":%s,"p999_us":9,"slowdown_p99":2}}}}\n' "$1" "$2" "${6:-0}" "$2" "${4:-true}" "${5:-0}" "${7:-100}" "$3"
}

# Samples on stdin.
summarise() {
	echo '{"name":"w","figures":"1 & 2","mix":"short=1:1us","quantum":"5us","limit":"short.p99_us:300","objectives":"","capacity":1000}' \
		>"$DIR/workloads"
	jq -n --slurpfile samples /dev/stdin --slurpfile workloads "$DIR/workloads" --slurpfile skipped /dev/null --arg title T --arg suite s \
		--argjson quick false --arg machine M --arg kernel K --arg cpuidle none --argjson cpus 2 --argjson workers 1 \
		--argjson rounds_wanted 7 --argjson seed 1 --argjson enough 100 --argjson waited 0 --argjson repeated 0 --arg commit C \
		-f bench/tail/summary.jq >"$DIR/s.json"
}

point() { jq -e ".workloads.w.systems.\"shunt-x\".$1" "$DIR/s.json"; }

test_a_point_is_the_median_of_its_rounds_and_bounds_are_order_statistics() {
	local r
	for r in 1 2 3 4 5 6 7 8 9; do sample $r 100 $((r * 10)); done | summarise
	assert_eq "$(point 'points[0].classes.short | [.p99_us, .p99_us_low, .p99_us_high] | @csv')" '"50,20,80"'
	assert_eq "$(jq .confidence "$DIR/s.json")" 0.961
	for r in 1 2 3 4 5; do sample $r 100 $((r * 10)); done | summarise
	assert_eq "$(point 'points[0].classes.short | [.p99_us, .p99_us_low, .p99_us_high] | @csv')" '"30,10,50"'
	assert_eq "$(jq .confidence "$DIR/s.json")" 0.938
}

test_the_highest_rate_is_one_that_held_was_valid_and_answered() {
	{
		sample 1 100 50
		sample 1 200 299
		sample 1 300 301
		sample 1 400 100 false
		sample 1 500 100 true 0 0 90
	} | summarise
	assert_eq "$(point max_rps_at_slo)" 200
	assert_eq "$(point 'points | map(.valid) | @csv')" '"true,true,true,false,true"'
	sample 1 100 301 | summarise
	assert_eq "$(jq '.workloads.w.systems."shunt-x".max_rps_at_slo' "$DIR/s.json")" null
}

test_samples_in_which_the_machine_stalled_are_counted_and_kept() {
	{
		sample 1 100 10
		sample 2 100 20 true 1
		sample 3 100 30 true 0 10
	} | summarise
	assert_eq "$(point 'points[0] | [.rounds, .stalled_rounds, .classes.short.p99_us] | @csv')" '"3,2,20"'
	assert_eq "$(jq -c '[.stalled_samples, .stalls.stolen_ms, .stalls.client]' "$DIR/s.json")" "[2,10,1]"
}

test_the_page_has_each_curve_and_no_markup_of_the_data() {
	{
		sample 1 100 10
		sample 1 200 1000
	} | summarise
	"$ROOT/build/bench/report" "$DIR/page.html" "$DIR/s.json"
	assert_match "$(cat "$DIR/page.html")" "1 &amp; 2"
	assert_match "$(cat "$DIR/page.html")" "prefers-color-scheme:dark"
	assert_eq "$(grep -o '<polyline' "$DIR/page.html" | wc -l)" 1 curves
	assert_eq "$(grep -o '<circle' "$DIR/page.html" | wc -l)" 2 points
	! grep -E '(src|href)=|@import|url\(' "$DIR/page.html" || fail "the page needs other files"
}

test_a_quick_run_is_on_the_page_only_without_a_full_one() {
	sample 1 100 10 | summarise
	jq '.quick = true' "$DIR/s.json" >"$DIR/quick.json"
	"$ROOT/build/bench/report" "$DIR/page.html" "$DIR/quick.json"
	assert_match "$(cat "$DIR/page.html")" "A quick run"
	"$ROOT/build/bench/report" "$DIR/page.html" "$DIR/quick.json" "$DIR/s.json"
	! grep -q "A quick run" "$DIR/page.html" || fail "the quick run is there, too"
}

test_what_preemption_costs_is_measured() {
	[ "$(nproc)" -ge 2 ] || skip "needs 2 CPUs"
	QUICK=1 "$ROOT/build/bench/preempt" "$DIR/yield.json" >"$DIR/out"
	jq -e '.mark_to_yield_ns.p50 > 0 and .mark_to_yield_ns.line_ns_p50 > 0 and .signal_to_yield_ns.p50 > .mark_to_yield_ns.p50
		and (.throughput_loss | keys == ["10us", "50us", "5us"])' "$DIR/yield.json" >/dev/null || fail "$(cat "$DIR/yield.json")"
}

test_what_is_no_json_is_refused_in_words() {
	echo '{"a":' >"$DIR/bad.json"
	assert_exit 1 "$ROOT/build/bench/report" "$DIR/page.html" "$DIR/bad.json"
	assert_match "$(cat "$DIR/err")" "bad.json', line"
}

run_tests "$@"
