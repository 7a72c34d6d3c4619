#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# seat.sh OUT - two services on one CPU: what a request takes from XDP's stamp to its reply, for a
# service that is away, for one that is on, for two that spin in each other's way, and for one that
# has the CPU to itself. Four loads in turn, over ROUNDS; about two minutes. Each round begins with
# the time that a cache line takes between the two CPUs, and the time that the kernel alone takes to
# hand a CPU over.
#
# Client and shuntd are on CPU 0, the workers on CPU 1. Requests compute for 1 us. Where both
# services are offered requests, those for b are sent from CPU 1, so that they take its queue: times
# are of a's alone. They are evenly spaced then, so each finds the other service on; the changes of
# the seat that there were for a request are told. The median of "spinning" says little: half of the
# requests find their worker at work, the other half wait for milliseconds. Its p90 says more.
set -euo pipefail
cd "$(dirname "$0")/.."
OUT=$1
LAB=seat$$
NO_LAB=1
ROUNDS=${ROUNDS:-5}
TIME=${TIME:-3}
RATE=${RATE:-500}
HOT=${HOT:-20000}

[ "$(nproc)" -ge 2 ] || { echo "seat: needs 2 CPUs, one a side" >&2; exit 77; }
. scripts/in_lab.sh
tests/lab.sh up "$LAB" --queues 2 >/dev/null
client unshare -m sh -c "mount -t sysfs sysfs /sys && cd /sys/class/net/${LAB}c/queues &&
	echo 1 >tx-0/xps_cpus && echo 2 >tx-1/xps_cpus"

# KIND: its configuration. seat: two services; spin: two domains; one: one domain.
config() {
	local name_a='' name_b=''
	[ "$1" != seat ] || name_a=', service: a' name_b=', service: b'
	echo "domains:"
	echo "  - {queue: 0, cpus: [1]$name_a}"
	[ "$1" = one ] || echo "  - {queue: 1, cpus: [1]$name_b}"
	[ "$1" != spin ] || echo "share_cpus: true"
	echo "stamp: true"
	echo "preempt: {mode: on}" # as seats have it: the cost of a context is in all rows
	echo "hang: {after: 10s}"
	SERVICE=${name_a:+any} short_and_long 50us 1ms
}

is_up() { host shunt stats -j --dev "$DEV" | jq -e '.domains | map(.up) == map(.cores)'; }
is_served() { [ -S "/run/shunt/$DEV.sock" ]; }
has_left() { ! kill -0 "$1" 2>/dev/null; }

begin() { # KIND
	config "$1" >"$DIR/$1.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/$1.yaml" >/dev/null 2>&1
	start shuntd host taskset -c 0 shuntd --dev "$DEV"
	wait_for 10 is_served
	start a host shunt-spin --dev "$DEV" --domain 0 --idle spin
	[ "$1" = one ] || start b host shunt-spin --dev "$DEV" --domain 1 --idle spin
	wait_for 20 is_up
}

end() { # KIND
	kill "${PIDS[a]}"
	[ "$1" = one ] || kill "${PIDS[b]}"
	wait_for 20 has_left "${PIDS[a]}"
	[ "$1" = one ] || wait_for 20 has_left "${PIDS[b]}"
	host shuntd --dev "$DEV" --end >/dev/null 2>&1
	wait_for 20 has_left "${PIDS[shuntd]}"
	host shunt unload --dev "$DEV" >/dev/null
}

send() { # CPU RATE [OPTION…]
	client taskset -c "$1" shunt-load --to 198.18.0.2:9000 --json --sleep --rate "$2" \
		--time "$TIME" --mix short=1:1us "${@:3}"
}

turns() { host shunt status -j --dev "$DEV" | jq '.interfaces[0].seats[0].turns // 0'; }

# ROW CLIENT'S-JSON [TURNS]
note() {
	jq -c --arg row "$1" --argjson turns "${3:-0}" '.classes.short // .classes[0] | {row: $row,
		p50_ns: (.server_p50_us * 1000 | round), p90_ns: (.server_p90_us * 1000 | round),
		sent, answered, turns: $turns}' "$2" >>"$DIR/rows.json"
}

switched() { # ROW: both are offered requests
	local before other
	before=$(turns)
	send 1 "$RATE" --arrival fixed >"$DIR/b.json" &
	other=$!
	send 0 "$RATE" --arrival fixed >"$DIR/a.json"
	wait "$other"
	note "$1" "$DIR/a.json" $(($(turns) - before))
}

alone() { # ROW RATE
	send 0 "$2" >"$DIR/a.json"
	note "$1" "$DIR/a.json"
}

for ((round = 1; round <= ROUNDS; round++)); do
	build/bench/line 0 1 >>"$DIR/lines"
	build/bench/handover 1 >>"$DIR/kernel"
	begin seat
	switched switched
	alone there "$RATE"
	alone hot "$HOT"
	end seat
	begin spin
	alone spinning "$RATE"
	end spin
	begin one
	alone hot_without "$HOT"
	end one
done

mkdir -p "$(dirname "$OUT")"
jq -s --slurpfile lines "$DIR/lines" --slurpfile alone "$DIR/kernel" --arg kernel "$(uname -r)" \
	--arg load "$(cut -d' ' -f1-3 /proc/loadavg)" \
	--arg commit "$(git rev-parse --short HEAD 2>/dev/null || true)" '
	def median: sort | .[length / 2 | floor];
	def of($row): map(select(.row == $row));
	{line_ns: $lines | median,
	 kernel_ns: ($alone | {at_once: map(.at_once) | median, rare: map(.rare) | median,
		send: map(.send) | median}),
	 switched_ns_p50: {block: of("switched") | map(.p50_ns) | median},
	 there_ns_p50: of("there") | map(.p50_ns) | median,
	 spinning_ns_p50: of("spinning") | map(.p50_ns) | median,
	 switched_ns_p90: {block: of("switched") | map(.p90_ns) | median},
	 there_ns_p90: of("there") | map(.p90_ns) | median,
	 spinning_ns_p90: of("spinning") | map(.p90_ns) | median,
	 hot_ratio: ((of("hot") | map(.p50_ns) | median) /
		(of("hot_without") | map(.p50_ns) | median) * 1000 | round / 1000),
	 turns_a_request: (of("switched") | (map(.turns) | add) / (map(2 * .sent) | add) *
		100 | round / 100),
	 rows: ., kernel: $kernel, loadavg: $load, commit: $commit}' "$DIR/rows.json" >"$OUT"
jq 'del(.rows)' "$OUT"
