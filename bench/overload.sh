#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# overload.sh OUT.json - goodput against what is offered, one worker core, in a lab: slo beside mq,
# prio, sq and fcfs; as a picture, too (OUT.svg)
#
# The capacity is what fcfs serves in a closed loop of 32 clients, the median of five. Each round
# offers each multiple of it under each policy, to all of them the same requests, and other ones
# than each other round; client and server note their stalls, and what was due in one is set aside
# (docs/measuring.md). At half the capacity slo refuses a few requests in ten thousand, several at
# once: to count them, it has SLO_ROUNDS more rounds there. Of a point's rounds the median counts:
#
#   goodput                 the core's time in replies within their objective, as a share of what
#                           the capacity takes; of requests that were due in no stall
#   core_in_time            the core's time that these replies took, as a share of all: their work,
#                           and as much beside it as each request takes at the capacity
#   admitted_p99_over_slo   the worst class's p99 of what was answered and due in no stall, by its
#                           objective; _raw: stalls too
#   admitted_late           of what was answered and due in no stall, the part after its objective
#   refused                 not answered, of requests that were due in no stall, of all rounds
#                           together; _low and _high hold the true share with 95 %, by how much
#                           rounds (six at least) differ
#   refused_all             by the policy in XDP, of those that arrived
#   late                    after their objective by the core's clock, of those that ended
#
# Beside it what shunt-sim says of slo and of the oracle, which knows service times, on one core
# where each request takes as much beside its work as at this capacity.
set -euo pipefail
cd "$(dirname "$0")/.."
OUT=$1
LAB=over$$
ROUNDS=${ROUNDS:-3}
SLO_ROUNDS=${SLO_ROUNDS:-20}
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
load() { client taskset -c 0 shunt-load --to 198.18.0.2:9000 --cpu 0 --json -q "$@"; }

# MIX: requests a second.
capacity_of() {
	local i
	for i in 1 2 3 4 5; do
		load --wait 2s --closed 32 --time 1 --warmup 0.2 --mix "$1"
	done | jq -s 'map(.achieved_rps) | sort[2] | floor'
}

# How many lengths of a stall its backlog takes at this share of the capacity, twice
# (docs/measuring.md). slo refuses what could not be served: it has no more above the capacity.
backlog_of() {
	awk -v r="$1" 'BEGIN { r = r > 0.8 ? 0.8 : r; b = 2 * r / (1 - r); print b < 4 ? 4 : b }'
}

# Requests that wait under slo are refused, or end within a few objectives; other queues are longer.
wait_of() { [ "$1" = slo ] && echo 200ms || echo 2s; }

# POLICY I MULTIPLE RATE SEED: one line of JSON. A long request is in the server for as much as its
# objective: of stalls that are long enough to matter to it, what was due so long before is set
# aside, too.
offer() {
	host taskset -c 0 shunt switch "$1" --dev "$DEV" >/dev/null
	wait_for 20 quiet
	stats >"$DIR/before"
	load --rate "$4" --seed "$5" --time "$SECONDS_EACH" --mix "${MIXES[$2]}" --gaps "$GAPS" \
		--backlog "$(backlog_of "$3")" --under-way 10 --wait "$(wait_of "$1")" >"$DIR/load"
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

# I MULTIPLE
rate_of() { awk "BEGIN { printf \"%d\", ${CAPACITY[$1]} * $2 }"; }

# MIX BESIDE: each request is longer by so many us.
longer() { jq -rn --arg mix "$1" --argjson by "$2" \
	'$mix | gsub(":(?<us>[0-9.]+)us"; ":\(.us | tonumber + $by)us")'; }

# I MULTIPLE: what the simulator says, as lines of JSON. The oracle knows no costs, so its requests
# are longer by them.
simulate() {
	local mix=${MIXES[$1]} beside costs=$DIR/costs.json sim=(shunt-sim -Q -c 1 -n 400k --json -)
	beside=$(jq -n --arg mix "$mix" --argjson capacity "${CAPACITY[$1]}" '1e6 / $capacity -
		([$mix | scan("=([0-9.]+):([0-9.]+)us") | map(tonumber) | .[0] * .[1]] | add) |
		[., 0] | max')
	sim+=(-r "$(rate_of "$1" "$2")")
	jq -n --argjson us "$beside" '{base: "shared", end_ns: ($us * 1000)}' >"$costs"
	{
		"${sim[@]}" -p slo -s "$costs" -q 5us -w "$mix"
		"${sim[@]}" -p oracle -w "$(longer "$mix" "$beside")"
	} | jq -c --arg name "${NAMES[$1]}" --arg offered "$2" --argjson beside "$beside" \
		'.runs[0] | {name: $name, offered: $offered, beside: $beside, policy, rate,
		classes: [.classes[] | select(.class != "all")]}'
}

declare -a CAPACITY
for i in "${!MIXES[@]}"; do
	CAPACITY[i]=$(capacity_of "${MIXES[i]}")
done
for i in "${!MIXES[@]}"; do
	for offered in $OFFERED; do
		simulate "$i" "$offered"
	done
done >"$DIR/simulated"
for ((round = 1; round <= ROUNDS; round++)); do
	for i in "${!MIXES[@]}"; do
		for offered in $OFFERED; do
			for policy in $POLICIES; do
				rate=$(rate_of "$i" "$offered")
				offer "$policy" "$i" "$offered" "$rate" "$round"
			done
		done
	done
	[ ! -t 2 ] || printf '\rround %d of %d ' "$round" "$ROUNDS" >&2
done >"$DIR/points"
for ((round = ROUNDS + 1; round <= ROUNDS + SLO_ROUNDS; round++)); do
	for i in "${!MIXES[@]}"; do
		offer slo "$i" 0.5 "$(rate_of "$i" 0.5)" "$round"
	done
	[ ! -t 2 ] || printf '\rslo at half the capacity, round %d ' "$round" >&2
done >>"$DIR/points"
[ ! -t 2 ] || printf '\n' >&2
stats >"$DIR/stats"

mkdir -p "$(dirname "$OUT")"
jq -n --slurpfile points "$DIR/points" --slurpfile stats "$DIR/stats" \
	--slurpfile simulated "$DIR/simulated" --arg names "${NAMES[*]}" \
	--arg mixes "${MIXES[*]}" --arg capacities "${CAPACITY[*]}" --arg kernel "$(uname -r)" \
	--arg commit "$(git rev-parse --short HEAD 2>/dev/null || true)" \
	--argjson rounds "$ROUNDS" --argjson seconds "$SECONDS_EACH" -f bench/overload.jq >"$OUT"
jq -r -f bench/overload_svg.jq "$OUT" >"${OUT%.json}.svg"
jq -r '.workloads | to_entries[] | .key as $w |
	"\($w): goodput, of the core (p99 by objective; refused, late), of \(.value.capacity_rps)/s",
	(.value | (.offered | to_entries[0].value | keys_unsorted) as $p | .simulated as $s |
		(["offered"] + $p + ["oracle (simulated)", "slo (simulated)"] | join("\t")),
		(.offered | to_entries[] | .key as $x | .value as $v | [$x, ($p[] | $v[.] |
			"\(.goodput), \(.core_in_time) (\(.admitted_p99_over_slo); " +
			"\(.refused), \(.late))"), ($s[$x] | .oracle, .slo |
			"\(.goodput), \(.core_in_time) (\(.admitted_p99_over_slo); \(.refused))")] |
			join("\t"))), (.value.offered["0.5"].slo | select(.refused_low) |
		"slo at half the capacity: refused \(.refused), \(.refused_low) to " +
		"\(.refused_high), of \(.rounds) rounds")' "$OUT" | column -t -s "$(printf '\t')"
