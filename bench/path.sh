#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# path.sh - XDP to worker, and round trip through a lab: shunt against a kernel UDP server that
# polls, interleaved in one run. Writes build/bench/path.json.
#
# Client on CPU 0, servers on CPU 1, one of them running at a time (the other is stopped). Each
# round has both servers with and without RPS on the client's veth. With it, the reply's receive
# work is done by the client's CPU, as a NIC would have it, at the price of an interrupt between
# CPUs, which on a virtual machine costs more than all else; without it, the server's CPU does that
# work in its send call.
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

serve "$DIR/path.yaml" >/dev/null
agent_begin
start echo host build/bench/udp_echo 9001 1

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

for ((round = 1; round <= ROUNDS; round++)); do
	for mode in rps direct; do
		set_mode $mode
		only "${PIDS[spin]}"
		client build/bench/pingpong 198.18.0.2 9000 "$COUNT" 0 >>"$DIR/shunt.$mode.json"
		only "${PIDS[echo]}"
		client build/bench/pingpong 198.18.0.2 9001 "$COUNT" 0 >>"$DIR/kernel.$mode.json"
	done
	[ ! -t 2 ] || printf '\rround %d of %d ' "$round" "$ROUNDS" >&2
done
[ ! -t 2 ] || printf '\n' >&2

mkdir -p build/bench
jq -n --slurpfile s "$DIR/shunt.rps.json" --slurpfile k "$DIR/kernel.rps.json" \
	--slurpfile sd "$DIR/shunt.direct.json" --slurpfile kd "$DIR/kernel.direct.json" \
	--arg kernel "$(uname -r)" --arg commit "$(git rev-parse --short HEAD 2>/dev/null ||
	true)" \
	--argjson rounds "$ROUNDS" --argjson count "$COUNT" '
	def median: sort | .[length / 2 | floor];
	def numbers($s; $k): [$s, $k] | transpose |
		map(.[0].rtt_ns_p50 / .[1].rtt_ns_p50) as $ratios |
		{nic_to_core_ns_p50: ($s | map(.nic_to_core_ns_p50) | median),
		 rtt_ns_p50: ($s | map(.rtt_ns_p50) | median),
		 kernel_rtt_ns_p50: ($k | map(.rtt_ns_p50) | median),
		 ratio: ($ratios | median), ratio_min: ($ratios | min), ratio_max: ($ratios | max),
		 lost: ($s + $k | map(.lost) | add)};
	numbers($s; $k) + {without_rps: numbers($sd; $kd), rounds: $rounds, round_trips: $count,
		kernel: $kernel, commit: $commit}' >build/bench/path.json
jq -r 'def row($what; $n): "\($what)\t\($n.nic_to_core_ns_p50)\t\($n.rtt_ns_p50)\t" +
		"\($n.kernel_rtt_ns_p50)\t\($n.ratio * 1000 | round / 1000) " +
		"(\($n.ratio_min * 1000 | round / 1000) to \($n.ratio_max * 1000 | round / 1000))";
	"ns, median of the rounds\tXDP to core\tround trip\tkernel\tratio (least to most)",
	row("RPS to the client"; .), row("no RPS"; .without_rps)' build/bench/path.json |
	column -t -s "$(printf '\t')"
agent_row build/bench/path.json
