# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# in_lab.sh - a lab for as long as a script runs: sourced by the demo and by benchmarks
#
# LAB is the lab's name; NO_LAB=1: none is made, the script makes its own. Gives $DEV (the host's
# interface), $DIR (a folder for files), $GAPS (servers note their gaps there, on tmpfs, or in files
# whose names begin so), host, client, start, wait_for; whatever happens, started processes, pins,
# lab and files are removed at the end.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PATH=$ROOT/build:$PATH
DEV=${LAB}h
DIR=$(mktemp -d)
GAPS=/dev/shm/shunt-$LAB-gaps
declare -A PIDS=()

host() { "$ROOT/tests/lab.sh" exec "$LAB" host "$@"; }
client() { "$ROOT/tests/lab.sh" exec "$LAB" client "$@"; }

# NAME host|client COMMAND…: in the background, its messages in $DIR/NAME.log, its pid in
# PIDS[NAME].
start() {
	nsenter "--net=/run/netns/shunt-$LAB-$2" -- "${@:3}" 2>"$DIR/$1.log" &
	PIDS[$1]=$!
}

# What else there is to say where a script gives up, if it has no words of its own.
declare -F gave_up >/dev/null || gave_up() { :; }

# SECONDS COMMAND…: until it succeeds.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		if ((SECONDS >= end)); then
			echo "$(basename "$0"): gave up waiting for: $*" >&2
			cat "$DIR"/*.log >&2
			gave_up
			exit 1
		fi
		sleep 0.05
	done
}

# SHORT LONG [QUANTUM]: in YAML, a service on port 9000 of two classes with these objectives: a
# request is a long one if its first byte is 2. SERVICE: the port's "service".
short_and_long() {
	cat <<-YAML
	classes:
	  - {name: short, slo: $1${3:+, quantum: $3}}
	  - {name: long, slo: $2${3:+, quantum: $3}}
	ports:
	  - {port: 9000, default: short${SERVICE:+, service: $SERVICE}}
	rules:
	  - {port: 9000, offset: 0, value: 0x02, class: long}
	YAML
}

# CONFIG OPTIONS…: fcfs, shuntd and a spinning shunt-spin (or $SPIN), which gets the options, on the
# host's interface.
serve() {
	host shunt load fcfs --dev "$DEV" --config "$1"
	start shuntd host taskset -c 0 shuntd --dev "$DEV"
	wait_for 10 test -S "/run/shunt/$DEV.sock"
	start spin host "${SPIN:-shunt-spin}" --dev "$DEV" --idle spin "${@:2}"
	wait_for 10 grep -q serving "$DIR/spin.log"
}

# The cost of shuntd's agent so far, of all its threads: nanoseconds of CPU time, and how often it
# gave the CPU up by itself; and the present time in microseconds.
agent_counts() {
	local pid
	pid=$(host shunt stats -j --dev "$DEV" | jq .domains[0].agent.pid)
	echo "$(cat "/proc/$pid/task/"*/schedstat | awk '{ ns += $1 } END { printf "%d", ns }')" \
		"$(cat "/proc/$pid/task/"*/status |
			awk '/^voluntary_ctxt/ { n += $2 } END { print n + 0 }')" \
		"${EPOCHREALTIME/./}"
}
agent_begin() { read -r -a AGENT_BEGAN < <(agent_counts); }

# {"cpu": share of a CPU, "wakeups_s": …} since agent_begin.
agent_cost() {
	local now
	read -r -a now < <(agent_counts)
	jq -cn --argjson ns $((now[0] - AGENT_BEGAN[0])) --argjson n $((now[1] - AGENT_BEGAN[1])) \
		--argjson us $((now[2] - AGENT_BEGAN[2])) \
		'{cpu: ($ns / $us * 1000 | round / 1000000), wakeups_s: ($n * 1e7 / $us | round / 10)}'
}

# OUT.json gets a row of what shuntd itself took since agent_begin, and says it.
agent_row() {
	jq --argjson cost "$(agent_cost)" '. + {shuntd: $cost}' "$1" >"$DIR/row.json"
	cp "$DIR/row.json" "$1"
	jq -r '.shuntd | "shuntd itself: \(.cpu * 1e5 | round / 1e3) % of a CPU, " +
		"\(.wakeups_s) wake-ups/s"' "$1"
}

clean_up() {
	trap - EXIT
	for pid in "${PIDS[@]}"; do
		kill -CONT "$pid" 2>/dev/null || true
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	host shunt unload --dev "$DEV" >/dev/null 2>&1 || true
	"$ROOT/tests/lab.sh" down "$LAB" >/dev/null 2>&1 || true
	rm -rf "$DIR" "$GAPS"*
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

[ -n "${NO_LAB-}" ] || "$ROOT/tests/lab.sh" up "$LAB"
