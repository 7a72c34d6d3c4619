#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# price.sh - the steps of a request, and what each takes of its core. Writes build/bench/price.json.
#
# Client on CPU 0, one core on the last CPU (bench/price.c says how it notes its steps). Cases take
# turns, ROUNDS of them; numbers are medians over the rounds. "sum_ns" is that of the steps,
# "measured_ns" what a request took beside its work where no step was noted; the first case, a core
# that now has something to do and now has not, is that of the file's first lines.
set -euo pipefail
cd "$(dirname "$0")/.."
LAB=price$$
ROUNDS=${ROUNDS:-7}
SECONDS_EACH=${SECONDS_EACH:-0.5}
OUT=${OUT:-build/bench/price.json}
ONLY=${ONLY:-.} # cases whose names match
# NAME POLICY QUANTUM WORK RATE; more than 100,000/s are sent through AF_XDP
CASES=("fcfs, 60,000/s of 1 us|fcfs|0|1us|60000"
	"fcfs, more than it can serve of 1 us|fcfs|0|1us|500000"
	"mq, more than it can serve of 1 us|mq|0|1us|500000"
	"fcfs, more than it can serve of 10 us|fcfs|0|10us|110000"
	"mq, more than it can serve of 10 us|mq|0|10us|110000"
	"mq, the same with a quantum of 5 us|mq|5us|10us|110000")

[ "$(nproc)" -ge 2 ] || { echo "price: needs 2 CPUs, one a side" >&2; exit 77; }
. scripts/in_lab.sh
cat >"$DIR/price.yaml" <<YAML
domains:
  - {queue: 0, cpus: [$(($(nproc) - 1))]}
classes:
  - {name: only, slo: 1ms}
ports:
  - {port: 9000, default: only}
YAML
export PRICE=$DIR/notes.json
SPIN=build/bench/price serve "$DIR/price.yaml" >/dev/null

# The notes since the last time, into $PRICE.
notes() {
	rm -f "$PRICE"
	kill -USR1 "${PIDS[spin]}"
	wait_for 5 jq -e .steps "$PRICE"
}

# ROUND NAME POLICY QUANTUM WORK RATE
price() {
	local how=()
	host taskset -c 0 shunt switch "$3" --dev "$DEV" >/dev/null
	host taskset -c 0 shunt quantum set only "$4" --dev "$DEV" >/dev/null
	(($6 <= 100000)) || how=(--xdp "${LAB}c")
	notes
	client taskset -c 0 shunt-load --to 198.18.0.2:9000 --rate "$6" --time "$SECONDS_EACH" \
		--cpu 0 --json -q --wait 100ms --mix "a=1:$5" "${how[@]}" >"$DIR/load.json"
	notes
	jq -c --arg name "$2" --argjson round "$1" '{$name, $round} + .' "$PRICE" \
		>>"$DIR/rounds.json"
}

for ((round = 1; round <= ROUNDS; round++)); do
	for case in "${CASES[@]}"; do
		[[ $case =~ $ONLY ]] || continue
		IFS='|' read -r -a is <<<"$case"
		price "$round" "${is[@]}"
	done
	[ ! -t 2 ] || printf '\rround %d of %d ' "$round" "$ROUNDS" >&2
done
[ ! -t 2 ] || printf '\n' >&2

mkdir -p build/bench
jq -s --arg kernel "$(uname -r)" --argjson rounds "$ROUNDS" \
	--arg commit "$(git rev-parse --short HEAD 2>/dev/null || true)" '
	def median: sort | .[length / 2 | floor];
	def first_of($all; $name): $all | map(.name) | index($name);
	. as $all |
	[group_by(.name)[] | {name: .[0].name,
		steps: ([.[].steps[]] | group_by(.name) | map({name: .[0].name,
			ns: (map(.ns) | median), calls: (map(.calls) | median)} |
			select(.calls > 0 or .ns > 1)) | sort_by(-.ns)),
		measured_ns: (map(.measured_ns) | median),
		measured_least: (map(.measured_ns) | min),
		measured_most: (map(.measured_ns) | max),
		aside: ((map(.aside) | add) / (map(.requests + .aside) | add))} |
		.sum_ns = (.steps | map(.ns) | add) | .share = .sum_ns / .measured_ns] |
	sort_by(first_of($all; .name)) |
	.[0] + {cases: .} + {$rounds, $kernel, $commit}' "$DIR/rounds.json" >"$OUT"
jq -r 'def ns: . * 10 | round / 10;
	.cases[] | "\(.name): \(.measured_ns | round) ns (\(.measured_least | round) to " +
		"\(.measured_most | round)) beside its work; steps: \(.sum_ns | round), " +
		"\(.share * 100 | round) %; set aside: \(.aside * 1000 | round / 10) %",
	(.steps[] | "  \(.ns | ns)\t\(.calls * 1000 | round / 1000)\t\(.name)")' "$OUT"
jq -e '.share >= 0.85 and .share <= 1.1' "$OUT" >/dev/null || {
	echo "price: the steps do not explain what was measured (0.85 to 1.10 of it)" >&2
	exit 1
}
