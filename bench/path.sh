#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# path.sh - XDP to worker, and round trip through a lab: shunt against a kernel UDP server that
# polls, interleaved in one run. Writes build/bench/path.json.
#
# Client on CPU 0, servers on CPU 1, one of them running at a time (the other is stopped). Each
# round has both servers with and without RPS on the client's veth. With it, the reply's receive
# work is done by the client's CPU, as a NIC would have it, at the price of an interrupt between
# CPUs, which on a virtual machine costs more than all else; without it, the server's CPU does that
# work in its send call. Both sides note their gaps: `clean` has round trips with stalls set aside,
# bounds over the rounds, and whether the two are told apart (docs/measuring.md).
set -euo pipefail
cd "$(dirname "$0")/.."
LAB=path$$
ROUNDS=${ROUNDS:-15}
COUNT=${COUNT:-20000} # round trips of each server in a round

[ "$(nproc)" -ge 2 ] || { echo "path: needs 2 CPUs, one a side" >&2; exit 77; }

. scripts/in_lab.sh
cat >"$DIR/path.yaml" <<YAML
domains:
  - {queue: 0, cpus: [1]}
stamp: true
classes:
  - {name: echo, slo: 50us}
ports:
  - {port: 9000, default: echo}
YAML

serve "$DIR/path.yaml" --gaps "$GAPS" >/dev/null
agent_begin
start echo host shunt-baseline --mode shared --cpus 1 --port 9001 --app spin --gaps "$GAPS-kernel"
wait_for 10 grep -q serving "$DIR/echo.log"

only() { # PID runs, the other is stopped
	kill -STOP "${PIDS[spin]}" "${PIDS[echo]}"
	kill -CONT "$1"
}

# rps|direct. /sys/class/net shows the namespace in which it was mounted.
set_mode() {
	client unshare -m sh \
		-c "mount -t sysfs sysfs /sys && echo $([ "$1" = rps ] && echo 1 || echo 0) \
		> /sys/class/net/${LAB}c/queues/rx-0/rps_cpus"
}

# NAME PORT GAPS: a window of round trips.
measure() {
	client build/bench/pingpong 198.18.0.2 "$2" "$COUNT" 0 "$3" "$DIR/$1" >>"$DIR/$1.json"
}

for ((round = 1; round <= ROUNDS; round++)); do
	for mode in rps direct; do
		set_mode $mode
		only "${PIDS[spin]}"
		measure shunt.$mode 9000 "$GAPS"
		only "${PIDS[echo]}"
		measure kernel.$mode 9001 "$GAPS-kernel"
	done
	[ ! -t 2 ] || printf '\rround %d of %d ' "$round" "$ROUNDS" >&2
done
[ ! -t 2 ] || printf '\n' >&2

# One at a time: a stall has no backlog.
compared() { shunt-compare --json --backlog 0 "shunt=$DIR/shunt.$1" "kernel=$DIR/kernel.$1"; }

mkdir -p build/bench
jq -n --slurpfile cr <(compared rps) --slurpfile cd <(compared direct) \
	--slurpfile s "$DIR/shunt.rps.json" --slurpfile k "$DIR/kernel.rps.json" \
	--slurpfile sd "$DIR/shunt.direct.json" --slurpfile kd "$DIR/kernel.direct.json" \
	--arg kernel "$(uname -r)" --arg commit "$(git rev-parse --short HEAD 2>/dev/null ||
	true)" \
	--argjson rounds "$ROUNDS" --argjson count "$COUNT" '
	def median: sort | .[length / 2 | floor];
	def cleaned: .[0].classes.rtt | .systems as {$shunt, $kernel} |
		($shunt.clean.p50_us) as $a | ($kernel.clean.p50_us) as $b |
		{ratio: ($a.at / $b.at), ratio_low: ($a.low / $b.high),
		 ratio_high: ($a.high / $b.low), p50_us: {shunt: $a, kernel: $b},
		 p99: .pairs[0].p99} + (.systems | {shunt, kernel});
	def numbers($s; $k; $c): [$s, $k] | transpose |
		map(.[0].rtt_ns_p50 / .[1].rtt_ns_p50) as $ratios |
		{nic_to_core_ns_p50: ($s | map(.nic_to_core_ns_p50) | median),
		 rtt_ns_p50: ($s | map(.rtt_ns_p50) | median),
		 kernel_rtt_ns_p50: ($k | map(.rtt_ns_p50) | median),
		 ratio: ($ratios | median), ratio_min: ($ratios | min), ratio_max: ($ratios | max),
		 lost: ($s + $k | map(.lost) | add), clean: ($c | cleaned)};
	numbers($s; $k; $cr) + {without_rps: numbers($sd; $kd; $cd), $rounds, round_trips: $count,
		kernel: $kernel, commit: $commit}' >build/bench/path.json
jq -r 'def to3: . * 1000 | round / 1000;
	def cleaned: if .shunt.comparable and .kernel.comparable then
		"\(.ratio | to3) (\(.ratio_low | to3) to \(.ratio_high | to3))"
		else "not compared" end + "\t\(.shunt.kept | to3), \(.kernel.kept | to3)";
	def row($what; $n): "\($what)\t\($n.nic_to_core_ns_p50)\t\($n.rtt_ns_p50)\t" +
		"\($n.kernel_rtt_ns_p50)\t\($n.ratio | to3) (\($n.ratio_min | to3) to " +
		"\($n.ratio_max | to3))\t" + ($n.clean | cleaned);
	"ns, median of the rounds\tXDP to core\tround trip\tkernel\tratio (least to most)\t" +
		"stalls set aside (95 %)\tkept",
	row("RPS to the client"; .), row("no RPS"; .without_rps)' build/bench/path.json |
	column -t -s "$(printf '\t')"
agent_row build/bench/path.json
