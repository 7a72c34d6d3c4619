#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# overload.sh - objectives hold on one core whatever is offered, as in the simulator
# (sim_overload.sh, the same mix): slo rejects what would be late, and mq makes all late
#
# Bounds are wide, as a machine that takes CPUs away makes requests late under any policy.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../daemons.sh"

CPUS=$(($(nproc) - 1)) AHEAD=1
MIX='short=0.9:10us/slo=100us,long=0.1:500us/slo=2ms' # a core can serve 16,949 a second
CAPACITY=16949
SECONDS_EACH=1.5

# Client and worker keep both CPUs busy: shuntd, which plans, must go before others, too.
SHUNTD_AHEAD=1

load_with_objectives() {
	load "$1"
	host shunt class set short slo=100us quantum=5us >/dev/null
	host shunt class set long slo=2ms quantum=5us >/dev/null
	ahead host shunt-spin --dev "$DEV" --idle spin --gaps "$DIR/gaps"
	start spin "${WORDS[@]}"
	wait_for 10 all_up
}

# POLICY PERCENT of the capacity: the client's JSON in $DIR/client.json, the counts of this load
# alone in $DIR/counts.
overload() {
	host shunt switch "$1" --dev "$DEV" >/dev/null
	until_quiet
	host shunt stats -j --dev "$DEV" >"$DIR/before"
	ahead client shunt-load --to 198.18.0.2:9000 --json -q --rate $((CAPACITY * $2 / 100)) \
		--time $SECONDS_EACH --mix "$MIX" --cpu 0 --wait 1s --gaps "$DIR/gaps"
	"${WORDS[@]}" >"$DIR/client.json"
	until_quiet
	host shunt stats -j --dev "$DEV" >"$DIR/after"
	jq -n --slurpfile a "$DIR/before" --slurpfile b "$DIR/after" '
		[$a[0].classes, $b[0].classes] | transpose | map(. as [$a, $b] |
		["arrived", "replied", "late", "rejected", "dropped"] |
		map({(.): ($b[.] - $a[.])}) | add)' >"$DIR/counts"
	echo "$1 at $2 %: useful $(useful) %, late of replied $(late_share) %," \
		"refused $(refused_share) %; $(jq -c . "$DIR/counts")"
}

# The core's time that went into replies within their objective, as the client saw them, in percent:
# of the requests that were due in no stall of client or server.
useful() {
	jq "[.classes[] | select(.clean) | .clean.in_time / (.clean.requests * .clean.kept) *
		.sent * .service_us] | add / $SECONDS_EACH / 1e4 | floor" "$DIR/client.json"
}

# Of the replies, by the core's own clock, in percent.
late_share() { jq '([.[].late] | add) * 100 / ([.[].replied, 1] | add) | floor' "$DIR/counts"; }
refused_share() { jq '([.[].rejected] | add) * 100 / ([.[].arrived] | add) | floor' "$DIR/counts"; }

test_at_twice_the_capacity_slo_keeps_the_core_on_what_is_in_time_and_mq_makes_all_late() {
	local mq
	load_with_objectives mq
	overload mq 200
	mq=$(useful)
	assert_ge "$(late_share)" 60 "late under mq, in percent"
	overload slo 200
	assert_ge "$(useful)" 30 "the core's time for replies in time under slo, in percent"
	assert_ge "$(useful)" "$((4 * mq))" "the core's time for replies in time, against mq's"
	assert_le "$(late_share)" 30 "late under slo, in percent"
	assert_ge "$(refused_share)" 5 "refused under slo, in percent"
	assert_conserved
}

test_little_is_late_above_the_capacity_and_little_is_refused_below() {
	load_with_objectives slo
	overload slo 120
	assert_ge "$(useful)" 25 "the core's time for replies in time, in percent"
	assert_le "$(late_share)" 30 "late, in percent"
	overload slo 50
	assert_le "$(refused_share)" 15 "refused, in percent"
	assert_conserved
}

# Both keep the core busy for good: one has no objective, the other is never refused.
test_a_flood_that_is_never_refused_leaves_a_tighter_class_its_budget() {
	local flood
	load_with_objectives slo
	for flood in "slo=none" "slo=2ms admit=off"; do
		# shellcheck disable=SC2086 # KEY=VALUE words
		host shunt class set long $flood >/dev/null
		overload slo 200
		assert_le "$(jq '.[0] | .rejected * 100 / .arrived | floor' "$DIR/counts")" 40 \
			"short requests refused beside 'long' with $flood, in percent"
	done
	assert_conserved
}

# Seconds at half of the capacity, at twice, at half again: when requests are due.
LOW=1 HIGH=$([ -n "$LONG" ] && echo 60 || echo 2)
steps() {
	awk -v c=$CAPACITY -v low=$LOW -v high="$HIGH" 'BEGIN {
		for (t = 0; t < low; t += 2 / c) printf "%.6f\n", t
		for (; t < low + high; t += 0.5 / c) printf "%.6f\n", t
		for (; t < 2 * low + high; t += 2 / c) printf "%.6f\n", t }'
}

# KiB of memory that shuntd has.
rss_of() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# FROM TO JQ: the median of a number of the intervals of 20 ms between, in seconds, rounded down.
median_between() {
	jq -s --argjson from "$1" --argjson to "$2" "[.[] |
		select(.from_s >= \$from and .to_s <= \$to) | [.classes[]] | $3] | sort |
		.[length / 2 | floor] | floor" "$DIR/intervals"
}
# Of the replies those in time, in percent.
in_time_between() {
	median_between "$1" "$2" '([.[].answered] | add) as $n | select($n > 0) |
		([.[].in_time] | add) * 100 / $n'
}
# The core's time that went into replies in time, in percent.
useful_between() { median_between "$1" "$2" '[.[] | .in_time * .service_us] | add / 200'; }

# In the simulator this is exact (sim_steps.sh); here half of the intervals may be the machine's.
test_after_each_step_of_load_replies_are_in_time_within_20_ms() {
	local rss end=$((LOW + HIGH)) useful
	load_with_objectives slo
	steps >"$DIR/steps"
	until_quiet
	rss=$(rss_of "$(agent_pid)")
	ahead client shunt-load --to 198.18.0.2:9000 --json -q --arrival "trace:$DIR/steps" \
		--time $((end + LOW)) --report 0.02 --mix "$MIX" --cpu 0 --wait 1s
	"${WORDS[@]}" >"$DIR/intervals"
	useful=$(useful_between $LOW.32 $end)
	echo "in time: $(in_time_between 0 $LOW) %, then $(in_time_between $LOW.02 $LOW.32) %," \
		"$(in_time_between $LOW.32 $end) %, then $(in_time_between $end.02 $end.32) %;" \
		"useful: $(useful_between 0 $LOW) %, then $(useful_between $LOW.02 $LOW.32) %," \
		"$useful %, then $(useful_between $end.02 $end.32) %"
	assert_ge "$(in_time_between 0 $LOW)" 80 "in time before the step, in percent"
	assert_ge "$(in_time_between $LOW.02 $LOW.32)" 80 "in time after the step up, in percent"
	assert_ge "$(in_time_between $LOW.32 $end)" 80 "in time at twice, in percent"
	assert_ge "$(in_time_between $end.02 $end.32)" 80 "in time after the step down, in percent"
	assert_ge "$(useful_between $LOW.02 $LOW.32)" $((useful * 3 / 4)) \
		"the core's time for replies in time after the step up, in percent"
	assert_conserved
	assert_eq "$(stat_of .total.waiting)" 0
	assert_le "$(rss_of "$(agent_pid)")" $((rss + 1024)) "KiB of shuntd"
}

run_tests "$@"
