#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# path.sh - XDP to worker, and round trip through a lab: shunt against a kernel UDP server that polls,
# interleaved in one run. Writes build/bench/path.json.
#
# Client on CPU 0, servers on CPU 1, one of them running at a time (the other is stopped). RPS of the client's veth
# is on for both: the reply's receive work is done by the client's CPU, as a NIC would have it.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/build:$PATH

LAB=path$$
DEV=${LAB}h
DIR=$(mktemp -d)
ROUNDS=${ROUNDS:-15}
COUNT=${COUNT:-20000} # round trips of each server in a round

host() { tests/lab.sh exec "$LAB" host "$@"; }
client() { tests/lab.sh exec "$LAB" client "$@"; }

clean_up() {
	trap - EXIT
	for pid in ${ECHO:-} ${SPIN:-} ${AGENT:-}; do
		kill -CONT "$pid" 2>/dev/null || true
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	host shunt unload --dev "$DEV" >/dev/null 2>&1 || true
	tests/lab.sh down "$LAB" >/dev/null 2>&1 || true
	rm -rf "$DIR"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

wait_for() {
	local end=$((SECONDS + 10))
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || { echo "path: gave up waiting for: $*" >&2; cat "$DIR"/*.log >&2; exit 1; }
		sleep 0.05
	done
}

[ "$(nproc)" -ge 2 ] || { echo "path: needs 2 CPUs, one a side" >&2; exit 77; }

cat >"$DIR/path.yaml" <<YAML
domains:
  - {queue: 0, cpus: [1]}
stamp: true
classes:
  - {name: echo, slo: 50us}
ports:
  - {port: 9000, default: echo}
YAML

tests/lab.sh up "$LAB"
# /sys/class/net of the client's namespace, with RPS towards CPU 0
client unshare -m sh -c "mount -t sysfs sysfs /sys &&
	echo 1 > /sys/class/net/${LAB}c/queues/rx-0/rps_cpus"
host shunt load fcfs --dev "$DEV" --config "$DIR/path.yaml" >/dev/null
host taskset -c 0 shuntd --dev "$DEV" >"$DIR/shuntd.log" 2>&1 &
AGENT=$!
wait_for test -S "/run/shunt/$DEV.sock"
host shunt-spin --dev "$DEV" --idle spin >"$DIR/spin.log" 2>&1 &
wait_for grep -q serving "$DIR/spin.log"
SPIN=$(pgrep -n -f -- "--dev $DEV --idle spin")
host build/bench/udp_echo 9001 1 2>"$DIR/echo.log" &
wait_for pgrep -n -x udp_echo
ECHO=$(pgrep -n -x udp_echo)

only() { # PID runs, the other is stopped
	kill -STOP "$SPIN" "$ECHO"
	kill -CONT "$1"
}

for ((round = 1; round <= ROUNDS; round++)); do
	only "$SPIN"
	client build/bench/pingpong 198.18.0.2 9000 "$COUNT" 0 >>"$DIR/shunt.json"
	only "$ECHO"
	client build/bench/pingpong 198.18.0.2 9001 "$COUNT" 0 >>"$DIR/kernel.json"
	printf '\rround %d of %d ' "$round" "$ROUNDS" >&2
done
printf '\n' >&2

mkdir -p build/bench
jq -n --slurpfile s "$DIR/shunt.json" --slurpfile k "$DIR/kernel.json" \
	--arg kernel "$(uname -r)" --arg commit "$(git rev-parse --short HEAD 2>/dev/null || true)" \
	--argjson rounds "$ROUNDS" --argjson count "$COUNT" '
	def median: sort | .[length / 2 | floor];
	{nic_to_core_ns_p50: ($s | map(.nic_to_core_ns_p50) | median),
	 rtt_ns_p50: ($s | map(.rtt_ns_p50) | median),
	 kernel_rtt_ns_p50: ($k | map(.rtt_ns_p50) | median),
	 ratio: ([$s, $k] | transpose | map(.[0].rtt_ns_p50 / .[1].rtt_ns_p50) | median),
	 ratio_min: ([$s, $k] | transpose | map(.[0].rtt_ns_p50 / .[1].rtt_ns_p50) | min),
	 ratio_max: ([$s, $k] | transpose | map(.[0].rtt_ns_p50 / .[1].rtt_ns_p50) | max),
	 lost: ($s + $k | map(.lost) | add),
	 rounds: $rounds, round_trips: $count, kernel: $kernel, commit: $commit}' >build/bench/path.json
jq -r '"XDP to the core\t\(.nic_to_core_ns_p50) ns (median of rounds of p50)",
	"round trip, shunt\t\(.rtt_ns_p50) ns", "round trip, kernel\t\(.kernel_rtt_ns_p50) ns",
	"ratio\t\(.ratio * 1000 | round / 1000) (\(.ratio_min * 1000 | round / 1000) to \(.ratio_max * 1000 | round / 1000))"' \
	build/bench/path.json | column -t -s "$(printf '\t')"
