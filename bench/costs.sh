#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# costs.sh - two files of costs for shunt-sim, from what the benchmarks measured here
#
#   build/bench/costs.json      this machine as a server, what takes its CPU away included
#   build/bench/costs.lab.json  the same behind the lab's client
#
# The parts are what bench-cost, bench-path and bench-preempt left in build/bench (those that are
# not there are named, and stay as the preset has them), and what a request costs in the lab, which
# is measured now.
set -euo pipefail
cd "$(dirname "$0")/.."
OUT=build/bench

bench/lab_costs.sh $OUT/lab_costs.json

part() { # FILE: its JSON, or false
	if [ -s "$OUT/$1" ]; then cat "$OUT/$1"; else echo false; fi
}

# NAME FILTER: a file of costs, with where it is from
costs() {
	jq -n -L bench --arg name "$1" --arg host "$(uname -n)" --arg kernel "$(uname -r)" \
		--arg date "$(date -u +%F)" \
		--arg commit "$(git rev-parse --short HEAD 2>/dev/null || true)" \
		--slurpfile cost <(part cost.json) --slurpfile path <(part path.json) \
		--slurpfile yield <(part yield.json) --slurpfile lab <(part lab_costs.json) \
		'include "costs"; {name: $name, base: "shared", _host: $host, _kernel: $kernel,
		_commit: $commit, _date: $date} + '"$2"
}

costs measured 'machine($cost[0]; $path[0]; $yield[0]; $lab[0])' >$OUT/costs.json
costs lab 'machine($cost[0]; $path[0]; $yield[0]; $lab[0]) + behind_client($lab[0])' \
	>$OUT/costs.lab.json
jq -r '"\(input_filename):", (to_entries[] | select(.key | startswith("_") | not) |
	"  \(.key)  \(.value)"),
	(._not_measured[] | "  not measured here: \(.)")' $OUT/costs.json $OUT/costs.lab.json
