#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# preempt_lab.sh OUT.json - fcfs without preemption against sq (also with a shorter quantum) and mq,
# in a lab, one worker core, interleaved
#
# Four mixes of service times, each at a rate that keeps the core busy for LOAD of the time, with
# COST_US a request beside its service (more than make bench-costs measures, so the load is rather
# less); and for the first mix a sweep of rates: the highest at which short's p99 is below 300 us.
# p99 is the server's sojourn, from XDP's arrival stamp to the reply; the client's is beside it. The
# client is open-loop and Poisson; a round in which it fell behind counts with the others.
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
serve "$DIR/preempt.yaml" >/dev/null
agent_begin

# POLICY[-QUANTUM] I RATE: one line of JSON, the client's with the mix I, and what it was asked for.
offer() {
	local class mix=${MIXES[$2]} quantum=${QUANTA[$2]}
	[[ $1 != *-* ]] || quantum=${1#*-}
	host taskset -c 0 shunt switch "${1%-*}" --dev "$DEV" >/dev/null
	for class in a b c; do
		host taskset -c 0 shunt quantum set $class "$quantum" --dev "$DEV" >/dev/null
	done
	client taskset -c 0 shunt-load --to 198.18.0.2:9000 --rate "$3" --time "$SECONDS_EACH" \
		--cpu 0 --json --mix "$mix" |
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
			offer "$policy" "$i" "$(rate_for "${MEANS[i]}")"
		done
	done
done >"$DIR/rounds.json"

for ((round = 1; round <= (ROUNDS + 2) / 3; round++)); do
	for rate in 2000 5000 10000 20000 30000 40000 50000 60000 70000; do
		for policy in "${SYSTEMS[@]}"; do
			offer "$policy" 0 $rate
		done
	done
done >"$DIR/sweep.json"

host shunt stats -j --dev "$DEV" >"$DIR/stats.json"
mkdir -p "$(dirname "$OUT")"
jq -n --slurpfile r "$DIR/rounds.json" --slurpfile s "$DIR/sweep.json" \
	--slurpfile t "$DIR/stats.json" \
	--arg systems "${SYSTEMS[*]}" --arg names "${NAMES[*]}" --arg mixes "${MIXES[*]}" \
	--arg quanta "${QUANTA[*]}" --arg load "$LOAD" '
	def median: sort | .[length / 2 | floor];
	def p99($policy; $mix): [$r[] | select(.policy == $policy and .mix == $mix) |
		.a.server_p99_us];
	def client($policy; $mix): [$r[] | select(.policy == $policy and .mix == $mix) |
		.a.p99_us] | median;
	def cut($policy; $mix): [p99("fcfs"; $mix), p99($policy; $mix)] | transpose |
		map(1 - .[1] / .[0]) |
		{median: median, least: min, most: max};
	def good($policy): [$s[] | select(.policy == $policy)] | group_by(.rate) |
		map({rate: .[0].rate, p99: (map(.a.server_p99_us) | median),
		     whole: (map(.answered / .sent) | median > 0.995)});
	def each(f): $systems | split(" ") | map({key: ., value: f}) | from_entries;
	def highest($policy): [good($policy)[] | select(.p99 <= 300 and .whole) | .rate] | max // 0;
	{load_percent: ($load | tonumber), rounds: ($r | length),
	 mixes: ([($names, $mixes, $quanta) | split(" ")] | transpose | map({key: .[0],
	 	value: (.[1] as $m | {
		mix: $m, quantum: .[2], rate: ([$r[] | select(.mix == $m) | .rate] | max),
		short_p99_us: each(p99(.; $m) | median), short_p99_client_us: each(client(.; $m)),
		lower_by: (each(cut(.; $m)) | del(.fcfs))})}) | from_entries),
	 max_rate_at_p99_300us: each(highest(.)), sweep: each(good(.)),
	 difference: $t[0].total.difference, preemption: $t[0].preemption}' >"$OUT"
echo "short class: p99 in the server in us, and by how much that is lower than fcfs's:" \
	"median (least to most); load $LOAD %"
jq -r '(.max_rate_at_p99_300us | keys_unsorted) as $systems |
	(["mix", "quantum", "rate/s"] + $systems | join("\t")),
	(.mixes | to_entries[] | .value as $m | [.key, $m.quantum, $m.rate, ($systems[] |
		"\($m.short_p99_us[.])" + ($m.lower_by[.] |
		if . then [.median, .least, .most] | map(. * 1000 | round / 10) |
		", \(.[0]) % (\(.[1]) to \(.[2]))" else "" end))] |
		join("\t")),
	(["highest rate, p99 <= 300 us, first mix", "", "", (.max_rate_at_p99_300us[$systems[]])] |
		join("\t"))' \
	"$OUT" | column -t -s "$(printf '\t')"
agent_row "$OUT"
