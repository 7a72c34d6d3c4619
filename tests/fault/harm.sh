#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# harm.sh - two domains, two users that may be workers: one of them means harm, and wastes its own domain alone
# runs: pairs
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"

LAB_ARGS=(--queues 2)
SOCK=/run/shunt/labh.sock
GOOD=60001 BAD=60002

domain() { echo "{queue: 0, cpus: [0]}
  - {queue: 1, cpus: [$(($(nproc) - 1))]}"; }

# USER COMMAND…: on the host, as that user.
as() { host setpriv --reuid "$1" --regid "$1" --clear-groups --inh-caps=-all "${@:2}"; }
start_as() { # NAME USER COMMAND…
	start "$1" host setpriv --reuid "$2" --regid "$2" --clear-groups --inh-caps=-all "${@:3}"
}

logged() { logs shuntd | grep -q "$1"; }
said() { grep -q "$2" "$DIR/$1.log"; }
has_worker() { stat_of ".domains[$1].agent.worker_pid != null"; }
is_free() { stat_of ".domains[$1].agent.worker_pid == null"; }
is_up() { stat_of ".domains[$1].up == 1"; }
agent_pid() { stat_of .domains[0].agent.pid; }
# CPU time of the agent so far, in ms.
cpu_ms() { awk '{ print int($1 / 1000000) }' "/proc/$(agent_pid)/schedstat"; }

# What the client sends comes through queue 0 alone.
all_through_queue_0() {
	client unshare --mount bash -c 'mount -t sysfs sysfs /sys && cd /sys/class/net/labc/queues &&
		sed "s/[0-9a-f]/0/g" tx-0/xps_cpus >/run/none && cat /run/none >tx-1/xps_cpus &&
		printf "%x" $(((1 << $(nproc)) - 1)) >tx-0/xps_cpus'
}

begin() {
	all_through_queue_0
	load fcfs "$@"
	wait_for 5 stat_of .domains[1].agent.pid
}

start_good() {
	start_as good $GOOD build/shunt-spin --dev "$DEV" --domain 0 --idle sleep
	wait_for 10 is_up 0
}

# Whatever the other does: the healthy one's requests are all answered, and it can go and come again.
assert_unharmed() {
	offer --rate 1000 --count 300 --time 5 --mix short=1:1us
	assert_all_answered
}

start_agent() {
	start shuntd host prlimit --nofile=1024 shuntd --dev "$DEV" --user $GOOD --user $BAD "$@"
	wait_for 10 test -S $SOCK
}

# Descriptors that were sent and not read are root's: beyond its limit, the kernel would carry none for anybody.
test_who_never_reads_its_welcomes_gets_no_more_of_them() {
	local agent keeper
	begin
	agent=$(agent_pid)
	start_good
	start_as bad $BAD build/tests/harm deaf $SOCK 1 200
	wait_for 10 said bad done
	assert_unharmed
	# The keeper is told of a new worker by a descriptor, too.
	stop good
	wait_for 5 is_free 0
	start_good
	assert_unharmed
	assert_eq "$(agent_pid)" "$agent" "process of the agent"
	stop bad KILL
	wait_for 5 is_free 1
	start_as next $BAD build/shunt-spin --dev "$DEV" --domain 1 --idle sleep
	wait_for 10 is_up 1
}

# Neither those that connect and say nothing nor those that connect all the time keep another user out, and shuntd
# does not spend its time on them.
test_connections_of_one_user_do_not_keep_others_out() {
	local i before began spent
	begin
	for i in 1 2 3 4; do start_as "crowd$i" $BAD build/tests/harm crowd $SOCK 60; done
	for i in 1 2; do start_as "storm$i" $BAD build/tests/harm storm $SOCK 20; done
	before=$(cpu_ms)
	began=${EPOCHREALTIME/./}
	for i in 1 2 3; do
		start_good
		stop good
		wait_for 5 is_free 0
	done
	wait_for 5 logged "refused a connection of process .*user $BAD"
	spent=$((($(cpu_ms) - before) * 100000 / (${EPOCHREALTIME/./} - began)))
	assert_le "$spent" 25 "percent of a CPU that shuntd took"
	echo "shuntd took $spent % of a CPU"
	start_good
	assert_unharmed
}

[ -n "${ELSEWHERE:-}" ] || run_tests "$@"
