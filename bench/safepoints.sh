#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# safepoints.sh - what safepoints cost programs that are not preempted, and how far apart they are.
# Writes build/bench/safepoints.json. ROUNDS (1200) rounds of half a ms a side and program, shared
# among the layouts.
#
# overhead is the median of the layouts' medians. Where valgrind is, instructions are counted too:
# these repeat exactly.
set -euo pipefail
cd "$(dirname "$0")/.."
OUT=build/bench
ROUNDS=${ROUNDS:-1200}
LAYOUTS=("$OUT"/safepoints/*/)

# PROGRAM SIDE: instructions of ten times its work, without what the first times do.
instructions() {
	local n few=0 many=0
	for n in 2 12; do
		few=$many
		many=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$1" "$2" $n 2>&1 |
			awk '/Collected/ { print $4 }')
	done
	echo $((many - few))
}

# PROGRAM: its overhead in instructions, or null.
more_instructions() {
	command -v valgrind >/dev/null || { echo null; return; }
	jq -n --argjson safe "$(instructions "$1" safe)" \
		--argjson plain "$(instructions "$1" plain)" '$safe / $plain - 1'
}

for program in "${LAYOUTS[0]}"*.bench; do
	name=$(basename "$program" .bench)
	for layout in "${LAYOUTS[@]}"; do
		"$layout/$name.bench" $(((ROUNDS + ${#LAYOUTS[@]} - 1) / ${#LAYOUTS[@]})) 500
	done | jq -sc --arg name "$name" --argjson instructions "$(more_instructions "$program")" '
		def median: sort | (.[length / 2 | floor] + .[(length - 1) / 2 | floor]) / 2;
		{($name): {overhead: map(.overhead) | median, layouts: map(.overhead) | sort,
			instructions: $instructions,
			quarter: map(.quarter) | median, three_quarters: map(.three_quarters) |
				median,
			gap_ns: (map(.gap_ns) | {mean: map(.mean) | median, p50: map(.p50) | median,
						 p99: map(.p99) | median, p999: map(.p999) |
						 	median})}}'
done | jq -s --arg commit "$(git rev-parse --short HEAD 2>/dev/null || true)" 'add |
	{safepoint_overhead: map_values(.overhead), programs: ., commit: $commit}' \
	>"$OUT/safepoints.json"
jq -r 'def percent: if . then . * 10000 | round / 100 | tostring + " %" else "-" end;
	def tenth: . * 10 | round / 10;
	"program\toverhead, median\tby layout\tinstructions\t" +
	"ns between safepoints: mean\tp50\tp99\tp99.9",
	(.programs | to_entries[] | .key as $name | .value |
	 "\($name)\t\(.overhead | percent)\t" +
	 "\(.layouts[0] | percent) to \(.layouts[-1] | percent)\t" +
	 "\(.instructions | percent)\t\(.gap_ns.mean | tenth)\t\(.gap_ns.p50 | tenth)\t" +
	 "\(.gap_ns.p99 | tenth)\t\(.gap_ns.p999 | tenth)")' \
	"$OUT/safepoints.json" | column -t -s "$(printf '\t')"
