#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# sleep.sh - shuntd sleeps while nothing is to be done, and is there at once when something is
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

agent() { stat_of ".domains[0].agent | $1"; }
asleep() { agent .asleep; }

# Times that the agent's main thread gave its CPU up by itself.
wake_ups() { awk '/^voluntary_ctxt/ { print $2 }' "/proc/$1/status"; }

ask_once() { offer --rate 100 --count 1 --time 1 --mix "short=1:${1:-1us}"; }

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# COMMAND…: milliseconds until it succeeds, less what the look takes here now.
time_until() {
	local began look
	began=$(now_ms)
	"$@" >/dev/null && { echo 0; return; }
	look=$(($(now_ms) - began))
	wait_for 5 "$@"
	echo $(($(now_ms) - began - 2 * look))
}

# Of several tries the median: shuntd sleeps for 600 ms otherwise.
soon_enough() { # WHAT MS…
	local median
	echo "$1: ${*:2} ms"
	median=$(printf '%s\n' "${@:2}" | sort -n | sed -n "$((($# - 1) / 2 + 1))p")
	assert_le "$median" 150 "ms until $1"
}

test_an_idle_shuntd_wakes_less_than_three_times_a_second() {
	local pid was cpu
	load mq 'preempt: {mode: on}'
	host shunt quantum set long 5us --dev "$DEV"
	start_worker
	ask_once
	wait_for 5 asleep
	pid=$(agent .pid)
	was=$(wake_ups "$pid")
	cpu=$(awk '{ print $1 }' "/proc/$pid/schedstat")
	sleep 5
	echo "$(($(wake_ups "$pid") - was)) wake-ups," \
		"$((($(awk '{ print $1 }' "/proc/$pid/schedstat") - cpu) / 1000)) us in 5 s"
	assert_le $(($(wake_ups "$pid") - was)) 15 "wake-ups in 5 s"
	asleep
}

test_each_first_request_wakes_it() {
	local i
	load fcfs
	start_worker
	for ((i = 1; i <= 8; i++)); do
		wait_for 5 asleep
		ask_once
		wait_for 5 agent ".woken == $i"
	done
	assert_all_answered
	assert_conserved
}

test_what_waits_for_no_worker_expires_beside_a_sleeping_shuntd() {
	load fcfs 'hold: {age: 300ms}'
	wait_for 5 asleep
	offer --rate 1000 --count 20 --time 1 --wait 10ms --mix short=1:1us
	wait_for 3 stat_of '.total | .expired == 20 and .waiting == 0'
	wait_for 5 asleep
}

test_a_core_that_hangs_in_the_first_request_is_found() {
	load fcfs 'hang: {after: 40ms}'
	start_worker
	wait_for 5 asleep
	offer --rate 100 --count 1 --time 1 --mix short=1:100ms
	wait_for 5 stat_of '[.domains[0].core[].hung] | add >= 1'
	wait_for 5 all_up
}

# Of class 1, in the view: written by the agent alone.
requeue_is() { stat_of ".domains[0].requeue[1] == \"$1\""; }

test_a_sleeping_shuntd_hears_of_shunt_at_once() {
	local way tries=()
	load mq
	start_worker
	for way in head tail head tail head; do
		wait_for 5 asleep
		host shunt class set long requeue=$way --dev "$DEV"
		tries+=("$(time_until requeue_is $way)")
	done
	soon_enough "a class's change is in the view" "${tries[@]}"
}

logged() { logs shuntd | grep -q "$1"; }

test_a_switch_reaches_a_sleeping_shuntd_at_once() {
	local gen=1 tries=() policy
	load mq
	start_worker
	for policy in fcfs mq fcfs; do # a line that comes more often is kept back
		wait_for 5 asleep
		host shunt switch $policy --dev "$DEV"
		gen=$((gen + 1))
		tries+=("$(time_until logged "policy '$policy', generation $gen")")
	done
	soon_enough "shuntd has the policy" "${tries[@]}"
	ask_once
	assert_all_answered
}

# head or tail for class 1, as bpftool writes it: a byte of its struct.
write_requeue() {
	local pin=/sys/fs/bpf/shunt/$DEV/classes value
	value=$(bpftool -j map lookup pinned "$pin" key 1 0 0 0 |
		jq -r ".value[16] = \"$([ "$1" = head ] && echo 0x00 || echo 0x01)\" |
			.value | join(\" \")")
	# shellcheck disable=SC2086 # bytes
	bpftool map update pinned "$pin" key 1 0 0 0 value $value
}

test_a_touch_after_bpftool_is_heard_at_once() {
	local way tries=()
	need bpftool
	load mq
	for way in head tail head tail head; do
		wait_for 5 asleep
		write_requeue $way
		touch "/sys/fs/bpf/shunt/$DEV"
		tries+=("$(time_until requeue_is $way)")
	done
	soon_enough "what bpftool wrote is in the view" "${tries[@]}"
}

test_what_bpftool_wrote_is_in_force_with_the_next_request() {
	local way tries=()
	need bpftool
	load mq
	start_worker
	for way in head tail head tail head; do
		wait_for 5 asleep
		write_requeue $way
		ask_once
		tries+=("$(time_until requeue_is $way)")
	done
	soon_enough "what bpftool wrote is in the view" "${tries[@]}"
}

test_what_bpftool_wrote_is_in_force_within_a_second_in_any_case() {
	need bpftool
	load mq
	wait_for 5 asleep
	write_requeue head
	wait_for 1 requeue_is head
}

test_an_unload_is_heard_of_at_once() {
	load fcfs
	wait_for 5 asleep
	host shunt unload --dev "$DEV" >"$DIR/unload.log" 2>&1
	soon_enough "the end of the load is noticed" "$(time_until logged 'was unloaded')"
}

test_status_says_what_shuntd_costs() {
	load fcfs
	start_worker
	wait_for 5 asleep
	wait_for 5 agent '.cpu >= 0 and .cpu < 0.01 and .wakeups_s < 3'
	assert_match "$(host shunt status --dev "$DEV")" \
		'shuntd took 0\.[0-9]+ % of a CPU and woke [12]\.[0-9] times in the last second; it sleeps'
}

run_tests "$@"
