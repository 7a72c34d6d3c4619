#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# overload.sh OUT.json - goodput against what is offered, one worker core, in a lab: slo beside mq,
# prio, sq and fcfs; as a picture, too (OUT.svg)
#
# The capacity is what fcfs serves in a closed loop of 32 clients, the median of five. Each round
# offers each multiple of it under each policy; client and server note their stalls, and what was
# due in one is set aside (docs/measuring.md). Of a point's rounds the median counts:
#
#   goodput                 the core's time in replies within their objective, as a share of what
#                           the capacity takes; of requests that were due in no stall
#   core_in_time            the core's time that these replies took, as a share of all: their work,
#                           and as much beside it as each request takes at the capacity
#   admitted_p99_over_slo   the worst class's p99 of what was answered and due in no stall, by its
#                           objective; _raw: stalls too
#   admitted_late           of what was answered and due in no stall, the part after its objective
#   refused                 not answered, of requests that were due in no stall
#   refused_all             by the policy in XDP, of those that arrived
#   late                    after their objective by the core's clock, of those that ended
set -euo pipefail
cd "$(dirname "$0")/.."
OUT=$1
LAB=over$$
ROUNDS=${ROUNDS:-3}
SECONDS_EACH=${SECONDS_EACH:-1}
POLICIES=${POLICIES:-slo mq prio sq fcfs}
OFFERED=${OFFERED:-0.1 0.5 0.8 1.0 1.2 2.0 4.0}
NAMES=(short-long)
MIXES=('short=0.9:10us/slo=100us,long=0.1:500us/slo=2ms') # shunt-sim takes them as they are

[ "$(nproc)" -ge 2 ] || { echo "overload: needs 2 CPUs, one a side" >&2; exit 77; }
. scripts/in_lab.sh
{
	echo "domains: [{queue: 0, cpus: [$(($(nproc) - 1))]}]"
	echo "stamp: true"
	short_and_long 100us 2ms 5us
} >"$DIR/overload.yaml"
serve "$DIR/overload.yaml" --gaps "$GAPS" >/dev/null

stats() { host taskset -c 0 shunt stats -j --dev "$DEV"; }
quiet() { stats | jq -e '.total.in_flight == 0'; }
# shellcheck disable=SC2120 # without more options, too
load() { client taskset -c 0 shunt-load --to 198.18.0.2:9000 --cpu 0 --json -q --wait 2s "$@"; }

# MIX: requests a second.
capacity_of() {
	local i
	for i in 1 2 3 4 5; do
		load --closed 32 --time 1 --warmup 0.2 --mix "$1"
	done | jq -s 'map(.achieved_rps) | sort[2] | floor'
}

# POLICY I MULTIPLE RATE: one line of JSON.
offer() {
	host taskset -c 0 shunt switch "$1" --dev "$DEV" >/dev/null
	wait_for 20 quiet
	stats >"$DIR/before"
	load --rate "$4" --time "$SECONDS_EACH" --mix "${MIXES[$2]}" --gaps "$GAPS" >"$DIR/load"
	wait_for 20 quiet
	stats >"$DIR/after"
	jq -c -n --slurpfile l "$DIR/load" --slurpfile a "$DIR/before" --slurpfile b "$DIR/after" \
		--arg policy "$1" --arg name "${NAMES[$2]}" --arg offered "$3" \
		'def counts($s): reduce ($s[0].classes[] | {arrived, replied, noreply, late,
			rejected, dropped}) as $c ({}; . as $sum | $c | with_entries(.value +=
			($sum[.key] // 0)));
		counts($a) as $was | {name: $name, policy: $policy, offered: $offered,
			valid: $l[0].valid, load: $l[0].classes,
			counts: (counts($b) | with_entries(.value -= $was[.key]))}'
}

declare -a CAPACITY
for i in "${!MIXES[@]}"; do
	CAPACITY[i]=$(capacity_of "${MIXES[i]}")
done
for ((round = 1; round <= ROUNDS; round++)); do
	for i in "${!MIXES[@]}"; do
		for offered in $OFFERED; do
			for policy in $POLICIES; do
				offer "$policy" "$i" "$offered" \
					"$(awk "BEGIN { printf \"%d\", ${CAPACITY[i]} * $offered }")"
			done
		done
	done
	[ ! -t 2 ] || printf '\rround %d of %d ' "$round" "$ROUNDS" >&2
done >"$DIR/points"
[ ! -t 2 ] || printf '\n' >&2
stats >"$DIR/stats"

mkdir -p "$(dirname "$OUT")"
jq -n --slurpfile points "$DIR/points" --slurpfile stats "$DIR/stats" --arg names "${NAMES[*]}" \
	--arg mixes "${MIXES[*]}" --arg capacities "${CAPACITY[*]}" --arg kernel "$(uname -r)" \
	--arg commit "$(git rev-parse --short HEAD 2>/dev/null || true)" \
	--argjson rounds "$ROUNDS" --argjson seconds "$SECONDS_EACH" -f bench/overload.jq >"$OUT"
jq -r -f bench/overload_svg.jq "$OUT" >"${OUT%.json}.svg"
jq -r '.workloads | to_entries[] | .key as $w |
	"\($w): goodput, of the core (p99 by objective; refused, late), of \(.value.capacity_rps)/s",
	(.value.offered | (to_entries[0].value | keys_unsorted) as $p |
		(["offered"] + $p | join("\t")),
		(to_entries[] | .value as $v | [.key, ($p[] | $v[.] |
			"\(.goodput), \(.core_in_time) (\(.admitted_p99_over_slo); \(.refused), \(.late))")] |
			join("\t")))' "$OUT" | column -t -s "$(printf '\t')"
