#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# restart.sh - shuntd is restarted, upgraded and ended while requests flow
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../daemons.sh"

TEST_LIMIT=${LONG:+600}
TEST_LIMIT=${TEST_LIMIT:-60}

test_restarts_under_load_lose_nothing() {
	local i
	load fcfs "$BIG"
	start_worker
	start_load 20000
	for ((i = 0; i < ${LONG:+97} + 3; i++)); do
		stop shuntd
		assert_eq "$STATUS" 0 "status of shuntd"
		start_agent
		wait_for 10 serves
		let_serve 1000
	done
	assert_nothing_lost
	stop spin
	assert_frames
}

# Two builds of one ABI, in turn.
test_upgrades_under_load_lose_nothing() {
	local i program=$NEXT
	load fcfs "$BIG"
	start_worker
	start_load 20000
	for ((i = 0; i < ${LONG:+18} + 2; i++)); do
		start "next$i" host "$program" --dev "$DEV" --replace
		wait_ended shuntd
		assert_eq "$STATUS" 0 "status of the one that was replaced"
		PIDS[shuntd]=${PIDS[next$i]}
		unset "PIDS[next$i]"
		wait_for 10 serves
		assert_eq "$(readlink "/proc/$(agent_pid)/exe")" "$(realpath "$program")" \
			"program of the agent"
		let_serve 1000
		[ "$program" = "$NEXT" ] && program=$(command -v shuntd) || program=$NEXT
	done
	assert_nothing_lost
	stop spin
	assert_frames
}

test_what_waits_without_a_worker_is_served_after_a_restart() {
	load fcfs 'hold: {age: 10s}'
	offer --rate 2000 --count 50 --time 1 --wait 10ms --mix short=1:1us
	stop shuntd
	start_agent
	start_worker
	wait_for 5 quiet
	assert_eq "$(stat_of .total.replied)" 50 "replied in the end"
	assert_eq "$(stat_of .total.lost)" 0 lost
}

# Rings that were made for two classes are not gone on with for three.
test_what_was_made_for_another_configuration_is_made_anew() {
	load fcfs
	stop shuntd
	host shunt class add third slo=2ms --dev "$DEV"
	start_agent
	wait_for 10 logged 'queue 0: 2 cores, 3 classes'
	host shunt rule add port=9000 offset=0 value=0x03 class=third --dev "$DEV"
	start_worker
	offer --rate 2000 --count 100 --time 5 --mix short=1:1us
	assert_all_answered
}

# A shuntd without a successor keeps memory and sockets for --linger seconds, then leaves nothing.
test_without_a_successor_all_ends_after_a_while() {
	load fcfs
	stop shuntd
	start_agent --linger 1
	wait_for 5 logged 'took over from'
	stop shuntd
	assert_eq "$STATUS" 0 "status of shuntd"
	! nobody || fail "nobody keeps memory and sockets"
	wait_for 5 nobody
	assert_eq "$(ls /run/shunt)" "" "what is left in /run/shunt"
}

test_end_gives_everything_up() {
	load fcfs
	start_worker
	assert_exit 0 host shuntd --dev "$DEV" --end
	wait_ended shuntd
	assert_eq "$STATUS" 0 "status of the one that was ended"
	wait_for 5 nobody
	assert_eq "$(ls /run/shunt)" "" "what is left in /run/shunt"
	assert_eq "$(stat_of '.domains[0].up')" 0 "cores up"
	start_agent
	wait_for 15 all_up
	assert_exit 0 host shuntd --dev "$DEV" --end
	assert_exit 1 host shuntd --dev "$DEV" --end
	assert_match "$(cat "$DIR/err")" 'there is no shuntd at'
}

status_says() { host shunt status --dev "$DEV" >"$DIR/status" && grep -qE "$1" "$DIR/status"; }
doctor_says() {
	host shunt -j doctor --dev "$DEV" >"$DIR/doctor" || true # a failure is what it finds
	jq -e --arg p "$1" '.findings[] | select(.check == "agent") | .text | test($p)' \
		"$DIR/doctor" >/dev/null
}

test_status_tells_a_shuntd_that_hangs_from_one_that_ended_and_from_what_is_kept() {
	load fcfs
	wait_for 5 status_says 'shuntd pid [0-9]+, no worker'
	kill -STOP "$(agent_pid)"
	wait_for 10 status_says 'shuntd \(pid [0-9]+\) HANGS: silent for [0-9]+ ms'
	kill -CONT "$(agent_pid)"
	wait_for 5 status_says 'shuntd pid [0-9]+, no worker'
	stop shuntd
	wait_for 5 status_says 'has ended; memory and sockets are kept for the next one'
	grep -qF "to go on: shuntd --dev $DEV" "$DIR/status" ||
		fail "no next step: $(cat "$DIR/status")"
	doctor_says 'has ended; memory and sockets are kept' ||
		fail "what doctor says: $(host shunt doctor --dev "$DEV")"
	start_agent
	wait_for 5 logged 'took over from'
	host shuntd --dev "$DEV" --end
	wait_for 5 status_says 'has ended, and nothing is kept'
	doctor_says 'has ended, and nothing is kept' ||
		fail "what doctor says: $(host shunt doctor --dev "$DEV")"
}

# A look at the state must not keep a shuntd out.
test_a_look_at_the_state_keeps_no_shuntd_from_starting() {
	local i
	load fcfs
	host shuntd --dev "$DEV" --end
	for ((i = 0; i < 3; i++)); do
		start looks host bash -c "while :; do shunt status --dev $DEV >/dev/null; done"
		start_agent
		wait_for 10 status_says 'shuntd pid [0-9]+, no worker'
		stop looks
		host shuntd --dev "$DEV" --end
	done
}

test_end_ends_one_that_only_keeps() {
	load fcfs
	stop shuntd
	assert_exit 0 host shuntd --dev "$DEV" --end
	wait_for 5 nobody
	assert_eq "$(ls /run/shunt)" "" "what is left in /run/shunt"
}

test_an_unload_ends_one_that_only_keeps() {
	load fcfs
	stop shuntd
	host shunt unload --dev "$DEV"
	wait_for 5 nobody
	assert_eq "$(ls /run/shunt)" "" "what is left in /run/shunt"
}

test_one_that_serves_is_replaced_only_if_that_is_asked_for() {
	local pid
	load fcfs
	pid=$(agent_pid)
	assert_exit 1 host shuntd --dev "$DEV"
	assert_match "$(cat "$DIR/err")" '--replace takes over'
	assert_eq "$(agent_pid)" "$pid" "process of the agent"
}

test_replace_without_one_to_replace_just_starts() {
	config >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	start_agent --replace
	start_worker
	logged 'no shuntd .* to replace' || fail "it did not say so"
}

test_another_abi_is_refused_with_what_would_be_lost() {
	local pid
	load fcfs 'hold: {age: 10s}'
	offer --rate 2000 --count 50 --time 1 --wait 10ms --mix short=1:1us
	pid=$(agent_pid)
	assert_exit 1 host build/tests/abi/shuntd --dev "$DEV" --replace
	assert_match "$(cat "$DIR/err")" \
		"ABI [0-9]+, this one 4000: 'shunt unload' and 'shunt load'.*requests now: 50"
	start_worker
	wait_for 5 quiet
	assert_eq "$(stat_of .total.replied)" 50 "replied in the end"
	assert_eq "$(agent_pid)" "$pid" "process of the agent"
}

# PROGRAM: has the path of the shuntd that runs from now on; the agent is started again.
put_in_place() {
	local agent
	agent=$(agent_pid)
	cp "$1" "$DIR/new"
	mv "$DIR/new" "$DIR/shuntd"
	kill -KILL "$agent"
	wait_for 10 new_agent "$agent"
	wait_for 10 serves
}
new_agent() { stat_of ".domains[0].agent | .alive and .pid != $1"; }

# The program that an upgrade puts in shuntd's place runs next, unless its ABI is another.
test_an_agent_that_is_started_again_is_the_program_that_has_its_path() {
	cp build/shuntd "$DIR/shuntd"
	config >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	start shuntd host "$DIR/shuntd" --dev "$DEV"
	wait_for 10 listens "/run/shunt/$DEV.sock"
	start_worker
	put_in_place "$NEXT"
	assert_eq "$(readlink "/proc/$(agent_pid)/exe")" "$DIR/shuntd" "program of the agent"
	assert_eq "$("/proc/$(agent_pid)/exe" -V)" "shuntd next" "its version"
	put_in_place build/tests/abi/shuntd
	wait_for 5 logged 'going on with the program'
	assert_match "$("/proc/$(agent_pid)/exe" -V)" 'shuntd [0-9]' "its version"
	offer --rate 2000 --count 100 --time 5 --mix short=1:1us
	assert_all_answered
}

# An interface of that name in another network namespace is another one.
test_one_of_another_network_namespace_is_left_alone() {
	local pid
	load fcfs
	pid=$(agent_pid)
	ip netns add other
	for option in --replace --end; do
		assert_exit 1 nsenter --net=/run/netns/other -- shuntd --dev "$DEV" $option
		assert_match "$(cat "$DIR/err")" 'another network namespace: nsenter --net=/proc/'
	done
	stop shuntd
	assert_exit 1 nsenter --net=/run/netns/other -- shuntd --dev "$DEV"
	assert_match "$(cat "$DIR/err")" 'another network namespace: nsenter --net=/proc/'
	start_agent
	wait_for 5 logged 'took over from'
}

# systemd would see its main process end, and not know the other one.
test_one_of_a_unit_is_not_replaced_from_outside() {
	load fcfs
	stop shuntd
	host shuntd --dev "$DEV" --end
	start shuntd nsenter "--net=/run/netns/shunt-$LAB-host" env NOTIFY_SOCKET=@nobody shuntd \
		--dev "$DEV"
	wait_for 10 test -S "$CTL"
	assert_exit 1 host shuntd --dev "$DEV" --replace
	assert_match "$(cat "$DIR/err")" 'systemctl restart'
	assert_exit 1 host shuntd --dev "$DEV" --end
	assert_match "$(cat "$DIR/err")" 'systemctl stop'
}

run_tests "$@"
