#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_advise.sh - advice of the simulator: what it must not take for fine, and what it must not
# leave out
# runs: beside
. "$(dirname "$0")/../lib.sh"

NO_LAB=1

advise() { shunt-sim advise -s ideal -Q "$@"; }

# The lab's trace and a workload of its service times: W.
recorded() {
	cp "$ROOT/docs/planning/lab.trace" "$DIR/trace"
	awk -v dir="$DIR" '!/^#/ { print $3 > dir "/" $2 ".us" }' "$DIR/trace"
	W="get=0.89:file($DIR/get.us)/slo=100us,scan=0.11:file($DIR/scan.us)/slo=1ms"
}

# CORES OPTIONS…: fcfs meets 1 % over 5 us of exp(1 us), or does not
late_with() {
	local cores=$1
	shift
	shunt-sim -p fcfs -w 'all=1:exp(1us)/slo=5us' -c "$cores" --json - -Q "$@" |
		jq .runs[0].classes[-1].miss
}

# Requests beyond the rate of the system's dispatcher are dropped; more cores do not help.
test_a_load_that_is_not_carried_is_no_advice() {
	! shunt-sim advise -Q -n 50k -w 'all=1:exp(1us)/slo=1s' -r 61M -c 128 -p fcfs >"$DIR/out" ||
		fail "taken for fine"
	assert_match "$(cat "$DIR/out")" 'fcfs .* none .*(are not answered|backlog grows)'
	assert_match "$(cat "$DIR/out")" 'No policy meets the objectives with up to 128 cores'
}

# 65 cores are domains of 33 and 32, each of which gets half: worse than 64 in one.
test_more_cores_in_two_domains_are_not_taken_for_better() {
	advise -w 'all=1:exp(1us)/slo=5us' -r 62.5M -c 140 -p fcfs -n 300k >"$DIR/out"
	cat "$DIR/out"
	local cores
	cores=$(sed -n 's/^Take fcfs on \([0-9]*\) cores.*/\1/p' "$DIR/out")
	assert_ge "$cores" 66 "cores, more than one domain can do"
	assert_le "$cores" 70 "cores"
	awk -v late="$(late_with "$cores" -r 62.5M -n 1M)" 'BEGIN { exit !(late < 0.0105) }' ||
		fail "$cores cores do not do"
	awk -v late="$(late_with 64 -r 62.5M -n 1M)" 'BEGIN { exit !(late > 0.01) }' ||
		fail "64 cores do"
}

test_domains_and_objectives_that_were_asked_for_are_obeyed() {
	advise -w 'all=1:exp(1us)/slo=7500ns' -r 10M -d 4 -p fcfs -n 200k >"$DIR/four"
	advise -w 'all=1:exp(1us)/slo=7500ns' -r 10M -p fcfs -n 200k >"$DIR/one"
	advise -w 'all=1:exp(1us)/slo=7500ns' -r 10M -p fcfs -n 200k -m p999_us >"$DIR/p999"
	advise -w 'all=1:exp(1us)/slo=7500ns' -r 10M -p fcfs -n 200k --misses 0.1% >"$DIR/share"
	cores() { sed -n 's/^Take fcfs on \([0-9]*\) cores.*/\1/p' "$DIR/$1"; }
	assert_ge "$(cores four)" $(($(cores one) + 2)) "cores of four domains"
	assert_ge "$(cores p999)" $(($(cores one) + 1)) "cores for p99.9"
	assert_eq "$(cores share)" "$(cores p999)" "cores for one late of a thousand"
	assert_match "$(cat "$DIR/p999")" 'p999_us of each class'
}

test_advice_says_why_fewer_cores_do_not_do() {
	advise -w 'all=1:exp(1us)/slo=5us' -r 10M -p fcfs -n 200k >"$DIR/out"
	assert_match "$(tail -n 1 "$DIR/out")" \
		"^12 cores: not sure: [01][0-9.]+±[0-9.]+ % of 'all' are later than 5 us\.$"
	assert_match "$(tail -n 3 "$DIR/out" | tr -d '\n')" \
		'^[0-5] of 5 other seeds meet the objectives; the latest:  all [0-9.]+±'
	advise -w 'all=1:exp(1us)/slo=10us' -r 800k -p fcfs -n 200k >"$DIR/out"
	assert_match "$(tail -n 1 "$DIR/out")" \
		"^1 core does not do: [0-9.]+±[0-9.]+ % of 'all' are later than 10 us\.$"
	! advise -w 'all=1:exp(1us)/slo=5us' -r 10M -c 4 -p fcfs 2>"$DIR/err" || fail "taken"
	assert_match "$(cat "$DIR/err")" 'alone keep 10 cores busy: --cores is 4'
}

test_every_policy_is_tried_or_named_with_the_reason() {
	local name
	advise -w 'all=1:1us/slo=50us' -r 2M -c 8 -q 5us -n 5k >"$DIR/out"
	for name in "$ROOT"/bpf/policies/*.c; do
		name=$(basename "$name" .c)
		grep -qE "^($name |not tried: $name: [a-z])" "$DIR/out" ||
			fail "nothing is said of '$name'"
	done
	assert_match "$(cat "$DIR/out")" 'not tried: hint: its clients must send back'
}

test_what_advice_cannot_obey_is_refused() {
	local args want
	while IFS='|' read -r args want; do
		# shellcheck disable=SC2086
		! shunt-sim advise -w all=1:1us/slo=5us $args >"$DIR/out" 2>"$DIR/err" ||
			fail "'$args' was taken"
		assert_match "$(cat "$DIR/err")" "$want" "what '$args' says"
	done <<-'TEXT'
	-r 1M -m mean_us|takes objectives as quantiles
	-r 1M -m p99_us --misses 1%|give one of them
	-r 1M --misses 200%|--misses cannot be
	-r 1M --precision 1%|takes no
	-r 1M -l 0.5|give one of them
	-r 1M -p ps|'ps' is an ideal, which no machine runs.*shunt-sim run -s ideal -p ps
	-r 1M -p fcfs,ipipe|'ipipe' is an ideal
	|wants one --workload and one --rate
	TEXT
}

# All of a core for each request would not help.
test_an_objective_below_the_service_alone_is_refused_before_the_search() {
	! shunt-sim advise -Q -w 'all=1:exp(2us)/slo=5us' -r 1M -p fcfs >"$DIR/out" 2>"$DIR/err" ||
		fail "taken"
	assert_match "$(cat "$DIR/err")" \
		"8.21 % of 'all' take longer than 5 us alone, .* and 1 % may be late"
	advise -w 'all=1:exp(2us)/slo=5us' -r 1M -p fcfs -n 20k -C speeds=1x4 >"$DIR/out" ||
		fail "faster cores do: $(cat "$DIR/out")"
}

# A quarter of the requests takes 100 us, the rest 1 us, each alone on a core: a quarter is later
# than the objective.
test_the_share_of_late_requests_is_in_the_results() {
	shunt-sim -p fcfs -w 'all=1:modes(0.75:1us;0.25:100us)/slo=50us' -c 64 -l 0.01 -n 300k \
		--json - -Q |
		jq .runs[0].classes[-1] >"$DIR/class"
	awk -v miss="$(jq .miss "$DIR/class")" -v half="$(jq .ci95_half.miss "$DIR/class")" \
		'BEGIN { exit !(miss - half < 0.25 && miss + half > 0.25 && half < 0.02) }' ||
		fail "$(cat "$DIR/class")"
	assert_eq "$(shunt-sim -p fcfs -w exp1 -n 5k --json - -Q | jq '.runs[0].classes[-1] |
		has("miss")')" false "without an SLO"
}

# Of ten thousand requests one is of class b: that none of so few was late says nothing, since a
# tenth is late on an idle core.
test_what_too_few_requests_say_is_no_advice() {
	! advise -w 'a=0.9999:1us/slo=50us,b=0.0001:exp(100us)/slo=600us' -r 1M -p fcfs -n 20k \
		-c 8 >"$DIR/out" ||
		fail "$(cat "$DIR/out")"
	assert_match "$(cat "$DIR/out")" \
		"Cannot tell: class 'b' has [0-9]+ measured requests; --misses 1 % takes at least 300: more --req"
}

# The lab's trace has 298 scans that are measured, and of so few none says that 1 % is met; one core
# is 9 % busy.
test_a_trace_too_short_to_tell_is_not_called_a_miss() {
	recorded
	! shunt-sim advise -Q -s shared -w "$W" -a "trace:$DIR/trace" -p fcfs,mq \
		-q 5us >"$DIR/out" || fail "$(cat "$DIR/out")"
	assert_match "$(cat "$DIR/out")" 'fcfs +- +unsure'
	assert_match "$(cat "$DIR/out")" \
		"Cannot tell: class 'scan' has 298 measured requests; --misses 1 % takes at least 300: a longer"
	shunt-sim advise -Q -s shared -w "$W" -a "trace:$DIR/trace" -p fcfs,mq -q 5us \
		--misses 2% >"$DIR/out"
	assert_match "$(cat "$DIR/out")" 'Take mq with a quantum of 5 us on 1 core \(9 % busy'
}

# Recorded services are the same whatever the seed; services that the trace leaves out are drawn.
test_one_recorded_sample_is_not_counted_as_five_seeds() {
	recorded
	shunt-sim advise -Q -s shared -w "$W" -a "trace:$DIR/trace" -p mq -q 5us \
		--misses 2% >"$DIR/out"
	assert_match "$(cat "$DIR/out")" 'A trace is one sample: no other seeds'
	! grep -q 'other seeds meet' "$DIR/out" || fail "$(cat "$DIR/out")"
	sed '/^#/!s/ [^ ]* [^ ]*$/ -/' "$DIR/trace" >"$DIR/drawn"
	shunt-sim advise -Q -s shared -w "$W" -a "trace:$DIR/drawn" -p mq -q 5us \
		--misses 2% >"$DIR/out"
	assert_match "$(cat "$DIR/out")" '[0-5] of 5 other seeds meet'
}

# mq with either quantum is found with 8 cores, and one of the two is confirmed; without it takes 9.
test_all_that_need_equally_few_cores_are_confirmed_before_one_is_added() {
	recorded
	shunt-sim advise -Q -s shared -w "$W" -r 400k -q 10us,20us -p mq -n 200k >"$DIR/out"
	assert_eq "$(grep -c '^mq .* 8 ' "$DIR/out")" 2 "searches that found 8 cores"
	assert_match "$(cat "$DIR/out")" 'Take mq with a quantum of [12]0 us on 8 cores'
}

cores_of() { sed -n 's/^Take fcfs on \([0-9]*\) cores (\([0-9]*\) % busy.*/\1 \2/p' "$1"; }

# Cores of twice the speed are as many as for half the work.
test_faster_cores_are_fewer() {
	advise -w 'all=1:exp(2us)/slo=5us' -r 6M -p fcfs -n 100k -C speeds=1x2 >"$DIR/fast"
	advise -w 'all=1:exp(1us)/slo=5us' -r 6M -p fcfs -n 100k >"$DIR/half"
	assert_eq "$(cores_of "$DIR/fast")" "$(cores_of "$DIR/half")" "cores, and how busy they are"
	assert_le "$(cores_of "$DIR/fast" | cut -d' ' -f1)" 11 \
		"cores, where 12 slow ones were all busy"
	! advise -w 'a=0.5:1us/slo=5us/service=x,b=0.5:1us/service=y' -r 1M \
		-C services=split >"$DIR/out" 2>"$DIR/err" || fail "taken"
	assert_match "$(cat "$DIR/err")" 'services=shared'
}

# Of what takes more than half a second.
test_a_terminal_is_shown_how_far_the_searches_are() {
	local run="shunt-sim advise -w 'all=1:1us/slo=1ms' -r 800k -p fcfs,mq -q 5us -n 400k -j 1"
	script -qec "$run" /dev/null </dev/null >"$DIR/out"
	assert_match "$(cat "$DIR/out")" 'step 1: 3 of 3 searches go on'
	assert_match "$(cat "$DIR/out")" '\[#*\.*\] [0-9]/[0-9]' "a bar"
}

run_tests "$@"
