#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sim_lab.sh OUT.json - the simulator against the lab: p99 of sojourns, predicted and measured, of
# fcfs, sq and mq
#
# The lab: client on CPU 0, one worker core on CPU 1; four workloads, each offered for SECONDS_EACH
# in ROUNDS short rounds, policies in turn. Client and server note their stalls, and what was due in
# one is set aside (docs/measuring.md): what is measured are the pooled times in the server of the
# requests that are left, with bounds, raw ones beside them. So the simulator is given
# build/bench/costs.lab.json (make bench-costs) with the stalls of this very run that are too short
# to be a gap: in each round bench/stalls listens to both CPUs, the server stopped. It runs as many
# rounds, with other seeds: the median of their quantiles, least and most. Nothing is fitted.
set -euo pipefail
cd "$(dirname "$0")/.."
OUT=$1
COSTS=build/bench/costs.lab.json
RAW=${OUT%.json} # what each round gave stays beside OUT
LAB=simlab$$
ROUNDS=${ROUNDS:-15}
SECONDS_EACH=${SECONDS_EACH:-0.4}
LISTEN=${LISTEN:-0.4} # seconds
QUANTUM=5us
POLICIES=(fcfs sq mq)
CLASSES=(a b c)
SLO=(50us 5ms 5ms)
# NAME REQUESTS/s MIX, as shunt-load and shunt-sim both read it
WORKLOADS=(
	"half 7300 a=0.5:1us,b=0.5:100us"
	"rare 40000 a=0.995:0.5us,b=0.005:500us"
	"three 9700 a=0.3334:1us,b=0.3333:10us,c=0.3333:100us"
	"light 25000 a=0.9:10us,b=0.1:50us"
)

[ "$(nproc)" -ge 2 ] || { echo "sim_lab: needs 2 CPUs, one a side" >&2; exit 77; }
[ -s $COSTS ] || { echo "sim_lab: no $COSTS: run make bench-costs" >&2; exit 1; }
taskset -p -c 0 $$ >/dev/null # what this script starts stays off the worker's CPU
. scripts/in_lab.sh
{
	printf 'domains:\n  - {queue: 0, cpus: [1]}\nstamp: true\nclasses:\n'
	for i in "${!CLASSES[@]}"; do
		echo "  - {name: ${CLASSES[i]}, slo: ${SLO[i]}, quantum: $QUANTUM, requeue: tail}"
	done
	printf 'ports:\n  - {port: 9000, default: a}\nrules:\n'
	printf '  - {port: 9000, offset: 0, value: %s}\n' "0x02, class: b" "0x03, class: c"
} >"$DIR/lab.yaml"
serve "$DIR/lab.yaml" --gaps "$GAPS" >/dev/null
agent_begin
rm -f "$RAW".{lab,stalls,sim}.jsonl

# WORKLOAD POLICY: windows of each
measure() {
	local name rate mix
	read -r name rate mix <<<"$1"
	host shunt switch "$2" --dev "$DEV" >/dev/null
	mkdir -p "$DIR/windows/$name"
	client shunt-load --to 198.18.0.2:9000 --rate "$rate" --time "$SECONDS_EACH" --warmup 0.1 \
		--cpu 0 --json -q --seed $((RANDOM + 1)) --mix "$mix" \
		--gaps "$GAPS" --windows "$DIR/windows/$name/$2" --server-times >/dev/null
}

# A line for each workload, policy and class.
compared() {
	local point policies policy
	for point in "$DIR"/windows/*; do
		policies=()
		for policy in "${POLICIES[@]}"; do
			policies+=("$policy=$point/$policy")
		done
		shunt-compare --json "${policies[@]}" |
			jq -c --arg workload "${point##*/}" '.classes | to_entries[] |
				.key as $class | .value.systems | to_entries[] |
				{$workload, policy: .key, $class} + .value'
	done
}

listen() {
	kill -STOP "${PIDS[spin]}"
	build/bench/stalls "$LISTEN" 0 1
	kill -CONT "${PIDS[spin]}"
}

# WORKLOAD SEED: the same of the simulator, all policies
predict() {
	local name rate mix i
	read -r name rate mix <<<"$1"
	for i in "${!CLASSES[@]}"; do
		mix=$(sed "s|\(${CLASSES[i]}=[^,]*\)|\1/slo=${SLO[i]}/requeue=tail|" <<<"$mix")
	done
	build/shunt-sim -s "$DIR/costs.json" -c 1 -q $QUANTUM -p "$(IFS=,; echo "${POLICIES[*]}")" \
		-w "$mix" -r "$rate" \
		-n "$(awk -v r="$rate" -v s="$SECONDS_EACH" 'BEGIN { printf "%d",
		r * s * 10 / 9 }')" -S "$2" -Q --json - | jq -c --arg workload "$name" '
		.runs[] | .policy as $policy | .classes[] | select(.class != "all") |
		{$workload, $policy, class, p50_us, p90_us, p99_us}'
}

for ((round = 1; round <= ROUNDS; round++)); do
	for w in "${WORKLOADS[@]}"; do
		for policy in "${POLICIES[@]}"; do
			measure "$w" "$policy"
		done
		listen >>"$RAW".stalls.jsonl
		[ ! -t 2 ] || printf '\rround %d of %d ' "$round" "$ROUNDS" >&2
	done
done
[ ! -t 2 ] || printf '\n' >&2

jq -L bench --slurpfile s "$RAW".stalls.jsonl 'include "costs";
	($s | map(.cpu1) | together) as $core | ($s | map(.cpu0) | together) as $client |
	. + {stall: ($core | below(20) | stall), nic_stall: ($client | below(20) | stall),
	     _stalled: {core: $core.share, client: $client.share}}' \
	$COSTS >"$DIR/costs.json"
for w in "${WORKLOADS[@]}"; do
	for ((round = 1; round <= ROUNDS; round++)); do
		predict "$w" $round >>"$RAW".sim.jsonl
	done
done

compared >"$RAW".lab.jsonl
jq -n -L bench --slurpfile l "$RAW".lab.jsonl --slurpfile s "$RAW".sim.jsonl \
	--slurpfile c "$DIR/costs.json" \
	--arg workloads "$(printf '%s\n' "${WORKLOADS[@]}")" --arg quantum $QUANTUM \
	--argjson rounds "$ROUNDS" \
	--argjson seconds "$SECONDS_EACH" --arg kernel "$(uname -r)" \
	--arg commit "$(git rev-parse --short HEAD 2>/dev/null || true)" '
	include "sim_lab"; compare($l; $s) as $rows |
	{workloads: ($workloads | split("\n") | map(split(" ") | {(.[0]): {rate: (.[1] | tonumber),
	mix: .[2]}}) | add),
	 $quantum, $rounds, seconds_each: $seconds, results: $rows, summary: ($rows | summary),
	 costs: $c[0], $kernel, $commit}' >"$OUT"
jq -r -L bench 'include "sim_lab"; table' "$OUT" | column -t -s "$(printf '\t')"
agent_row "$OUT"
