#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# wire.sh - the wire transport against the shared one, interleaved in one run; and what k does.
# Writes build/bench/wire.json.
#
# Client on CPU 0, one worker core on CPU 1, of which one runs at a time (the other is stopped).
# Round trips are of one request at a time; both sides note their gaps: `clean` has them with stalls
# set aside, bounds over the rounds (docs/measuring.md). rps is what is answered of more than can
# be: 1 us each, so the way is what is measured. A worker's send call runs switch and NIC inline
# here, so there is no delay for k to hide: that is the simulator's business.
set -euo pipefail
cd "$(dirname "$0")/.."
LAB=bw$$
ROUNDS=${ROUNDS:-9}
COUNT=${COUNT:-5000} # round trips of each transport in a round
RATE=${RATE:-150000} # offered, to find rps

[ "$(nproc)" -ge 2 ] || { echo "wire: needs 2 CPUs, one a side" >&2; exit 77; }

. scripts/in_lab.sh
WIRE_LAB=${LAB}w
PORT=${WIRE_LAB}n
wire() { tests/lab.sh exec "$WIRE_LAB" "$@"; }
stats() { wire nic shunt stats -j --dev "$PORT"; }

# The kernel counts the NIC's program's runs and time during this measurement, then as before.
was=$(sysctl -n kernel.bpf_stats_enabled)
end_wire() {
	sysctl -qw kernel.bpf_stats_enabled="$was"
	tests/lab.sh down "$WIRE_LAB" 2>/dev/null || true
	rm -rf "/sys/fs/bpf/shunt/$PORT"
}
trap 'end_wire; clean_up' EXIT

classes() {
	echo 'hang: {after: 10s}'
	short_and_long 50us 1ms
}
{ echo 'domains: [{queue: 0, cpus: [1]}]'; classes; } >"$DIR/shared.yaml"
serve "$DIR/shared.yaml" --gaps "$GAPS" >/dev/null
agent_begin

tests/lab.sh up "$WIRE_LAB" --wire 1
(umask 077 && od -An -N16 -tx8 /dev/urandom | tr -d ' ' >"$DIR/key")
{ classes; printf 'wire: {key: %s, cores: [{mac: "02:00:c6:12:01:00"}]}\n' "$DIR/key"; } \
	>"$DIR/wire.yaml"
wire nic shunt load fcfs --dev "$PORT" --config "$DIR/wire.yaml" >/dev/null
start_wire() { LAB=$WIRE_LAB start "$@"; }
start_wire nicd nic shuntd --role nic --dev "$PORT"
start_wire hostd host shuntd --role host --dev "${WIRE_LAB}h0:1" --nic 02:00:c6:12:00:02 \
	--key "$DIR/key"
wait_for 10 test -S "/run/shunt/${WIRE_LAB}h0.sock"
start_wire wspin host shunt-spin --dev "${WIRE_LAB}h0" --idle spin --gaps "$GAPS-wire"
is_up() { stats | jq -e '.wire.core[0].up'; }
wait_for 10 is_up

only() { # NAME runs, the other is stopped
	kill -STOP "${PIDS[spin]}" "${PIDS[wspin]}"
	kill -CONT "${PIDS[$1]}"
}

# The program's run time and number of runs until now, and the requests that have come.
nic_sums() {
	local id
	id=$(stats | jq .prog_id)
	jq -n --argjson p "$(bpftool -j prog show id "$id")" --argjson s "$(stats)" \
		'{ns: $p.run_time_ns, runs: $p.run_cnt, requests: $s.total.arrived}'
}

sysctl -qw kernel.bpf_stats_enabled=1
for ((round = 1; round <= ROUNDS; round++)); do
	only spin
	client build/bench/pingpong 198.18.0.2 9000 "$COUNT" 0 "$GAPS" "$DIR/shared" \
		>>"$DIR/shared.json"
	only wspin
	wire nic shunt wire set --dev "$PORT" k=2 >/dev/null
	nic_sums >>"$DIR/before.json"
	wire client build/bench/pingpong 198.18.0.2 9000 "$COUNT" 0 "$GAPS-wire" "$DIR/wire" \
		>>"$DIR/wire.json"
	nic_sums >>"$DIR/after.json"
	for k in 1 2 3 4 5; do
		wire nic shunt wire set --dev "$PORT" k=$k >/dev/null
		wire client shunt-load --to 198.18.0.2:9000 --json --rate "$RATE" --burst 32 \
			--time 0.5 --wait 100ms \
			--cpu 0 --mix short=1:1us |
			jq -s --argjson k $k 'last | {k: $k,
			rps: (.classes.short.answered / 0.5)}' \
			>>"$DIR/k.json"
	done
	[ ! -t 2 ] || printf '\rround %d of %d ' "$round" "$ROUNDS" >&2
done
[ ! -t 2 ] || printf '\n' >&2

# Preemption, with one core: a request is preempted only if another one waits.
wire nic shunt switch sq --dev "$PORT" >/dev/null
wire nic shunt quantum set short 10us --dev "$PORT" >/dev/null
wire nic shunt quantum set long 10us --dev "$PORT" >/dev/null
wire client shunt-load --to 198.18.0.2:9000 --json --rate 4000 --time 2 --cpu 0 \
	--mix short=0.5:1us,long=0.5:100us \
	>"$DIR/preempt.json"
stats >"$DIR/stats.json"

mkdir -p build/bench
jq -n --slurpfile c <(shunt-compare --json --backlog 0 "shared=$DIR/shared" "wire=$DIR/wire") \
	--slurpfile s "$DIR/shared.json" --slurpfile w "$DIR/wire.json" \
	--slurpfile k "$DIR/k.json" \
	--slurpfile a "$DIR/after.json" --slurpfile b "$DIR/before.json" \
	--slurpfile t "$DIR/stats.json" \
	--arg kernel "$(uname -r)" --arg commit "$(git rev-parse --short HEAD 2>/dev/null ||
	true)" \
	--argjson rounds "$ROUNDS" --argjson count "$COUNT" '
	def median: sort | .[length / 2 | floor];
	{k: ($k | group_by(.k) | map({key: (.[0].k | tostring), value: {rps: (map(.rps) | median |
		round),
		rps_least: (map(.rps) | min | round), rps_most: (map(.rps) | max | round)}}) |
			from_entries),
	 preemptions: $t[0].preemption.by_safepoint,
	 	needless_preemptions: $t[0].wire.needless_preemptions,
	 clean: ($c[0].classes.rtt.systems | map_values({p50_us: .clean.p50_us,
		p99_us: .clean.p99_us, raw_p99_us: .raw.p99_us.at, kept, windows, client, server,
		comparable, why})),
	 shared_rtt_ns_p50: ($s | map(.rtt_ns_p50) | median), wire_rtt_ns_p50: ($w |
	 	map(.rtt_ns_p50) | median),
	 nic_ns_per_request: ([$a, $b] | transpose |
		map((.[0].ns - .[1].ns) / (.[0].requests - .[1].requests)) | median | round),
	 nic_runs_per_request: ([$a, $b] | transpose |
		map((.[0].runs - .[1].runs) / (.[0].requests - .[1].requests)) | median * 100 |
		round / 100),
	 lost: ($s + $w | map(.lost) | add), rounds: $rounds, round_trips: $count, kernel: $kernel,
	 	commit: $commit}' \
	>build/bench/wire.json
agent_row build/bench/wire.json >/dev/null
jq . build/bench/wire.json
