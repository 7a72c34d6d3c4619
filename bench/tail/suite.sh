# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
# suite.sh - what run.sh and plain.sh share: tables of workloads, rates as shares of a capacity, the
# client, windows and comparisons
#
# Whoever sources it has NAME, NPROC, STARTED, PATIENCE and MINUTES, and later STATE, a folder with
# an empty file `capacity`. Rates are shares of what CAPACITY_OF serves in a closed loop. BY_XDP:
# the client sends through AF_XDP, to reach rates that send() does not.

CAPACITY_OF=${CAPACITY_OF:-shunt-fcfs}
BY_XDP=${BY_XDP:-}

[ "$NPROC" -ge 2 ] || { echo "bench-$NAME: needs 2 CPUs, one a side" >&2; exit 77; }
[ "$(id -u)" = 0 ] || { echo "bench-$NAME: needs root, for network namespaces" >&2; exit 1; }

declare -A MIX=() FIGURES=() SLOS=() QUANTUM=() K=() LIMIT=() POINTS=() SYSTEMS=()
WORKLOADS=()

# NAME FIGURES MIX --slo CLASS:TIME,… --quantum TIME --k N --limit CLASS.METRIC:N --points SHARES
# --systems NAMES
workload() {
	WORKLOADS+=("$1") FIGURES[$1]=$2 MIX[$1]=$3 QUANTUM[$1]=none
	while [ $# -gt 4 ]; do
		case $4 in
		--slo) SLOS[$1]=$5 ;;
		--quantum) QUANTUM[$1]=$5 ;;
		--k) K[$1]=$5 ;;
		--limit) LIMIT[$1]=$5 ;;
		--points) POINTS[$1]=$5 ;;
		--systems) SYSTEMS[$1]=$5 ;;
		*) echo "run.sh: what is $4?" >&2; exit 2 ;;
		esac
		set -- "$1" "$2" "$3" "${@:6}"
	done
}

load() { # SYSTEM WORKLOAD OPTIONS…
	local lab=${LAB_OF[$(key_of "$1")]}
	nsenter "--net=/run/netns/shunt-$lab-client" -- taskset \
		-c 0 shunt-load --to "198.18.0.2:$PORT" ${BY_XDP:+--xdp "${lab}c"} \
		-P "$PROTOCOL" "${LOAD_OPTIONS[@]}" --mix "${MIX[$2]}" --cpu 0 --json -q \
		--wait 200ms "${@:3}"
}

# Time that any process waited for a CPU (us).
crowded() { sed -n 's/^some.*total=//p' /proc/pressure/cpu 2>/dev/null || echo 0; }

# A point begins when no other process computes: 100 ms in which none waited for a CPU, or PATIENCE
# seconds later.
wait_for_peace() {
	local crowd end=$((SECONDS + PATIENCE)) begun=$SECONDS
	pause
	while :; do
		crowd=$(crowded)
		sleep 0.1
		(($(crowded) - crowd < 10000 || SECONDS >= end)) && break
		sleep 1
	done
	echo $(($(cat "$STATE/waited") + SECONDS - begun)) >"$STATE/waited"
}

# WORKLOAD RATE [SYSTEM]: where the windows of all systems are there, or of one.
windows_of() { echo "$STATE/windows/$1.$2${3:+/$3}"; }

# WORKLOAD RATE: how many lengths of a stall its backlog takes, twice, at that share of the
# capacity. For a slower system that is too short near its own capacity: shunt-compare finds it.
backlog_of() {
	awk -v rate="$2" -v most="$(capacity "$1")" 'BEGIN { r = rate / most
		x = r < 0.96 ? 2 * r / (1 - r) : 48; print (x < 1 ? 1 : x) }'
}

# WORKLOAD: requests a second that a closed loop gets out of CAPACITY_OF; written down, since a run
# that goes on must have the rates it began with. The best of five: whatever disturbs makes it less.
capacity() {
	local rate
	rate=$(awk -v w="$1" '$1 == w { print $2 }' "$STATE/capacity")
	if [ -z "$rate" ]; then
		rate=$(for _ in 1 2 3 4 5; do
			wait_for_peace
			activate "$CAPACITY_OF" none $WIRE_K
			load "$CAPACITY_OF" "$1" --closed 32 --time 0.3 --warmup 0.1 |
				jq .achieved_rps
		done | sort -n | tail -n 1)
		signal "$CAPACITY_OF" STOP # a subshell let it run
		echo "$1 $rate" >>"$STATE/capacity"
	fi
	echo "$rate"
}

# To two digits: rates that one can read.
rate_of() {
	awk -v c="$1" -v share="$2" 'BEGIN { x = c * share; d = 10 ^ (int(log(x) / log(10)) - 1);
		printf "%d", int(x / d + 0.5) * d }'
}

# WORKLOAD FOLDER: the systems of a point, by all of their windows so far.
compare_point() {
	local rate=${2##*.} system systems=()
	for system in "$2"/*; do
		systems+=("${system##*/}=$system")
	done
	shunt-compare --json --backlog "$(backlog_of "$1" "$rate")" "${systems[@]}" |
		jq -c --arg w "$1" --argjson rate "$rate" '{workload: $w, rate: $rate} + .'
}

out_of_time() {
	[ -n "$MINUTES" ] &&
		awk -v s=$((SECONDS - STARTED)) -v m="$MINUTES" 'BEGIN { exit !(s >= m * 60) }'
}
