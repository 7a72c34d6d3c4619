#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# mem.sh OUT - how much of the memory of unmodified programs "shunt mem run" gives back, and what
# they feel of it. Two processes of each program, one as it comes, the other under shunt mem run,
# are asked in turn, a second each, so that neither is idle for long. Eight minutes (ROUNDS=24).
#
#   contiguous   memcached, asked for the tenth of its keys that was stored last, side by side
#   spread       memcached, asked for each tenth key: some page of every batch is used
#   oldest       memcached, asked for the tenth that was stored first: on its way to them it looks
#                at keys that were stored later, in the same bucket of its hash table
#   moves        memcached, asked for another tenth, the one stored before, every eight rounds: what
#                is used next has just gone
#   rocksdb      RocksDB with a block cache that holds all, asked for the first tenth of its keys
#
# memcached's hash table does not grow here: each time it would turn the chains of its buckets
# around, so that now the oldest keys come last in them, now the newest. Nor has it a crawler, which
# by default reads all items a minute after its start, then once an hour: all that was not used
# comes back then, and goes again.
#
# p99_ratio: the median, over the rounds, of p99 under shunt mem run by p99 without. rss_mib: before
# the first request, and after the last one. net_mib: the difference, less what zram and the swap
# cache hold of it. POLICY=sol is another policy. Where there is no swap a zram is made, and undone
# at the end. Client and shunt are on CPU 0, the programs on CPU 1. Huge pages are as the machine
# has them.
set -euo pipefail
cd "$(dirname "$0")/.."
OUT=$1
ROUNDS=${ROUNDS:-24}
WARM=${WARM:-17} # rounds: four scans, and the time in which the memory goes
KEYS=${KEYS:-380000}
RATE=${RATE:-4000}
INTERVAL=${INTERVAL:-5}
POLICY=${POLICY:-threshold}
KINDS=${KINDS:-contiguous spread oldest moves rocksdb}
DIR=$(mktemp -d /tmp/shunt-mem.XXXXXX)
ZRAM=
PIPES=()

[ "$(id -u)" = 0 ] || { echo "mem: needs root" >&2; exit 77; }
[ "$(nproc)" -ge 2 ] || { echo "mem: needs 2 CPUs" >&2; exit 77; }
command -v memcached >/dev/null || { echo "mem: no memcached (make deps)" >&2; exit 77; }

end_programs() {
	local fd
	for fd in "${PIPES[@]}"; do exec {fd}>&-; done
	PIPES=()
	# shellcheck disable=SC2046
	kill $(jobs -p) 2>/dev/null || true
	wait
}

undo() {
	end_programs
	if [ -n "$ZRAM" ]; then
		swapoff "/dev/zram$ZRAM" 2>/dev/null || true
		echo 1 >"/sys/block/zram$ZRAM/reset" || true
		echo "$ZRAM" >/sys/class/zram-control/hot_remove || true
	fi
	rm -rf "$DIR"
}
trap undo EXIT
trap 'exit 1' INT TERM

make_swap() {
	[ "$(wc -l </proc/swaps)" -le 1 ] || return 0
	ZRAM=$(cat /sys/class/zram-control/hot_add 2>/dev/null) ||
		{ echo "mem: no swap, and no zram to make one of" >&2; exit 77; }
	echo lz4 >"/sys/block/zram$ZRAM/comp_algorithm" 2>/dev/null || true
	echo 4G >"/sys/block/zram$ZRAM/disksize"
	mkswap "/dev/zram$ZRAM" >/dev/null
	swapon -p 100 "/dev/zram$ZRAM"
}

rss_kib() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$1/status"; }
faults() { sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f10; }
now() { date +%s.%N; }

# The memory that the contents of swap take, in KiB.
price_kib() {
	local nr
	{
		sed -n 's|^/dev/zram\([0-9]*\) .*|\1|p' /proc/swaps | while read -r nr; do
			awk '{ print $3 / 1024 }' "/sys/block/zram$nr/mm_stat"
		done
		awk '$1 == "SwapCached:" { print $2 }' /proc/meminfo
	} | awk '{ sum += $1 } END { print int(sum) }'
}

exists() {
	local i
	for ((i = 0; i < 600; i++)); do
		[ ! -e "$1" ] || return 0
		sleep 0.1
	done
	echo "mem: no '$1'" >&2
	return 1
}

# KIND SIDE: the command of a program.
program() {
	case $1 in
	rocksdb) echo "build/bench/mem_rocksdb $DIR/$2.db $KEYS" ;;
	*) echo "memcached -u root -m 2048 -t 1 -o no_lru_crawler,hashpower=20 -s $DIR/$2.sock" ;;
	esac
}

# KIND SIDE: starts it; its number, or that of the shunt which is its parent, is in $!.
start() {
	local -a command
	read -ra command <<<"taskset -c 1 $(program "$1" "$2")"
	[ "$2" = without ] || command=(taskset -c 0 build/shunt mem run --interval "$INTERVAL"
		--policy "$POLICY" -o "$DIR/with.log" -- "${command[@]}")
	if [ "$1" = rocksdb ]; then
		mkdir "$DIR/$2.db"
		mkfifo "$DIR/$2.in" "$DIR/$2.out"
		"${command[@]}" <"$DIR/$2.in" >"$DIR/$2.out" 2>"$DIR/$2.err" &
	else
		"${command[@]}" 2>"$DIR/$2.err" &
	fi
}

# KIND: both; WITH is the number of the one under shunt.
begin() {
	local parent side
	start "$1" with
	parent=$!
	start "$1" without
	if [ "$1" = rocksdb ]; then
		exec {TO_with}>"$DIR/with.in" {FROM_with}<"$DIR/with.out" \
			{TO_without}>"$DIR/without.in" {FROM_without}<"$DIR/without.out"
		PIPES=("$TO_with" "$FROM_with" "$TO_without" "$FROM_without")
		read -r <&"$FROM_with"
		read -r <&"$FROM_without"
	else
		for side in with without; do
			exists "$DIR/$side.sock"
			build/bench/mem fill "$DIR/$side.sock" "$KEYS"
		done
	fi
	WITH=$(pgrep -P "$parent")
}

# KIND SIDE SEED: a second of requests.
ask() {
	local to=TO_$2 from=FROM_$2 line first=0 step=1
	case $1 in
	rocksdb)
		echo "1 $RATE" >&"${!to}"
		read -r line <&"${!from}"
		echo "$line"
		return ;;
	contiguous) first=$((KEYS - KEYS / 10)) ;;
	spread) step=10 ;;
	moves) first=$((KEYS / 10 * (9 - $3 / 8 % 10))) ;;
	esac
	taskset -c 0 build/bench/mem gets "$DIR/$2.sock" "$KEYS" $first $step 1 "$RATE" "$3"
}

# KIND SEED: who is first changes, as the first one may be slower.
round() {
	local sides='with without' side
	(($2 % 2)) || sides='without with'
	for side in $sides; do
		ask "$1" "$side" "$2" >>"$DIR/$side.rows"
	done
}

# The moment, in JSON: what /proc and the log of shunt say.
moment() {
	jq -n --argjson s "$(now)" --argjson faults "$(faults "$WITH")" \
		--argjson rss "$(rss_kib "$WITH")" --argjson price "$(price_kib)" \
		--slurpfile log "$DIR/with.log" \
		'{s: $s, faults: $faults, rss: $rss, price: $price, log: ($log | last)}'
}

# KIND: a row.
measure() {
	local i empty filled warm end
	empty=$(price_kib)
	begin "$1"
	exists "$DIR/with.log"
	for ((i = 0; i < 100 && $(wc -l <"$DIR/with.log") < 1; i++)); do sleep 0.1; done
	filled=$(moment)
	for ((i = 0; i < WARM; i++)); do round "$1" "$i"; done
	rm "$DIR"/*.rows
	warm=$(moment)
	for (( ; i < WARM + ROUNDS; i++)); do round "$1" "$i"; done
	end=$(moment)
	jq -n --arg kind "$1" --argjson empty "$empty" --argjson filled "$filled" \
		--argjson warm "$warm" --argjson over "$end" --slurpfile with "$DIR/with.rows" \
		--slurpfile without "$DIR/without.rows" -f bench/mem_row.jq
	cp "$DIR/with.log" "$(dirname "$OUT")/mem.$1.log"
	end_programs
	find "$DIR" -mindepth 1 -delete
}

mkdir -p "$(dirname "$OUT")"
rm -f "$OUT.rows"
make_swap
for kind in $KINDS; do
	[ "$kind" != rocksdb ] || [ -x build/bench/mem_rocksdb ] ||
		{ echo "mem: no rocksdb (make deps)" >&2; continue; }
	measure "$kind" >>"$OUT.rows"
done
jq -s --arg kernel "$(uname -r)" --arg load "$(cut -d' ' -f1-3 /proc/loadavg)" \
	--arg thp "$(sed 's/.*\[\(.*\)\].*/\1/' /sys/kernel/mm/transparent_hugepage/enabled)" \
	--arg commit "$(git rev-parse --short HEAD 2>/dev/null || true)" \
	--arg policy "$POLICY" \
	'(map(select(.kind == "contiguous"))[0] // {}) + {others: (map(select(.kind !=
		"contiguous")) | map({(.kind): del(.kind)}) | add // {})} | del(.kind)
	+ {kernel: $kernel, loadavg: $load, thp: $thp, commit: $commit,
	policy: $policy}' "$OUT.rows" >"$OUT"
rm "$OUT.rows"
cat "$OUT"
