#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kill_wire.sh - SIGKILL for workers and for the agents of NIC and host at random moments under
# load: every request is accounted for, and service resumes
# runs: together
export TRANSPORT=wire
NO_LAB=1
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../kills.sh"

TEST_LIMIT=${LONG:+1500}
TEST_LIMIT=${TEST_LIMIT:-300}
KILLS=${KILLS:-$([ -n "$LONG" ] && echo 100 || echo 10)}
SEED=${SEED:-$RANDOM}

agent_of() { pgrep -P "${PIDS[$1]}"; } # NAME of a keeper: its agent
new_agent() { local now; now=$(agent_of "$1") && [ "$now" != "$2" ]; }

epochs() { stat_of '[.wire.core[].epoch] | add'; }
newer() { (( $(epochs) >= $1 + CORES )); }

# The NIC does not know that it is dead until it hears of the next.
kill_worker() {
	local before
	before=$(epochs)
	kill -KILL "${PIDS[spin]}"
	wait "${PIDS[spin]}" 2>/dev/null || true
	start_worker
	wait_for 10 newer "$before"
}

kill_agent() { # shuntd: the NIC's; shuntd_host
	local agent
	agent=$(agent_of "$1")
	kill -KILL "$agent"
	wait_for 10 new_agent "$1" "$agent"
	wait_for 10 all_up
}

begin() { begin_load 3000 50us 100us; }

finish() {
	finish_load
	assert_eq "$(stat_of '.wire.slots_queued')" 0 "slots in queues"
	assert_eq "$(stat_of '.wire.events | .cookie + .bad + .type + .short')" 0 \
		"control frames that make no sense"
}

test_kills_at_random_lose_only_what_is_counted() {
	local i victim
	RANDOM=$SEED
	echo "seed $SEED"
	begin
	for ((i = 0; i < KILLS; i++)); do
		any_moment
		victim=$((i < 3 ? i : RANDOM % 4))
		case $victim in
		0 | 3) kill_worker ;;
		1) kill_agent shuntd ;;
		2) kill_agent shuntd_host ;;
		esac
	done
	finish
	echo "lost $(stat_of .total.lost) of $(stat_of .total.arrived)"
}

# Neither shuntd of the host is left, and the worker lives: its core goes on to say credits, but the
# program on its function has gone, so it hears nothing. Then it is none of the NIC's, whether
# requests come or not, until the next shuntd is there.
kill_host_agents() {
	local agent
	agent=$(agent_of shuntd_host)
	kill -KILL "${PIDS[shuntd_host]}" "$agent"
	wait "${PIDS[shuntd_host]}" 2>/dev/null || true
	wait_for 5 gone "$agent"
}
gone() { ! kill -0 "$1" 2>/dev/null; }
told_why() { logs shuntd | grep 'core 0 sends credits, but takes nothing that is sent to it'; }
none_up() { host shunt stats -j --dev "$DEV" | jq -e '.wire.core | all(.up | not)'; }

test_a_core_that_its_hosts_shuntd_left_deaf_is_off_until_the_next_one() {
	HANG=300ms
	load mq
	start_worker
	kill_host_agents
	wait_for 5 none_up
	assert_eq "$(stat_of .total.arrived)" 0 "requests, without which it was found"
	wait_for 5 told_why
	start_host_agent
	wait_for 10 all_up
	offer --rate 2000 --count 500 --time 5 --mix short=1:1us
	assert_all_answered
	assert_eq "$(stat_of .total.lost)" 0 "requests that were lost"
	assert_conserved
}

test_requests_for_a_core_that_became_deaf_are_lost_at_most_as_many_as_it_may_have() {
	HANG=300ms
	begin
	kill_host_agents
	wait_for 5 none_up
	start_host_agent
	wait_for 10 all_up
	finish
	assert_le "$(stat_of .total.lost)" $((CORES * (2 + 2))) \
		"requests: k of each core, and as many that it had parked"
}

# The view is a map of the host's XDP program, which is loaded anew for another user's worker.
test_another_users_worker_gets_nothing_that_the_former_had() {
	local first again other
	given_to() {
		host setpriv --reuid "$1" --regid "$1" \
			--clear-groups build/tests/harm given "/run/shunt/$WORKER_DEV.sock" 0
	}
	start_agent() {
		start_nic_agent
		start_host_agent --user 60001 --user 60002
	}
	load mq
	first=$(given_to 60001)
	again=$(given_to 60001)
	other=$(given_to 60002)
	assert_eq "$(jq .view <<<"$again")" "$(jq .view <<<"$first")" \
		"view that the same user is given"
	assert_ne "$(jq .view <<<"$other")" "$(jq .view <<<"$first")" \
		"view that another user is given"
	assert_ne "$(jq .memory <<<"$other")" "$(jq .memory <<<"$again")" \
		"memory that another user is given"
}

run_tests "$@"
