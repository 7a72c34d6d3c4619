#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# mem_replay.sh FOLDER - records what memcached uses of its memory ("shunt mem record"), asked for
# its keys in four ways, and compares the policies of memory on that ("shunt-sim mem"). Nothing goes
# to swap. Traces and tables are in FOLDER. Five minutes (SECONDS_EACH=60).
#
#   contiguous   the tenth of its keys that was stored last
#   spread       each tenth key
#   moves        another tenth, the one stored before, every 16 seconds
#   rounds       another tenth each second, in turn: what was not used for nine seconds is used next
set -euo pipefail
cd "$(dirname "$0")/.."
OUT=$1
EACH=${SECONDS_EACH:-60}
INTERVAL=${INTERVAL:-0.25}
KEYS=${KEYS:-50000}
RATE=${RATE:-4000}
KINDS=${KINDS:-contiguous spread moves rounds}
POLICIES=${POLICIES:-threshold:1,threshold:3,threshold:12,sol:4,sol,sol:64}
DIR=$(mktemp -d /tmp/shunt-mem.XXXXXX)
SHUNT=

[ "$(id -u)" = 0 ] || { echo "mem_replay: needs root" >&2; exit 77; }
command -v memcached >/dev/null || { echo "mem_replay: no memcached (make deps)" >&2; exit 77; }

undo() {
	[ -z "$SHUNT" ] || kill "$SHUNT" 2>/dev/null || true
	wait
	rm -rf "$DIR"
}
trap undo EXIT
trap 'exit 1' INT TERM

# FIRST STEP SEED: a second of gets.
gets() { build/bench/mem gets "$DIR/sock" "$KEYS" "$1" "$2" 1 "$RATE" "$3" >/dev/null; }

# KIND SECOND
ask() {
	local tenth=$((KEYS / 10))
	case $1 in
	contiguous) gets $((9 * tenth)) 1 "$2" ;;
	spread) gets 0 10 "$2" ;;
	moves) gets $((tenth * (9 - $2 / 16 % 10))) 1 "$2" ;;
	rounds) gets $((tenth * ($2 % 10))) 1 "$2" ;;
	esac
}

record() {
	local i
	build/shunt mem record --interval "$INTERVAL" -o "$OUT/mem.$1.trace" -- memcached -u root \
		-m 2048 -t 1 -o no_lru_crawler,hashpower=20 -s "$DIR/sock" 2>"$DIR/err" &
	SHUNT=$!
	for ((i = 0; i < 100; i++)); do
		[ ! -S "$DIR/sock" ] || break
		sleep 0.1
	done
	build/bench/mem fill "$DIR/sock" "$KEYS"
	for ((i = 0; i < EACH; i++)); do ask "$1" "$i"; done
	kill "$SHUNT"
	wait "$SHUNT" || true
	SHUNT=
	rm "$DIR/sock"
}

mkdir -p "$OUT"
for kind in $KINDS; do
	record "$kind"
done
for kind in $KINDS; do
	build/shunt-sim mem -p "$POLICIES" --json "$OUT/mem.$kind.json" "$OUT/mem.$kind.trace"
done
