#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kill.sh - SIGKILL for worker, agent and keeper at random moments under load: every request is
# accounted for, no frame leaks, service resumes
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../kills.sh"

TEST_LIMIT=${LONG:+3000}
TEST_LIMIT=${TEST_LIMIT:-300}
KILLS=${KILLS:-$([ -n "$LONG" ] && echo 300 || echo 20)}
SEED=${SEED:-$RANDOM}

agent_pid() {
	host shunt stats -j --dev "$DEV" | jq -e '.domains[0].agent | select(.alive) | .pid'
}
new_agent() { local now; now=$(agent_pid) && [ "$now" != "$1" ]; }
parent_of() { awk '/^PPid/ { print $2 }' "/proc/$1/status"; }

kill_worker() {
	kill -KILL "${PIDS[spin]}"
	wait "${PIDS[spin]}" 2>/dev/null || true
	[ -z "${1:-}" ] || return 0
	start_again
}

# The domain is free once what the dead worker had is taken back.
start_again() {
	wait_for 20 sh -c "nsenter --net=/run/netns/shunt-$LAB-host shunt stats -j --dev $DEV |
		jq -e '.domains[0] | .up == 0 and .agent.worker_pid == null'"
	start_worker
}

kill_agent() {
	local agent
	agent=$(agent_pid)
	kill -KILL "$agent"
	wait_for 10 new_agent "$agent"
	wait_for 10 all_up
}

kill_keeper() {
	local agent
	agent=$(agent_pid)
	kill -KILL "$(parent_of "$agent")"
	wait_for 10 new_agent "$agent"
	wait_for 10 all_up
}

# Either one that is left takes the other's place at once: so none may run while they are killed.
kill_both() {
	while pgrep -x shuntd >/dev/null; do
		pkill -STOP -x shuntd || true
		pkill -KILL -x shuntd || true
	done
}

finish() {
	finish_load
	stop spin
	assert_frames
	! logs shuntd | grep -q 'making new ones' || fail "shuntd had to start anew"
	! logs shuntd | grep 'the ledger of domain' || fail "the ledger and the rings differ"
}

begin() { begin_load 4000 5us 50us; }

test_kills_at_random_lose_only_what_is_counted() {
	local i victim
	RANDOM=$SEED
	echo "seed $SEED"
	begin
	for ((i = 0; i < KILLS; i++)); do
		any_moment
		victim=$((RANDOM % 4))
		case $victim in
		0 | 1) kill_worker ;;
		2) kill_agent ;;
		3) kill_keeper ;;
		esac
	done
	finish
	echo "lost $(stat_of .total.lost) of $(stat_of .total.arrived)"
}

# On a busy machine requests are preempted more often, and parked ones die with their worker.
test_a_killed_worker_loses_at_most_what_it_was_running() {
	begin
	host shunt preempt set parked=2 --dev "$DEV" >/dev/null
	kill_worker
	finish
	assert_le "$(stat_of .total.lost)" 6 \
		"lost: two cores, each runs one and may be taking one, and two are parked"
}

test_traffic_goes_on_while_the_agent_is_dead() {
	local agent
	begin
	agent=$(agent_pid)
	kill -STOP "$(parent_of "$agent")" # so that it is not replaced
	kill -KILL "$agent"
	offer --rate 2000 --count 1000 --time 5 --mix short=1:1us
	assert_all_answered
	kill -CONT "$(pgrep -o -x shuntd)"
	wait_for 10 new_agent "$agent"
	finish
	assert_eq "$(stat_of .total.lost)" 0 lost
}

test_agent_and_keeper_both_dead_lose_nothing_while_the_worker_lives() {
	begin
	kill_both
	start_agent
	wait_for 15 all_up
	finish
	assert_eq "$(stat_of .total.lost)" 0 lost
}

test_all_dead_starts_again_with_everything_counted() {
	begin
	kill_both
	kill_worker only
	start_agent
	start_worker
	finish
}

replied() { [ "$(stat_of .total.replied)" = "$1" ]; }

# A busy machine keeps a CPU from a worker for a second: so it hangs after three. The client goes on
# until the worker is found.
test_a_hung_worker_is_found() {
	config 'hang: {after: 3s, action: kill}' >"$DIR/config.yaml"
	host shunt load mq --dev "$DEV" --config "$DIR/config.yaml"
	start_agent
	start_worker
	client shunt-load --to 198.18.0.2:9000 --rate 1000 --count 1 --time 1 --mix short=1:90ms
	wait_for 10 replied 1
	start client client shunt-load --sleep --to 198.18.0.2:9000 --rate 500 --time 600
	wait_for 10 arrived 100
	running spin || fail "90 ms were taken for a hang"
	kill -STOP "${PIDS[spin]}"
	wait_for 30 has_ended "${PIDS[spin]}"
	unset 'PIDS[spin]'
	start_again
	finish
}

[ -n "${ELSEWHERE:-}" ] || run_tests "$@"
