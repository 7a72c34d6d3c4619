#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# agent.sh - what shuntd itself takes of a CPU, and how often it wakes: with nothing to do beside a
# worker, and under load. Writes build/bench/agent.json.
#
# shuntd and the client are on CPU 0, the worker's one core on the last CPU. All is as the kernel
# counts it, for all threads of the agent (schedstat, voluntary switches). The keeper only waits.
set -euo pipefail
cd "$(dirname "$0")/.."
LAB=agent$$
SECONDS_EACH=${SECONDS_EACH:-10}
RATE=${RATE:-60000}

[ "$(nproc)" -ge 2 ] || { echo "agent: needs 2 CPUs, one a side" >&2; exit 77; }
. scripts/in_lab.sh
{
	echo "domains: [{queue: 0, cpus: [$(($(nproc) - 1))]}]"
	short_and_long 50us 1ms
} >"$DIR/agent.yaml"
serve "$DIR/agent.yaml" >/dev/null
asleep() { host shunt stats -j --dev "$DEV" | jq -e '.domains[0].agent.asleep'; }

# NAME: nothing is to be done for a while.
idle() {
	wait_for 10 asleep
	agent_begin
	sleep "$SECONDS_EACH"
	agent_cost | jq -c --arg name "$1" '{name: $name} + .' >>"$DIR/rows.json"
}

# NAME: requests of 1 us, for as long as the client sends them.
loaded() {
	local pid
	client taskset -c 0 shunt-load --to 198.18.0.2:9000 --rate "$RATE" --cpu 0 --json \
		--time "$((SECONDS_EACH + 2))" --mix short=1:1us >"$DIR/client.json" &
	pid=$!
	sleep 1
	agent_begin
	sleep "$SECONDS_EACH"
	agent_cost >"$DIR/cost.json"
	wait "$pid"
	jq -c --arg name "$1" --slurpfile c "$DIR/client.json" '{name: $name} + . +
		{answered: ([$c[].classes[].answered] | add),
		 sent: ([$c[].classes[].sent] | add)}' \
		"$DIR/cost.json" >>"$DIR/rows.json"
}

idle idle
loaded fcfs
host shunt switch mq --dev "$DEV" >/dev/null
for class in short long; do
	host shunt quantum set $class 5us --dev "$DEV" >/dev/null
done
idle idle_preempting
loaded mq_preempting

mkdir -p build/bench
jq -s --arg kernel "$(uname -r)" --argjson rate "$RATE" --argjson seconds "$SECONDS_EACH" \
	--arg commit "$(git rev-parse --short HEAD 2>/dev/null || true)" '
	(map({key: .name, value: del(.name)}) | from_entries) as $rows |
	{idle_cpu: $rows.idle.cpu, idle_wakeups_s: $rows.idle.wakeups_s,
	 loaded_cpu: $rows.fcfs.cpu, loaded_wakeups_s: $rows.fcfs.wakeups_s, rate: $rate,
	 seconds: $seconds, rows: $rows, kernel: $kernel, commit: $commit}' \
	"$DIR/rows.json" >build/bench/agent.json
jq -r '["shuntd", "% of a CPU", "wake-ups/s", "answered"], (.rows | to_entries[] |
	[.key, (.value.cpu * 1e5 | round / 1e3), .value.wakeups_s, .value.answered // ""]) |
	join("\t")' build/bench/agent.json | column -t -s "$(printf '\t')"
