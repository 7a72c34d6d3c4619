#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# plain.sh - service times without dispersion, where no order is better than the order of arrival:
# what shunt-fcfs costs beside systems that do less for each request. Writes build/bench/plain.json.
#
# Each workload is offered at 40 and 70 % of what xdp-rtc serves; systems take turns, a window of
# 0.25 s each, with the same requests, and stalls are set aside (docs/measuring.md). Then, by
# bisection, the highest rate at which each has p99 within 300 us, in steps of two windows. What is
# left of MINUTES goes to points whose intervals are still wide. Fails where a point has not enough
# to go by: bench/plain.jq says what that is.
#
#   OUT=FILE, MINUTES, ROUNDS (windows of each system at each point, at first), STEPS (of the
#   bisection; 0: none), SYSTEMS, ONLY (workloads whose names match)
set -euo pipefail
cd "$(dirname "$0")/.."
OUT=${OUT:-build/bench/plain.json}
NAME=plain
LAB=p$$-
ROUNDS=${ROUNDS:-12}
STEPS=${STEPS:-5}
MINUTES=${MINUTES:-7.7}
ONLY=${ONLY:-}
PATIENCE=0 # stalls are set aside: nothing waits for a quiet moment
NPROC=$(nproc) # before this script keeps to one of them
STARTED=$SECONDS
HERE="shunt-fcfs xdp-rtc xdp-batch linux-shared linux-batch linux-busy-poll linux-uring"
HERE=${SYSTEMS:-$HERE}
CAPACITY_OF=xdp-rtc
BY_XDP=1
LIMIT_US=300
SHARES="0.4 0.7"
SURE=6

SERVER=shunt-spin APP=(--app spin) ENGINE=() PROTOCOL=spin LOAD_OPTIONS=() PORT=9000 CLASSES=(short)
rules() { :; }

# shellcheck source=bench/tail/suite.sh
. bench/tail/suite.sh
for i in fixed-1us=1us fixed-5us=5us fixed-100us=100us exponential-10us=exp:10us; do
	[[ ! $i =~ $ONLY ]] || workload "${i%=*}" "" "short=1:${i#*=}"
done
# shellcheck source=scripts/in_lab.sh
NO_LAB=1 . scripts/in_lab.sh
# shellcheck source=bench/tail/forward.sh
. bench/tail/forward.sh
# shellcheck source=bench/tail/systems.sh
. bench/tail/systems.sh
STATE=$DIR/state
mkdir -p "$STATE/windows"
touch "$STATE/capacity" "$STATE/steps"
echo 0 >"$STATE/waited"

# SYSTEM WORKLOAD: what an overload left in its buffers is served before the next measurement of
# it. A buffer that is full drops this request, too.
drain() {
	local i
	for i in 1 2 3 4 5; do
		! load "$1" "$2" --closed 1 --count 1 --wait 1s --strict >/dev/null 2>&1 || return 0
	done
}

declare -A BEHIND=() RATES=()

# WORKLOAD RATE ROUND SYSTEM: a window. A system that fell behind in SURE windows is in an overload:
# more windows of it say no more.
window() {
	local line which="$1 $2 $4"
	((${BEHIND[$which]-0} < SURE)) || return 0
	activate "$4" none $WIRE_K
	mkdir -p "$(windows_of "$1" "$2")"
	line=$(load "$4" "$1" --rate "$2" --time 0.25 --warmup 0.05 --seed "$3" \
		--gaps "$(gaps_of "$(key_of "$4")")" --windows "$(windows_of "$1" "$2" "$4")")
	[[ $line =~ \"lost\":0, ]] || drain "$4" "$1"
	[[ $line =~ \"achieved_rps\":([0-9]+) ]] && ((BASH_REMATCH[1] * 100 >= $2 * 97)) ||
		BEHIND[$which]=$((${BEHIND[$which]-0} + 1))
}

# WORKLOAD RATE ROUND: a window of each system; each round begins with another one.
one_round() {
	local i here=("${MEASURED[@]}")
	for ((i = 0; i < ${#here[@]}; i++)); do
		window "$@" "${here[($3 + i) % ${#here[@]}]}"
	done
}

rates_of() { # WORKLOAD
	local share
	for share in $SHARES; do
		rate_of "$(capacity "$1")" "$share"
		echo
	done
}

# WORKLOAD SYSTEM RATE: did its p99 hold? A line of JSON into $STATE/step.
step() {
	activate "$2" none $WIRE_K
	load "$2" "$1" --rate "$3" --time 0.5 --warmup 0.05 --gaps "$(gaps_of "$(key_of "$2")")" \
		--backlog "$(backlog_of "$1" "$3")" |
		jq -c --arg workload "$1" --arg system "$2" --argjson rate "$3" \
			--argjson limit $LIMIT_US --arg do step -f bench/plain.jq \
			>"$STATE/step"
	cat "$STATE/step" >>"$STATE/steps"
	drain "$2" "$1"
}

held() { grep -q '"holds":true' "$STATE/step"; }

# WORKLOAD: the highest rate of each system, by bisection between 0.3 and 1.5 of the capacity, the
# systems in turn. A step that fails is tried once more: whatever disturbs makes p99 higher.
highest_rates() {
	local i name rate
	local -A low=() high=()
	for name in "${MEASURED[@]}"; do
		low[$name]=0.3 high[$name]=1.5
	done
	for ((i = 0; i < STEPS; i++)); do
		for name in "${MEASURED[@]}"; do
			rate=$(awk -v c="$(capacity "$1")" -v a="${low[$name]}" \
				-v b="${high[$name]}" \
				'BEGIN { s = sqrt(a * b); print s, int(c * s) }')
			step "$1" "$name" "${rate#* }"
			held || step "$1" "$name" "${rate#* }"
			if held; then
				low[$name]=${rate% *}
			else
				high[$name]=${rate% *}
			fi
		done
	done
}

compare_all() {
	local w rate
	for w in "${WORKLOADS[@]}"; do
		for rate in ${RATES[$w]}; do
			compare_point "$w" "$(windows_of "$w" "$rate")"
		done
	done >"$STATE/compared"
}

results() { # wide|plain
	jq -rn -f bench/plain.jq --arg do "$1" --slurpfile compared "$STATE/compared" \
		--slurpfile steps "$STATE/steps" \
		--rawfile capacity "$STATE/capacity" --arg kernel "$(uname -r)" \
		--arg commit "$(git rev-parse --short HEAD 2>/dev/null || true)" \
		--argjson limit $LIMIT_US
}

taskset -pc 0 $$ >/dev/null # CPU 0 is the client's and whatever starts it
step_forward
stay_awake
# shellcheck disable=SC2086 # names
set_up_all $HERE
MEASURED=()
for system in $HERE; do
	[ -n "${SKIPPED[$system]-}" ] || MEASURED+=("$system")
done
BY_XDP= # the client's kernel learns the server's address
for system in "${MEASURED[@]}"; do
	activate "$system" none $WIRE_K
	drain "$system" "${WORKLOADS[0]}"
done
BY_XDP=1
for w in "${WORKLOADS[@]}"; do
	RATES[$w]=$(rates_of "$w")
done
for ((round = 1; round <= ROUNDS; round++)); do
	for w in "${WORKLOADS[@]}"; do
		for rate in ${RATES[$w]}; do
			((round == 1)) || ! out_of_time || continue
			one_round "$w" "$rate" "$round"
		done
	done
	[ ! -t 2 ] || printf '\r\033[Kround %d of %d' "$round" "$ROUNDS" >&2
done
for w in "${WORKLOADS[@]}"; do
	highest_rates "$w"
done
compare_all
# Only the width of intervals decides what is measured longer, never which system is ahead.
while ! out_of_time; do
	results wide >"$STATE/wide"
	[ -s "$STATE/wide" ] || break
	while read -r w rate; do
		for i in 1 2 3; do
			one_round "$w" "$rate" $((round * 10 + i))
		done
	done <"$STATE/wide"
	round=$((round + 1))
	compare_all
done
[ ! -t 2 ] || printf '\n' >&2
pause

mkdir -p "$(dirname "$OUT")"
results plain >"$OUT"
jq -r --arg do table -f bench/plain.jq "$OUT"
jq -e '.weak == []' "$OUT" >/dev/null
