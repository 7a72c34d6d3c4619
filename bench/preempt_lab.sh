#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# preempt_lab.sh OUT.json - fcfs without preemption against sq (also with a shorter quantum) and mq,
# in a lab, one worker core, interleaved
#
# Four mixes of service times, each at a rate that keeps the core busy for LOAD of the time, with
# COST_US a request beside its service (more than make bench-costs measures, so the load is rather
# less); and for the first mix a sweep of rates: the highest at which short's p99 is below 300 us.
# p99 is the server's sojourn, from XDP's arrival stamp to the reply; the client's is beside it. The
# client is open-loop and Poisson; a round in which it fell behind counts with the others. Client
# and server note their stalls: `clean` has the same p99 with stalls set aside, pooled over all
# windows of the rounds, with its bounds (docs/measuring.md).
set -euo pipefail
cd "$(dirname "$0")/.."
OUT=$1
LAB=preempt$$
ROUNDS=${ROUNDS:-9}
SECONDS_EACH=${SECONDS_EACH:-1}
SHORTER=2us
LOAD=${LOAD:-40} # percent
SYSTEMS=(fcfs sq "sq-$SHORTER" mq)
NAMES=(bimodal-99.5-0.5 bimodal-50-50 trimodal bimodal-99.5-5)
MIXES=("a=0.995:0.5us,b=0.005:500us" "a=0.5:1us,b=0.5:100us"
	"a=0.3334:1us,b=0.3333:10us,c=0.3333:100us" "a=0.995:5us,b=0.005:100us")
QUANTA=(5us 5us 5us 10us) # the papers'
BEFORE=1ms # so long before a gap what was due may still be waiting, under fcfs

[ "$(nproc)" -ge 2 ] || { echo "preempt_lab: needs 2 CPUs, one a side" >&2; exit 77; }
. scripts/in_lab.sh
cat >"$DIR/preempt.yaml" <<YAML
domains:
  - {queue: 0, cpus: [$(($(nproc) - 1))]}
stamp: true
classes:
  - {name: a, slo: 50us, quantum: 5us}
  - {name: b, slo: 5ms, quantum: 5us}
  - {name: c, slo: 5ms, quantum: 5us}
ports:
  - {port: 9000, default: a}
rules:
  - {port: 9000, offset: 0, value: 0x02, class: b}
  - {port: 9000, offset: 0, value: 0x03, class: c}
YAML
serve "$DIR/preempt.yaml" --gaps "$GAPS" >/dev/null
agent_begin

# POLICY[-QUANTUM] I RATE SEED: one line of JSON, the client's with the mix I, and its settings.
offer() {
	local class mix=${MIXES[$2]} quantum=${QUANTA[$2]}
	[[ $1 != *-* ]] || quantum=${1#*-}
	# Under fcfs it says that nothing is preempted, each time.
	host taskset -c 0 shunt switch "${1%-*}" --dev "$DEV" >"$DIR/switch" 2>&1 || {
		cat "$DIR/switch" >&2
		exit 1
	}
	for class in a b c; do
		host taskset -c 0 shunt quantum set $class "$quantum" --dev "$DEV" >/dev/null
	done
	mkdir -p "$DIR/windows/$2.$3"
	client taskset -c 0 shunt-load --to 198.18.0.2:9000 --rate "$3" --time "$SECONDS_EACH" \
		--cpu 0 --json --mix "$mix" --seed "$4" --gaps "$GAPS" --server-times \
		--windows "$DIR/windows/$2.$3/$1" |
		jq -c --arg policy "$1" --arg mix "$mix" --argjson rate "$3" \
			'{policy: $policy, mix: $mix, rate: $rate, a: .classes.a,
			  sent: ([.classes[].sent] | add), answered: ([.classes[].answered] | add)}'
}

# MIX MEAN_US: requests a second at which the core is busy for LOAD percent: service, and what each
# request costs beside it.
COST_US=4
rate_for() {
	awk -v mean="$1" -v load="$LOAD" -v cost=$COST_US \
		'BEGIN { printf "%d", load * 1e4 / (mean + cost) }'
}
MEANS=(2.9975 50.5 37 5.475)

for ((round = 1; round <= ROUNDS; round++)); do
	for i in "${!MIXES[@]}"; do
		for policy in "${SYSTEMS[@]}"; do
			offer "$policy" "$i" "$(rate_for "${MEANS[i]}")" "$round"
		done
	done
done >"$DIR/rounds.json"

for ((round = 1; round <= (ROUNDS + 2) / 3; round++)); do
	for rate in 2000 5000 10000 20000 30000 40000 50000 60000 70000; do
		for policy in "${SYSTEMS[@]}"; do
			offer "$policy" 0 $rate "$round"
		done
	done
done >"$DIR/sweep.json"

# A line for each mix and rate: class a of all systems, stalls set aside.
for point in "$DIR"/windows/*; do
	systems=()
	for system in "${SYSTEMS[@]}"; do
		systems+=("$system=$point/$system")
	done
	point=${point##*/}
	shunt-compare --json --before $BEFORE "${systems[@]}" |
		jq -c --arg mix "${MIXES[${point%.*}]}" --argjson rate "${point#*.}" \
			'{$mix, $rate} + .classes.a'
done >"$DIR/clean.json"

host shunt stats -j --dev "$DEV" >"$DIR/stats.json"
mkdir -p "$(dirname "$OUT")"
jq -n --slurpfile r "$DIR/rounds.json" --slurpfile s "$DIR/sweep.json" \
	--slurpfile t "$DIR/stats.json" --slurpfile c "$DIR/clean.json" \
	--arg systems "${SYSTEMS[*]}" --arg names "${NAMES[*]}" --arg mixes "${MIXES[*]}" \
	--arg quanta "${QUANTA[*]}" --arg load "$LOAD" -f bench/preempt_lab.jq >"$OUT"
echo "short class: p99 in the server in us, and how far it is below that of fcfs; load $LOAD %;" \
	"~: the method does not hold there: mixes.MIX.clean.SYSTEM.why in the JSON"
jq -r '(.max_rate_at_p99_300us | keys_unsorted) as $systems |
	def to1: if . then . * 10 | round / 10 else "-" end;
	def cut: [.median, .least, .most] | map(if . then . * 100 else . end | to1) |
		"\(.[0]) % (\(.[1]) to \(.[2]))";
	"stalls set aside (95 %):",
	(["mix", "quantum", "rate/s"] + $systems | join("\t")),
	(.mixes | to_entries[] | .value as $m | [.key, $m.quantum, $m.rate, ($systems[] |
		$m.clean[.] as $c | "\($c.p99_us.at | to1)" + ($m.clean_lower_by[.] | if . then
		", \({median: .at, least: .low, most: .high} | cut)" else "" end) +
		if $c.comparable then "" else " ~" end)] | join("\t")),
	(["highest rate, p99 <= 300 us, first mix", "", "",
		(.clean_max_rate_at_p99_300us[$systems[]])] | join("\t")),
	"raw, median of the rounds (least to most):",
	(.mixes | to_entries[] | .value as $m | [.key, $m.quantum, $m.rate, ($systems[] |
		"\($m.short_p99_us[.])" +
			if $m.lower_by[.] then ", \($m.lower_by[.] | cut)" else "" end)] |
		join("\t")),
	(["highest rate, p99 <= 300 us, first mix", "", "", (.max_rate_at_p99_300us[$systems[]])] |
		join("\t"))' \
	"$OUT" | column -t -s "$(printf '\t')"
agent_row "$OUT"
