#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# agent.sh - shuntd against workers that lie, linger or wreck what they were given, and against an
# interface and a loader that come and go
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

TEST_LIMIT=${LONG:+600}
TEST_LIMIT=${TEST_LIMIT:-300}
SEED=${SEED:-$RANDOM}
SOCK=/run/shunt/labh.sock

agent_pid() { wait_for 5 stat_of .domains[0].agent.pid; stat_of .domains[0].agent.pid; }
count_of() { stat_of ".domains[0].agent.$1"; }
peer() { host build/tests/peer "$@"; }
logged() { logs shuntd | grep -q "$1"; }
serves() {
	start_worker
	offer --rate 2000 --count 500 --time 5 --mix short=0.7:1us,long=0.3:20us
	assert_all_answered
	assert_conserved
	stop spin
	wait_for 5 no_worker
}

test_frames_are_all_there_before_and_after() {
	load fcfs
	assert_frames
	serves
	assert_frames
	serves
	assert_frames
}

# All 82 descriptors in one message.
test_the_largest_domain_can_be_handed_over() {
	{
		echo "domains:"
		echo "  - {queue: 0, cpus: [$(yes "$CPUS" | head -n 32 | paste -sd,)]}"
		echo "classes:"
		printf '  - {name: c%s}\n' {1..16}
		echo "ports:"
		echo "  - {port: 9000, default: c1}"
	} >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	start_agent
	assert_frames
}

test_malformed_messages_are_dropped_and_counted() {
	local agent n=50000
	[ -z "$LONG" ] || n=1000000
	load fcfs
	agent=$(agent_pid)
	echo "seed $SEED"
	peer hostile $SOCK $n "$SEED" >"$DIR/hostile"
	wait_for 10 no_worker
	assert_eq "$(agent_pid)" "$agent" "process of the agent"
	assert_ge "$(count_of bad_peers)" "$(jq .malformed "$DIR/hostile")" "dropped connections"
	assert_frames
	serves
}

test_a_worker_that_wrecks_its_memory_does_not_wreck_the_agent() {
	local i agent
	load mq
	agent=$(agent_pid)
	start client client shunt-load --sleep --to 198.18.0.2 --rate 1000 --time 30 \
		--mix short=0.7:1us,long=0.3:50us
	echo "seed $SEED"
	for ((i = 0; i < ${LONG:+20}0 + 10; i++)); do
		peer wreck $SOCK $((SEED + i)) || true
		wait_for 10 no_worker
	done
	stop client INT
	assert_eq "$(agent_pid)" "$agent" "process of the agent"
	assert_eq "$(count_of deaths)" "$i" deaths
	start_worker
	offer --rate 2000 --count 500 --time 5 --mix short=0.7:1us,long=0.3:20us
	assert_all_answered
	stop spin
	assert_frames
}

test_a_worker_that_hangs_up_and_lives_on_is_ended() {
	load fcfs
	start peer host build/tests/peer linger $SOCK
	wait_for 5 logged 'hung up'
	assert_eq "$(up)" 0 "cores up"
	wait_for 10 no_worker
	! running peer || fail "it lives"
	serves
}

test_a_silent_core_is_off_and_its_requests_are_served_by_the_next() {
	load fcfs 'hang: {after: 300ms, action: tell}
hold: {age: none}'
	start peer host build/tests/peer silent $SOCK
	wait_for 5 all_up
	offer --rate 1000 --count 50 --time 1 --wait 10ms --mix short=1:1us
	wait_for 5 logged 'is silent'
	assert_eq "$(up)" 0 "cores up"
	assert_eq "$(answered)" 0 answered
	stop peer KILL
	wait_for 5 no_worker
	start_worker
	wait_for 5 quiet
	assert_eq "$(stat_of .total.replied)" 50 "replied in the end"
	assert_conserved
	assert_eq "$(stat_of .total.lost)" 0 lost
	stop spin
	assert_frames
}

# Requests that came before shuntd saw the worker stand still are not answered either: the worker
# knows the limit of age before it takes the first one.
test_a_worker_that_stood_still_answers_nothing_that_is_old() {
	load fcfs 'hang: {after: 300ms, action: tell}
hold: {age: 500ms}'
	start_worker
	kill -STOP "${PIDS[spin]}"
	offer --rate 1000 --count 50 --time 1 --wait 10ms --mix short=1:1us
	wait_for 5 logged 'is silent'
	wait_for 5 none_is_up
	offer --rate 1000 --count 50 --time 1 --wait 10ms --mix short=1:1us
	read -rt 0.8 <> <(:) || true # they grow old
	kill -CONT "${PIDS[spin]}"
	wait_for 5 all_up
	wait_for 5 quiet
	assert_eq "$(stat_of .total.replied)" 0 replied
	assert_eq "$(stat_of .total.expired)" 100 expired
	assert_conserved
	offer --rate 1000 --count 100 --time 1 --mix short=1:1us
	assert_all_answered
}
none_is_up() { [ "$(up)" = 0 ]; }

# SIDE IFNAME NUMBER OTHER: one end of a new veth pair, as the lab has it.
plug_in() {
	"$1" ip addr add "198.18.0.$3/24" dev "$2"
	"$1" ethtool -K "$2" gro on txvlan off rxvlan off >/dev/null
	"$1" ip link set "$2" up
	"$1" ip neigh replace "198.18.0.$4" lladdr "02:00:c6:12:00:0$4" dev "$2" nud permanent
}

new_link() {
	host ip link del "$DEV"
	ip link add labc netns shunt-lab-client address 02:00:c6:12:00:01 type veth \
		peer name "$DEV" netns shunt-lab-host address 02:00:c6:12:00:02
	plug_in client labc 1 2
	plug_in host "$DEV" 2 1
}

test_the_interface_goes_away_and_comes_back() {
	load fcfs
	start_worker
	new_link
	wait_for 5 logged 'went away'
	host shunt unload --dev "$DEV"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	wait_for 15 all_up
	offer --rate 2000 --count 500 --time 5 --mix short=1:1us
	assert_all_answered
	assert_conserved
}

test_unloading_and_loading_under_a_worker() {
	local i
	load fcfs
	start_worker
	for i in 1 2 3; do
		host shunt unload --dev "$DEV"
		wait_for 5 logged 'was unloaded'
		host shunt load mq --dev "$DEV" --config "$DIR/config.yaml"
		wait_for 15 all_up
		offer --rate 2000 --count 500 --time 5 --mix short=1:1us
		assert_all_answered
		assert_conserved
	done
	stop spin
	assert_frames
}

test_it_waits_until_shunt_is_loaded() {
	start shuntd host shuntd --dev "$DEV"
	wait_for 5 logged 'is not loaded'
	assert_exit 1 host shuntd --dev "$DEV" --once --socket "$DIR/other.sock"
	config >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	wait_for 5 logged 'queue 0:'
	serves
}

none_is_left() { ! pkill -KILL -x shuntd; } # one that is not killed takes the place of the other

# With both processes of shuntd killed, the worker alone has the sockets.
test_both_its_processes_are_killed_under_a_worker_and_no_request_that_it_has_is_lost() {
	load fcfs
	start_worker
	start client client shunt-load --sleep --to 198.18.0.2 --rate 2000 --time 60 \
		--mix short=1:1us
	wait_for 5 arrived 200
	wait_for 5 none_is_left
	wait "${PIDS[shuntd]}" 2>/dev/null || true
	unset 'PIDS[shuntd]'
	start_agent
	wait_for 15 came_again
	wait_for 15 all_up
	wait_for 5 arrived $(($(stat_of .total.arrived) + 200))
	stop client INT
	assert_conserved
	assert_eq "$(stat_of .total.lost)" 0 lost
	stop spin
	assert_frames
}

came_again() { [ "$(count_of workers)" = 2 ]; }

# The next agent goes on taking back what the worker had, wherever the one before was.
test_an_agent_that_dies_while_it_takes_back_what_a_worker_had_is_continued() {
	local i agent
	load mq
	start client client shunt-load --sleep --to 198.18.0.2 --rate 3000 --time 60 \
		--mix short=0.7:1us,long=0.3:50us
	RANDOM=$SEED
	echo "seed $SEED"
	for ((i = 0; i < ${LONG:+9}0 + 6; i++)); do
		start_worker
		agent=$(agent_pid)
		kill -KILL "${PIDS[spin]}"
		read -rt "0.0$((RANDOM % 4))$((RANDOM % 10))" <> <(:) || true
		kill -KILL "$agent"
		wait "${PIDS[spin]}" 2>/dev/null || true
		wait_for 10 no_worker
	done
	stop client INT
	assert_eq "$(count_of deaths)" "$i" deaths
	! logs shuntd | grep -q 'making new ones' || fail "it had to start anew"
	start_worker
	wait_for 10 quiet
	assert_conserved
	stop spin
	assert_frames
}

said_again() { (($(logs shuntd | grep -c 'refused again') >= 2)); }

# A worker that is refused asks each second.
test_after_unload_a_worker_that_asks_again_and_again_is_refused_in_one_line() {
	config >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	start_agent -v
	start_worker
	host shunt unload --dev "$DEV"
	wait_for 15 said_again
	assert_eq "$(logs shuntd | grep -c "refused 'shunt-spin' (process")" 1 "lines about it"
}

# The keeper reaps its agent late where it is stopped: the process keeps its number until then.
test_a_killed_agent_is_not_said_to_serve_before_it_is_reaped() {
	local agent keeper
	load fcfs
	agent=$(agent_pid)
	keeper=${PIDS[shuntd]}
	kill -STOP "$keeper"
	kill -KILL "$agent"
	wait_for 5 is_zombie "$agent"
	stat_of '.domains[0].agent | .state == "kept" and (.alive | not)' >/dev/null ||
		fail "an ended shuntd is '$(stat_of .domains[0].agent)'"
	assert_match "$(host shunt status)" "shuntd \(pid $agent\) has ended; memory and sockets"
	assert_exit 1 host shunt doctor --dev "$DEV"
	assert_match "$(cat "$DIR/out")" "fail  agent .*shuntd \(pid $agent\) has ended"
	host shunt unload --dev "$DEV" 2>"$DIR/err"
	! grep -q "pid $agent" "$DIR/err" || fail "unload says that it is there: $(cat "$DIR/err")"
	kill -CONT "$keeper"
}
is_zombie() { [ "$(state_of "$1")" = Z ]; }

test_it_keeps_only_the_privileges_that_it_needs() {
	local pid caps
	load fcfs
	for pid in $(pgrep -x shuntd); do
		caps=$(awk '/^CapEff/ { print $2 }' "/proc/$pid/status")
		# KILL 5, NET_ADMIN 12, NET_RAW 13, IPC_LOCK 14, BPF 39
		assert_eq "$((16#$caps))" $((1 << 5 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 39)) \
			"capabilities of $pid"
	done
	serves
}

test_a_silent_worker_is_told() {
	load fcfs 'hang: {after: 200ms, action: tell}'
	start_worker
	! host shunt status | grep -q SILENT || fail "it is not silent yet"
	kill -STOP "${PIDS[spin]}"
	wait_for 10 sh -c \
		"nsenter --net=/run/netns/shunt-$LAB-host shunt status | grep -qE 'worker pid [0-9]+ .*\(SILENT: [0-9]+ of its cores are off'"
	kill -CONT "${PIDS[spin]}"
	wait_for 10 all_up
	! host shunt status | grep -q SILENT || fail "it turns again"
}

[ -n "${ELSEWHERE:-}" ] || run_tests "$@"
