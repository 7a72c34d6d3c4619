# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
# daemons.sh - for tests that restart, replace and end shuntd under load; sourced after serve.sh

CTL=/run/shunt/labh.sock.ctl
NEXT=build/tests/next/shuntd
BIG='hold_ring: 16384' # a machine that stands still for 100 ms is no loss

logged() { logs shuntd | grep -q "$1"; }
agent_pid() { wait_for 5 stat_of .domains[0].agent.pid; stat_of .domains[0].agent.pid; }
keeper_pid() { ps -o ppid= -p "$(agent_pid)" | tr -d ' '; }
# The process that answers at the control socket has an agent, and that one a worker.
serves() { stat_of '.domains[0].agent | .alive and .worker_pid' && all_up; }
nobody() { ! pgrep -x shuntd >/dev/null; }

# RATE: requests until the test ends; waits for the first.
start_load() {
	start client client shunt-load --to 198.18.0.2:9000 --rate "$(($1 / ${SLOWER:-1}))" \
		--time "$((TEST_LIMIT - 5))" ${CLIENT_SLEEPS:+--sleep} \
		--mix short=0.7:1us,long=0.3:5us --json --wait 3s
	wait_for 10 arrived 1000
}

# Every request of start_load was answered, and none went where no socket was.
assert_nothing_lost() {
	stop client INT
	cp "$DIR/client.log" "$DIR/client.json"
	assert_all_answered
	assert_conserved
	assert_eq "$(stat_of .total.lost)" 0 lost
	assert_eq "$(stat_of '.events.no_socket')" 0 "requests that found no socket"
	assert_eq "$(stat_of '.domains[0].agent.workers')" 1 "times that a worker came"
}

# N: requests arrive and are answered, N more than now.
served_more() { (($(stat_of .total.replied) >= $1)); }
let_serve() { wait_for 10 served_more $(($(stat_of .total.replied) + $1)); }

# Ends it by SIGTERM, whichever process is the keeper now.
stop_shuntd() {
	local pid
	pid=$(keeper_pid)
	kill -TERM "$pid"
	wait_for 10 ended "$pid"
}
ended() { [ ! -e "/proc/$1" ] || [ "$(state_of "$1")" = Z ]; }
