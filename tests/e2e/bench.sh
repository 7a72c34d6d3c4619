#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench.sh - what the benchmarks make of samples: medians and their bounds, what held, what stalled;
# the page; a sweep of all systems
# runs: beside
NO_LAB=1
. "$(dirname "$0")/../lib.sh"

# ROUND RATE P99 [VALID STALLS STOLEN_MS ANSWERED]: a sample of system shunt-x, 100 requests of
# class short.
sample() {
	printf '{"round":%d,"workload":"w","rate":%d,"system":"shunt-x","time":0.3,
		"stolen_ms":%d,"waited_us":0,"load":{
		"achieved_rps":%d,"valid":%s,"stalls":%d,"waited_ms":0,"classes":{"short":{
		"sent":100,"answered":%d,"lost":0,"p50_us":1,"p99_us":%s,"p999_us":9,"slowdown_p99":2}}}}\n' "$1" "$2" "${6:-0}" "$2" \
			"${4:-true}" "${5:-0}" "${7:-100}" "$3"
}

# Samples on stdin.
summarise() {
	echo '{"name":"w","figures":"1 & 2","mix":"short=1:1us","quantum":"5us","wire_k":2,
		"limit":"short.p99_us:300","objectives":"","capacity":1000}' \
		>"$DIR/workloads"
	jq -n --slurpfile samples /dev/stdin --slurpfile workloads "$DIR/workloads" \
		--slurpfile skipped /dev/null \
		--slurpfile compared "${COMPARED:-/dev/null}" --arg title T --arg suite s \
		--argjson quick false --arg machine M --arg kernel K --arg cpuidle none \
		--argjson awake true --argjson cpus 2 --argjson workers 1 \
		--argjson rounds_wanted 7 --argjson seed 1 --argjson enough 100 --argjson waited 0 \
		--argjson repeated 0 --arg commit C \
		-f bench/tail/summary.jq >"$DIR/s.json"
}

point() { jq -e ".workloads.w.systems.\"shunt-x\".$1" "$DIR/s.json"; }

test_a_point_is_the_median_of_its_rounds_and_bounds_are_order_statistics() {
	local r
	for r in 1 2 3 4 5 6 7 8 9; do sample $r 100 $((r * 10)); done | summarise
	assert_eq "$(point 'points[0].classes.short | [.p99_us, .p99_us_low, .p99_us_high] |
		@csv')" '"50,20,80"'
	assert_eq "$(jq .confidence "$DIR/s.json")" 0.961
	for r in 1 2 3 4 5; do sample $r 100 $((r * 10)); done | summarise
	assert_eq "$(point 'points[0].classes.short | [.p99_us, .p99_us_low, .p99_us_high] |
		@csv')" '"30,10,50"'
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

test_a_rate_that_held_and_was_the_highest_offered_is_marked() {
	{
		sample 1 100 50
		sample 1 200 100
	} | summarise
	assert_eq "$(jq -c '.workloads.w.systems."shunt-x" | [.max_rps_at_slo, .more_was_offered,
		.max_achieved_rps]' "$DIR/s.json")" "[200,false,200]"
	assert_match "$(jq -r -f bench/tail/table.jq "$DIR/s.json")" "shunt-x .* >= 200"
	"$ROOT/build/bench/report" "$DIR/page.html" "$DIR/s.json"
	assert_match "$(cat "$DIR/page.html")" "&ge; 200"
}

# RATE P99 COMPARABLE: shunt-compare's result for a point.
compared() {
	jq -nc --argjson rate "$1" --argjson p99 "$2" --argjson comparable "$3" \
		'{workload: "w", rate: $rate, rule: {backlog: 1}, classes: {short: {
		pairs: [{a: "shunt-x", b: "other", p99: "not told apart"}],
		systems: {"shunt-x": {windows: 6, comparable: $comparable, why: "overload",
			clean: {p99_us: {at: $p99, low: ($p99 - 20), high: ($p99 + 25)}}}}}}}'
}

# Cleaned numbers stand beside the raw ones; a point that cannot be compared is not counted as held.
test_a_point_has_its_cleaned_numbers_and_comparisons() {
	local COMPARED=$DIR/compared rate table
	{ compared 100 270 true; compared 200 280 true; compared 300 290 false; } >"$COMPARED"
	for rate in 100 200 300; do sample 1 $rate 500; done | summarise
	assert_eq "$(point 'points[1].clean.short.clean.p99_us.at')" 280
	assert_eq "$(point 'points[1].classes.short.p99_us')" 500 "raw"
	assert_eq "$(point clean_max_rps_at_slo)" 200
	assert_eq "$(point clean_max_rps_at_slo_low)" 100
	assert_eq "$(jq -r '.workloads.w.comparisons[0].classes.short[0].p99' "$DIR/s.json")" \
		"not told apart"
	table=$(jq -r -f bench/tail/table.jq "$DIR/s.json")
	assert_match "$table" "at 100: shunt-x 270 \(250 to 295\) is least"
	assert_match "$table" "at 300: nothing can be compared: overload"
	assert_match "$table" "shunt-x .*290~   holds 300 at 200"
	"$ROOT/build/bench/report" "$DIR/page.html" "$DIR/s.json"
	assert_match "$(cat "$DIR/page.html")" "short: p99, &micro;s, stalls set aside"
	assert_match "$(cat "$DIR/page.html")" "<td>290~<td>270<td>315"
	assert_eq "$(grep -o '<circle class=bad' "$DIR/page.html" | wc -l)" 1 \
		"hollow points, where the method does not hold"
}

test_a_system_that_can_be_compared_nowhere_holds_a_rate_that_is_not_known() {
	local COMPARED=$DIR/compared
	compared 100 40 false >"$COMPARED"
	sample 1 100 500 | summarise
	assert_match "$(jq -r -f bench/tail/table.jq "$DIR/s.json")" "40~   holds 300 at not known"
	"$ROOT/build/bench/report" "$DIR/page.html" "$DIR/s.json"
	assert_match "$(cat "$DIR/page.html")" "<td>not known<td>none"
}

test_a_bound_that_cannot_be_said_is_a_question_mark() {
	local COMPARED=$DIR/compared
	compared 100 270 true | jq -c '.classes.short.systems[].clean.p99_us.high = null' \
		>"$COMPARED"
	sample 1 100 500 | summarise
	assert_match "$(jq -r -f bench/tail/table.jq "$DIR/s.json")" \
		"at 100: shunt-x 270 \(250 to \?\) is least"
}

test_samples_in_which_the_machine_stalled_are_counted_and_kept() {
	{
		sample 1 100 10
		sample 2 100 20 true 1
		sample 3 100 30 true 0 10
	} | summarise
	assert_eq "$(point \
		'points[0] | [.rounds, .stalled_rounds, .classes.short.p99_us] | @csv')" '"3,2,20"'
	assert_eq "$(jq -c '[.stalled_samples, .stalls.stolen_ms, .stalls.client]' "$DIR/s.json")" \
		"[2,10,1]"
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

# Colour tells the policy, the line how it is reached; systems that differ by a number alone have
# colours of their own.
test_a_system_on_the_wire_has_its_policys_colour_and_a_line_of_its_own() {
	local name
	for name in shunt-sq shunt-sq-wire shunt-fcfs-wire-k1 shunt-fcfs-wire-k2 linux-shared; do
		sample 1 100 10 | sed "s/shunt-x/$name/"
	done | summarise
	"$ROOT/build/bench/report" "$DIR/page.html" "$DIR/s.json"
	assert_eq "$(key_of shunt-sq)" "s1 ours"
	assert_eq "$(key_of shunt-sq-wire)" "s1 wire"
	assert_eq "$(key_of linux-shared)" "s3 peer"
	assert_match "$(key_of shunt-fcfs-wire-k1)" "wire"
	assert_ne "$(key_of shunt-fcfs-wire-k1)" "$(key_of shunt-fcfs-wire-k2)"
	assert_eq "$(grep -o '<rect' "$DIR/page.html" | wc -l)" 3 "squares"
}
key_of() { sed -n "s/.*class=\"key \(s[0-9]* [a-z]*\)\"><\/span>$1<.*/\1/p" "$DIR/page.html"; }

# SYSTEMS: measured in a sweep as short as can be.
sweep() {
	cat >"$DIR/table.sh" <<-SH
	TITLE=T SERVER=shunt-spin APP=(--app spin) ENGINE=() PROTOCOL=spin LOAD_OPTIONS=() PORT=9000
	CLASSES=(c1 c2)
	rules() { printf 'rules:\n  - {port: 9000, offset: 0, value: 0x02, class: c2}\n'; }
	workload w f short=0.5:1us,long=0.5:50us --slo short:50us,long:1ms --quantum 10us --k 3 \
		--limit short.p99_us:300 \
		--points 0.2 --systems "shunt-fcfs $*"
	SH
	TABLE=$DIR/table.sh RESULTS=$DIR ROUNDS=1 ENOUGH=500 PATIENCE=1 REPEAT=0 bench/tail/run.sh \
		tail >"$DIR/out" 2>&1 ||
		fail "$(cat "$DIR/out")"
}

test_a_sweep_measures_each_system_or_says_why_not() {
	[ -n "$LONG" ] || skip "takes 10 s: make test-long"
	sweep shunt-mq-20us shunt-mq-wire shunt-fcfs-wire-k1 linux-shared linux-batch \
		linux-shared-block linux-steal xdp-rtc dispatcher-fcfs
	jq -e '.workloads.w.systems | length >= 8 and all(.points[0].answered_share > 0.9)' \
		"$DIR/tail.json" >/dev/null ||
		fail "$(cat "$DIR/tail.json" "$DIR/out")"
	jq -e '.workloads.w.comparisons | length == 1 and .[0].rule.backlog >= 1 and
		(.[0].classes.short | length) >= 21' "$DIR/tail.json" >/dev/null ||
		fail "not compared: $(jq -c .workloads.w.comparisons "$DIR/tail.json")"
	jq -e '.workloads.w.systems."shunt-fcfs".points[0].clean.short |
		.server_notes_gaps == "yes" and .windows >= 1' "$DIR/tail.json" >/dev/null ||
		fail "no gaps noted: $(cat "$DIR/tail.json")"
	jq -e '(.workloads.w.systems | keys) + (.skipped | keys) | sort == (["shunt-fcfs",
		"shunt-mq-20us", "shunt-mq-wire",
		"shunt-fcfs-wire-k1", "linux-shared", "linux-batch", "linux-shared-block",
			"linux-steal",
			"xdp-rtc", "dispatcher-fcfs"] | sort)' \
		"$DIR/tail.json" >/dev/null || fail "somebody is missing: $(cat "$DIR/out")"
	[ "$(nproc)" -gt 2 ] ||
		assert_match "$(cat "$DIR/out")" "skipped: dispatcher-fcfs: needs 3 CPUs"
	assert_eq "$(find /run/netns /sys/fs/bpf -mindepth 1 -name '*b[0-9]*')" "" \
		"what is left behind"
}

# FILE: how nice a shell is that stepped forward, and what it puts back, if FILE stands for what its
# group of sessions has.
step_forward_with() {
	unshare -m bash -ec '[ ! -e /proc/$$/autogroup ] || mount --bind "$0" /proc/$$/autogroup
		. bench/tail/forward.sh; step_forward; step_back
		echo $(ps -o ni= -p $$) ${GROUP_NICE:-none}' "$1" 2>&1
}
test_a_sweep_goes_before_others_in_a_group_of_sessions_and_in_none() {
	assert_eq "$(step_forward_with /dev/null)" "-20 none" "a group that is not a session's"
	assert_eq "$(step_forward_with /proc/self/coredump_filter)" "-20 none" \
		"one that takes no niceness"
	! grep -qs nice /proc/$$/autogroup ||
		assert_match "$(step_forward_with /proc/$$/autogroup)" '^0 [-0-9]+$'
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
	jq -e '.mark_to_yield_ns.p50 > 0 and .mark_to_yield_ns.line_ns_p50 > 0 and
		.signal_to_yield_ns.p50 > .mark_to_yield_ns.p50
		and (.throughput_loss | keys == ["10us", "50us", "5us"])' "$DIR/yield.json" \
			>/dev/null || fail "$(cat "$DIR/yield.json")"
}

# Whether the sum is near what was measured is for a quiet machine to say.
test_the_steps_of_a_request_are_noted_beside_what_it_takes_in_all() {
	[ "$(nproc)" -ge 2 ] || skip "needs 2 CPUs"
	(cd "$ROOT" && ROUNDS=1 SECONDS_EACH=0.2 ONLY=60,000 OUT="$DIR/price.json" \
		bench/price.sh) >"$DIR/out" 2>&1 || true
	jq -e '.measured_ns > 0 and (.steps | length) >= 5 and
		((.steps | map(.ns) | add) - .sum_ns | fabs) < 1 and
		(.steps | any(.name == "reply, checksum, counts" and .calls == 1))' \
		"$DIR/price.json" >/dev/null || fail "$(cat "$DIR/price.json" "$DIR/out")"
}

test_what_is_no_json_is_refused_in_words() {
	echo '{"a":' >"$DIR/bad.json"
	assert_exit 1 "$ROOT/build/bench/report" "$DIR/page.html" "$DIR/bad.json"
	assert_match "$(cat "$DIR/err")" "bad.json', line"
}

# RATE NAME=P99,HALF,WINDOWS,KEPT[,WHY]…: shunt-compare's result for a point of plain.sh.
plain_point() {
	printf '%s\n' "${@:2}" | jq -Rn --argjson rate "$1" '
		[inputs | capture("(?<n>[^=]*)=(?<v>.*)") | {key: .n, value: (.v | split(","))}] |
		map(.value |= (. as $v |
			($v[:4] | map(tonumber)) as [$p99, $half, $windows, $kept] |
			{clean: {p99_us: {at: $p99, low: ($p99 - $half), high: ($p99 + $half)},
				p50_us: {at: 1}}, raw: {p99_us: {at: 1000}}, windows: $windows,
			clean_windows: $windows, kept: $kept, comparable: ($v[4] == null),
			why: ($v[4] // ""),
			overloaded_windows: (if $v[4] == "overload" then $windows else 0 end)})) |
		{workload: "w", rate: $rate, rule: {}, classes: {short: {systems: from_entries,
			pairs: [{a: "shunt-fcfs", b: "xdp-rtc", p99: "higher"}]}}}'
}

# Points on stdin, steps in $DIR/steps.
plain() {
	jq -n -f "$ROOT/bench/plain.jq" --arg do plain --slurpfile compared /dev/stdin \
		--slurpfile steps "$DIR/steps" --arg capacity "w 1000" --argjson limit 300 \
		--arg kernel k --arg commit c >"$DIR/plain.json"
	jq -r --arg do table -f "$ROOT/bench/plain.jq" "$DIR/plain.json" >"$DIR/table"
}
plain_step() { printf '{"workload":"w","system":"%s","rate":%d,"holds":%s}\n' "$@"; }

test_a_ratio_is_that_to_the_best_system_which_is_in_no_overload() {
	{ plain_step shunt-fcfs 500 true; plain_step shunt-fcfs 800 false
	plain_step xdp-rtc 400 true; plain_step linux-shared 100 false; } >"$DIR/steps"
	{ plain_point 400 shunt-fcfs=12,1,12,0.5 xdp-rtc=10,1,12,0.5 linux-shared=20,9,12,0.5
	plain_point 700 shunt-fcfs=18,1,12,0.5 xdp-rtc=20,1,12,0.5 \
		linux-shared=9,1,12,0.1,overload; } | plain
	assert_eq "$(jq -c '[.worst_p99_ratio, .worst_rate_ratio, .weak,
		.workloads.w.max_rps_at_300us]' "$DIR/plain.json")" \
		'[1.2,1.25,[],{"linux-shared":null,"shunt-fcfs":500,"xdp-rtc":400}]'
	assert_match "$(cat "$DIR/table")" \
		"against xdp-rtc, the best other: 1.2 times its p99, higher"
}

test_a_point_without_enough_to_go_by_is_named_with_the_reason() {
	: >"$DIR/steps"
	{ plain_point 1 shunt-fcfs=12,1,11,0.5 xdp-rtc=10,1,12,0.5
	plain_point 2 shunt-fcfs=12,1,12,0.5 xdp-rtc=10,1,12,0.29
	plain_point 3 shunt-fcfs=12,2,12,0.5 xdp-rtc=10,1,12,0.5
	plain_point 4 shunt-fcfs=12,1,12,0.5 xdp-rtc=10,1,12,0.5 linux-shared=9,1,9,0.5,placebo \
		linux-uring=20,1,9,0.5,placebo
	plain_point 5 shunt-fcfs=12,1,12,0.5 xdp-rtc=10,1,12,0.5,overload; } | plain
	assert_eq "$(jq -r '.weak[]' "$DIR/plain.json")" "w at 1/s: shunt-fcfs: 11 clean windows
w at 2/s: xdp-rtc: 29 % kept
w at 3/s: shunt-fcfs: p99 within 16.7 %
w at 4/s: linux-shared: placebo
w at 5/s: no other system can be compared"
}

test_what_has_no_dispersion_is_measured_and_too_short_a_run_fails() {
	[ -n "$LONG" ] || skip "takes 14 s: make test-long"
	[ "$(nproc)" -ge 2 ] || skip "needs 2 CPUs"
	(cd "$ROOT" && ROUNDS=1 STEPS=1 MINUTES=0 ONLY=fixed-100us OUT="$DIR/plain.json" \
		SYSTEMS="shunt-fcfs xdp-batch xdp-rtc linux-busy-poll" bench/plain.sh) \
		>"$DIR/out" 2>&1 && fail "one window was enough"
	jq -e '.workloads."fixed-100us" | (.rates | length) == 2 and
		(.max_rps_at_300us | length) == 4 and
		all(.rates[].systems[]; .windows == 1)' "$DIR/plain.json" >/dev/null ||
		fail "$(cat "$DIR/out" "$DIR/plain.json")"
	assert_match "$(cat "$DIR/out")" "too weak: fixed-100us at .*clean windows|fewest"
	assert_eq "$(find /run/netns /sys/fs/bpf /dev/shm -mindepth 1 -name '*p[0-9]*-*')" "" \
		"what is left behind"
}

# KEPT LOST IN_TIME: a point of overload.sh of 1000 requests: the share that was due in no stall,
# those of it without an answer, and those in time.
overload_point() {
	jq -n --argjson kept "$1" --argjson lost "$2" --argjson in_time "$3" '{name: "w",
		policy: "slo", offered: "0.5", valid: true, load: {short: {sent: 1000,
		service_us: 10, slo_us: 100, p99_us: 50, clean: {requests: 1000, kept: $kept,
		kept_lost: $lost, in_time: $in_time, answered_p99_us: 40}}},
		counts: {arrived: 1000, replied: 900, noreply: 0, late: 9, rejected: 100}}'
}
overload_json() {
	jq -n --slurpfile points /dev/stdin --slurpfile stats <(echo '{"total": {}}') \
		--slurpfile simulated "${SIMULATED:-/dev/null}" --arg names w \
		--arg mixes short=1:10us/slo=100us --arg capacities 2000 --arg kernel k \
		--arg commit c \
		--argjson rounds 1 --argjson seconds 1 -f "$ROOT/bench/overload.jq"
}
overload_of() {
	overload_json | jq -c '.workloads.w.offered["0.5"].slo | [.goodput, .core_in_time,
			.admitted_p99_over_slo, .refused, .refused_all, .late]'
}

test_what_an_overload_bench_says_is_of_requests_that_were_due_in_no_stall() {
	local usual="[0.49,0.49,0.4,0.01,0.1,0.01]"
	assert_eq "$(overload_point 0.5 5 490 | overload_of)" "$usual"
	assert_eq "$(overload_point 0 0 0 | overload_of)" "[null,null,null,null,0.1,0.01]" \
		"all in stalls"
	# A round without a request that was due in none counts nowhere.
	assert_eq "$({ overload_point 0.5 5 490; overload_point 0 0 0; } | overload_of)" \
		"$usual"
}

# LOST…: refused, with its bounds, of rounds of 500 requests that were due in no stall.
refused_of() {
	local lost
	for lost; do overload_point 0.5 "$lost" 400; done | overload_json |
		jq -c '.workloads.w.offered["0.5"].slo | [.refused, .refused_low, .refused_high]'
}

# All rounds together: the median would be 0 wherever most refused nothing.
test_what_is_refused_is_of_all_rounds_and_has_bounds_by_how_they_differ() {
	assert_eq "$(refused_of 0 0 0 0 5)" "[0.002,null,null]"
	assert_eq "$(refused_of 2 2 2 2 2 2)" "[0.004,0.004,0.004]"
	assert_eq "$(refused_of 0 4 0 4 0 4)" "[0.004,0,0.0086]"
	# Twelve rounds of 0 and 4 deviate by 12 * 4 * 12 / 11: 2.2 * 7.24 / 6000 either way.
	assert_eq "$(refused_of 0 4 0 4 0 4 0 4 0 4 0 4)" "[0.004,0.00135,0.00665]"
}

# Per second 1000 arrive, of which 800 end, a quarter of them late: 6 ms of work, 0.3 of 20 ms. The
# oracle's are longer by the 490 us that each takes beside its work; the work counts all the same.
test_what_the_simulator_says_counts_as_what_was_measured() {
	local SIMULATED=$DIR/simulated policy
	for policy in slo oracle; do
		jq -n --arg policy $policy '{name: "w", offered: "0.5", beside: 490, rate: 1000,
			$policy, classes: [{arrived: 2000, done: 1600, rejected: 400, miss: 0.25,
			p99_us: 120, slo_us: 100}]}'
	done >"$SIMULATED"
	assert_eq "$(overload_point 0.5 5 490 | overload_json | jq -c '.workloads.w.simulated |
		.["0.5"] | .slo, .oracle | [.goodput, .core_in_time, .admitted_p99_over_slo,
		.refused]')" "[0.3,0.3,1.2,0.2]
[0.3,0.3,1.2,0.2]"
}

test_the_picture_of_an_overload_bench_has_a_line_for_each_policy() {
	{
		overload_point 0.5 5 490
		overload_point 0.5 5 250 | jq '.policy = "mq"'
		overload_point 0.5 5 250 | jq '.policy = "mq" | .offered = "4.0"'
	} | overload_json | jq -r -f "$ROOT/bench/overload_svg.jq" >"$DIR/overload.svg"
	python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$DIR/overload.svg" ||
		fail "no SVG: $(cat "$DIR/overload.svg")"
	# 0.49 of 1.2 is the height; mq's line goes on to four times the capacity.
	assert_match "$(cat "$DIR/overload.svg")" "points='117.3,200.2'/>"
	assert_match "$(cat "$DIR/overload.svg")" "points='117.3,253 490,253'/>"
	assert_eq "$(grep -c '>slo<\|>mq<' "$DIR/overload.svg")" 2 "names of policies"
}

run_tests "$@"
