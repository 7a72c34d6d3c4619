#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh SUITE - the papers' workloads (SUITE.sh beside this file) under shunt and what it is
# compared with
#
# A point is one rate of one workload. There all systems are measured one after the other, with the
# same requests; a round goes once over all points. Rates are shares of what shunt-fcfs serves at
# most in a closed loop here. Each point goes into build/bench/SUITE.d/ when it was measured, so a
# run that was stopped goes on where it was; results are written at the end, into
# build/bench/SUITE.json.
#
# Stalls of the machine are set aside: shunt-load adds each sample to the windows of its point and
# system, and shunt-compare makes numbers and comparisons of them (docs/measuring.md); raw numbers
# stand beside them.
#
#   QUICK=1     few points of few systems, below 3 minutes; into SUITE-quick.json
#   MINUTES=N   stop after so long: the same command goes on later
#   ROUNDS, ENOUGH (requests of a point), SEED, REPEAT (points that others disturbed), PATIENCE
#   (seconds to wait for them) TABLE=FILE the workloads, in place of SUITE.sh; RESULTS=DIR in place
#   of build/bench
set -euo pipefail
cd "$(dirname "$0")/../.."
SUITE=$1
QUICK=${QUICK:-}
NAME=$SUITE${QUICK:+-quick}
LAB=b$$-
ROUNDS=${ROUNDS:-}
ENOUGH=${ENOUGH:-${QUICK:+2000}}
ENOUGH=${ENOUGH:-3000}
SEED=${SEED:-1}
MINUTES=${MINUTES:-${QUICK:+2.6}}
TABLE=${TABLE:-bench/tail/$SUITE.sh}
RESULTS=${RESULTS:-build/bench}
OUT=$RESULTS/$NAME.json
STATE=$RESULTS/$NAME.d
STARTED=$SECONDS
NPROC=$(nproc) # before this script keeps to one of them
PATIENCE=${PATIENCE:-${QUICK:+2}}
PATIENCE=${PATIENCE:-60}
REPEAT=${REPEAT:-0} # stalls are set aside, whoever made them

# shellcheck source=bench/tail/suite.sh
. bench/tail/suite.sh
# shellcheck source=bench/tail/tail.sh
. "$TABLE"
# shellcheck source=scripts/in_lab.sh
NO_LAB=1 . scripts/in_lab.sh
# shellcheck source=bench/tail/forward.sh
. bench/tail/forward.sh
# shellcheck source=bench/tail/systems.sh
. bench/tail/systems.sh
[ -z "$QUICK" ] || quick
ROUNDS=${ROUNDS:-6}
[ -z "$QUICK" ] || echo \
	"QUICK: few points, $ROUNDS rounds. Good for seeing that it works, not for claims."

step_forward
stay_awake
taskset -pc 0 $$ >/dev/null # CPU 0 is the client's and whatever starts it
mkdir -p "$STATE"
THIS=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
SETTINGS="$NPROC CPUs, $ROUNDS rounds of $ENOUGH requests, seed $SEED, $(sha256sum <"$TABLE" |
	cut -c1-12)"
if [ "$(cat "$STATE/settings" 2>/dev/null)" != "$SETTINGS" ] || [ -e "$STATE/finished" ]; then
	rm -rf "${STATE:?}"/*
	echo "$SETTINGS" >"$STATE/settings"
	echo "$THIS" >"$STATE/commits"
	touch "$STATE/samples" "$STATE/capacity" "$STATE/repeated"
	echo 0 >"$STATE/waited"
else
	echo "going on with the run in $STATE"
	grep -qx "$THIS" "$STATE/commits" || echo "$THIS" >>"$STATE/commits"
fi

# Time that the hypervisor took (ms), and that the server of KEY waited for a CPU (us).
stolen() { awk '/^cpu[0-9]/ { s += $9 } END { print s * 10 }' /proc/stat; }
waited() {
	awk '{ s += $2 } END { printf "%d", s / 1000 }' /proc/"${PIDS_OF[$1]%% *}"/task/*/schedstat
}

# CPU time of KEY's shuntds so far, in us.
shuntd_us() {
	local pid
	for pid in ${PIDS_OF[$1]#* } ${NICD_OF[$1]-}; do
		cat "/proc/$pid/task/"*/schedstat
	done | awk '{ s += $1 } END { printf "%d", s / 1000 }'
}

# ROUND WORKLOAD RATE SYSTEM: a line of JSON. Requests that an overloaded point left in a socket's
# buffer are served before it.
sample() {
	local time steal wait line key shuntd from
	activate "$4" "${QUANTUM[$2]}" "${K[$2]-$WIRE_K}"
	load "$4" "$2" --closed 1 --count 1 --time 5 --wait 5s >/dev/null
	time=$(awk -v n="$ENOUGH" -v r="$3" 'BEGIN { t = n / r;
		print (t < 0.25 ? 0.25 : (t > 0.6 ? 0.6 : t)) }')
	key=$(key_of "$4")
	steal=$(stolen) wait=$(waited "$key") shuntd=$(shuntd_us "$key")
	mkdir -p "$(windows_of "$2" "$3")"
	from=${EPOCHREALTIME/./}
	line=$(load "$4" "$2" --rate "$3" --time "$time" --warmup 0.05 \
		--seed $((SEED * 1000 + $1)) \
		--gaps "$(gaps_of "$key")" --windows "$(windows_of "$2" "$3" "$4")" |
		jq -c 'del(.classes[].clean)')
	[ -n "$line" ] || { echo "run.sh: no measurement of $4" >&2; cat "$DIR"/*.log >&2; exit 1; }
	from=$((${EPOCHREALTIME/./} - from))
	steal=$(($(stolen) - steal)) wait=$(($(waited "$key") - wait))
	shuntd=$(($(shuntd_us "$key") - shuntd))
	printf '{"round":%d,"workload":"%s","rate":%d,"system":"%s",' "$1" "$2" "$3" "$4"
	printf '"time":%s,"stolen_ms":%d,"waited_us":%d,' "$time" $steal $wait
	printf '"took_us":%d,"shuntd_us":%d,"load":%s}\n' $from $shuntd "$line"
}

# Samples of a point into $STATE/point; fails if others had the CPUs of client or server for more
# than 2 % of its time. Each round begins with another system, since the first one has the quietest
# machine.
measure() { # ROUND WORKLOAD RATE
	local i here=()
	for i in ${SYSTEMS[$2]}; do
		[ -n "${SKIPPED[$i]-}" ] || here+=("$i")
	done
	wait_for_peace
	for ((i = 0; i < ${#here[@]}; i++)); do
		sample "$@" "${here[($1 + i) % ${#here[@]}]}"
	done >"$STATE/point"
	jq -es '(map(.waited_us + .load.waited_ms * 1000) | add) <= (map(.time) | add) * 20000' \
		"$STATE/point" >/dev/null
}

# Measured again, REPEAT times at most and counted, if others were at work; a stall of the
# hypervisor stays.
point() { # ROUND WORKLOAD RATE
	local try=0
	grep -q "^{\"round\":$1,\"workload\":\"$2\",\"rate\":$3," "$STATE/samples" && return
	until measure "$@" || ((try++ >= REPEAT)); do
		! out_of_time || return 1
		echo "$@" >>"$STATE/repeated"
	done
	cat "$STATE/point" >>"$STATE/samples"
}

one_round() { # ROUND: fails when out of time
	local w share
	for w in "${WORKLOADS[@]}"; do
		[ ! -t 2 ] || printf '\r\033[Kround %d of %d: %s' "$1" "$ROUNDS" "$w" >&2
		# shellcheck disable=SC2046
		set_objectives $(sed 's/[a-z]*://g; s/,/ /g' <<<"${SLOS[$w]}")
		capacity "$w" >/dev/null
		for share in ${POINTS[$w]}; do
			! out_of_time || return 1
			point "$1" "$w" "$(rate_of "$(capacity "$w")" "$share")" || return 1
		done
	done
}

# Describes each workload to a reader, for summary.jq.
describe() {
	local w
	for w in "${WORKLOADS[@]}"; do
		jq -n --arg name "$w" --arg figures "${FIGURES[$w]}" --arg mix "${MIX[$w]}" \
			--arg quantum "${QUANTUM[$w]}" \
			--argjson k "${K[$w]-$WIRE_K}" --arg limit "${LIMIT[$w]}" \
			--arg slo "${SLOS[$w]}" --argjson capacity "$(awk -v w="$w" \
			'$1 == w { print $2 }' "$STATE/capacity" | grep . || echo null)" \
			'{name: $name, figures: $figures, mix: $mix, quantum: $quantum, wire_k: $k,
				limit: $limit, objectives: $slo, capacity: $capacity}'
	done
}

compare_all() {
	local w dir
	for w in "${WORKLOADS[@]}"; do
		for dir in "$STATE/windows/$w".*; do
			[ ! -d "$dir" ] || compare_point "$w" "$dir"
		done
	done
}

write_results() {
	local system
	compare_all >"$STATE/compared"
	describe >"$STATE/workloads"
	for system in "${!SKIPPED[@]}"; do
		jq -n --arg s "$system" --arg why "${SKIPPED[$system]}" '{($s): $why}'
	done >"$STATE/skipped"
	jq -n --slurpfile samples "$STATE/samples" --slurpfile workloads "$STATE/workloads" \
		--slurpfile skipped "$STATE/skipped" --slurpfile compared "$STATE/compared" \
		--arg title "$TITLE" --arg suite "$SUITE" \
		--argjson quick "$([ -n "$QUICK" ] && echo true || echo false)" \
		--arg machine "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)" \
		--arg kernel "$(uname -r)" \
		--arg cpuidle "$(cat /sys/devices/system/cpu/cpuidle/current_driver 2>/dev/null ||
		echo none)" \
		--argjson awake "$([ -n "$AWAKE" ] && echo true || echo false)" \
		--argjson cpus "$NPROC" --argjson workers "$WORKERS" \
		--argjson rounds_wanted "$ROUNDS" --argjson seed "$SEED" \
		--argjson enough "$ENOUGH" --argjson waited "$(cat "$STATE/waited")" \
		--argjson repeated "$(wc -l <"$STATE/repeated")" \
		--arg commit "$(paste -sd ' ' "$STATE/commits")" \
		-f bench/tail/summary.jq >"$OUT.tmp"
	mv "$OUT.tmp" "$OUT"
}

# shellcheck disable=SC2048,SC2086
set_up_all ${SYSTEMS[*]}
finished=yes
for ((round = 1; round <= ROUNDS; round++)); do
	one_round "$round" || { finished=; break; }
	[ ! -t 2 ] || printf '\n' >&2
done
pause
write_results
[ -z "$finished" ] || touch "$STATE/finished"
jq -r -f bench/tail/table.jq "$OUT"
[ -n "$finished" ] || echo "Not finished: $(jq .rounds \
	"$OUT") of $ROUNDS rounds begun. The same command goes on."
