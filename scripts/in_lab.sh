# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# in_lab.sh - a lab for as long as a script runs: sourced by the demo and by benchmarks
#
# LAB is the lab's name; NO_LAB=1: none is made, the script makes its own. Gives $DEV (the host's
# interface), $DIR (a folder for files), host, client, start, wait_for; whatever happens, started
# processes, pins, lab and folder are removed at the end.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PATH=$ROOT/build:$PATH
DEV=${LAB}h
DIR=$(mktemp -d)
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

# CONFIG OPTIONS…: fcfs, shuntd and a spinning shunt-spin, which gets the options, on the host's
# interface.
serve() {
	host shunt load fcfs --dev "$DEV" --config "$1"
	start shuntd host taskset -c 0 shuntd --dev "$DEV"
	wait_for 10 test -S "/run/shunt/$DEV.sock"
	start spin host shunt-spin --dev "$DEV" --idle spin "${@:2}"
	wait_for 10 grep -q serving "$DIR/spin.log"
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
	rm -rf "$DIR"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

[ -n "${NO_LAB-}" ] || "$ROOT/tests/lab.sh" up "$LAB"
