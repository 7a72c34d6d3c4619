#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# safepoints.sh - what safepoints cost programs that are not preempted, and how far apart they are.
# Writes build/bench/safepoints.json. ROUNDS (200) rounds of 3 ms a side and program.
set -euo pipefail
cd "$(dirname "$0")/.."
OUT=build/bench
ROUNDS=${ROUNDS:-200}

for program in "$OUT"/safepoints/*.bench; do
	name=$(basename "$program" .bench)
	"$program" "$ROUNDS" | jq -c --arg name "$name" '{($name): .}'
done | jq -s --arg commit "$(git rev-parse --short HEAD 2>/dev/null || true)" 'add |
	{safepoint_overhead: map_values(.overhead), programs: ., commit: $commit}' >"$OUT/safepoints.json"
jq -r 'def percent: . * 10000 | round / 100 | tostring + " %";
	"program\toverhead, median\tquartiles\tleast to least\tns between safepoints: mean\tp50\tp99\tp99.9",
	(.programs | to_entries[] | .key as $name | .value |
	 "\($name)\t\(.overhead | percent)\t\(.quarter | percent) to \(.three_quarters | percent)\t" +
	 "\(.best_to_best | percent)\t\(.gap_ns.mean)\t\(.gap_ns.p50)\t\(.gap_ns.p99)\t\(.gap_ns.p999)")' \
	"$OUT/safepoints.json" | column -t -s "$(printf '\t')"
