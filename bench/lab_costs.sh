#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# lab_costs.sh OUT.json - what one request costs a worker's core and the client, end to end, in a
# lab; and how often CPUs are taken away there
#
# Client on CPU 0, shunt-spin on CPU 1, fcfs. More is offered than can be served, so what is
# answered tells the time that each request takes in all: of the core if the work is 10 us (less the
# work itself), of the client if it is none. shunt-spin stops while bench/stalls listens on both
# CPUs; shuntd goes on, as it does in labs. Medians of ROUNDS (5).
set -euo pipefail
cd "$(dirname "$0")/.."
OUT=$1
LAB=costs$$
ROUNDS=${ROUNDS:-5}
WORK_US=10
LISTEN=${LISTEN:-20} # seconds

[ "$(nproc)" -ge 2 ] || { echo "lab_costs: needs 2 CPUs, one a side" >&2; exit 77; }
. scripts/in_lab.sh
# Few are held: what is served after the load has ended would count as answered in its time.
cat >"$DIR/costs.yaml" <<YAML
domains:
  - {queue: 0, cpus: [1]}
stamp: true
classes:
  - {name: a, hold: 64}
ports:
  - {port: 9000, default: a}
YAML
serve "$DIR/costs.yaml" >/dev/null

# WORK_US RATE: ns between answers while there is more than can be served
between_answers() {
	client taskset -c 0 shunt-load --to 198.18.0.2:9000 --rate "$2" --time 0.8 --warmup 0.1 \
		--cpu 0 --json -q \
		--mix "a=1:$1us" | jq '(.to_s - .from_s) / .classes.a.answered * 1e9'
}

for ((round = 1; round <= ROUNDS; round++)); do
	between_answers $WORK_US 95000 >>"$DIR/core"
	between_answers 0 250000 >>"$DIR/client"
done
kill -STOP "${PIDS[spin]}"
build/bench/stalls "$LISTEN" 0 1 >"$DIR/stalls"
kill -CONT "${PIDS[spin]}"

jq -n --slurpfile core "$DIR/core" --slurpfile client "$DIR/client" \
	--slurpfile stalls "$DIR/stalls" \
	--argjson work $WORK_US --arg kernel "$(uname -r)" \
	--arg commit "$(git rev-parse --short HEAD 2>/dev/null || true)" '
	def median: sort | .[length / 2 | floor];
	def rounds: {median: median, least: min, most: max};
	$stalls[0] as $s |
	# Stalls take their share of time from work and overhead alike.
	{core_ns: ($core | map(. * (1 - $s.cpu1.share) - $work * 1000) | rounds),
	 client_ns: ($client | map(. * (1 - $s.cpu0.share)) | rounds),
	 stalls: $s, rounds: ($core | length), kernel: $kernel, commit: $commit}' >"$OUT"
jq -r 'def range: "\(.median | floor) ns (\(.least | floor) to \(.most | floor))";
	"a request costs the core \(.core_ns | range) " +
	"beside its work, the client \(.client_ns | range)",
	(.stalls | to_entries[] |
		"\(.key): away \(.value.share * 10000 | round / 100) % of the time, " +
	"every \(.value.stall_every_us) us, for up to \(.value.stalls_us[-1]) us")' "$OUT"
