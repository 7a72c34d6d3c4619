#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# unit.sh - shuntd as the unit has it: what it may do is little, and all that it does
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../daemons.sh"
# runs: together
# shellcheck source=tests/systemd.sh
. "$(dirname "$0")/../systemd.sh"

[ -z "$LONG" ] || TEST_LIMIT=120
MOST=25 # tenths of systemd-analyze's exposure, 0 to 100

main_pid() { ctl show -P MainPID "shuntd@$DEV"; }
restarts() { ctl show -P NRestarts "shuntd@$DEV"; }
is_active() { [ "$(ctl is-active "$1")" = active ]; }

# Processes of the unit, by their numbers there.
processes() {
	in_systemd cat "/sys/fs/cgroup$(ctl show -P ControlGroup "shuntd@$DEV")/cgroup.procs"
}
agent_pid() { processes | grep -vx "$(main_pid)"; }
has_agent() { [ -n "$(agent_pid)" ]; }
has_another_agent() { has_agent && [ "$(agent_pid)" != "$1" ]; }

# A policy is loaded, shuntd and a worker run under systemd.
serve_under_systemd() { # [CONFIG LINES…]
	boot_systemd host
	config "$@" >"$DIR/config.yaml"
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	install_unit 'Environment="SHUNTD_OPTIONS=--user 65534"'
	install_worker --dev "$DEV" --idle sleep
	ctl start "shuntd@$DEV"
	ctl start worker
	wait_for 10 all_up
}

assert_serves() {
	offer --rate 3000 --count 1500 --time 10 --mix short=0.7:1us,long=0.3:20us
	assert_all_answered
	assert_conserved
	! logs shuntd | grep -E 'cannot|ignoring|not permitted' || fail "shuntd complains"
}

test_the_unit_exposes_no_more_than_it_must() {
	need systemd-analyze
	systemd-analyze security --offline=true --no-pager \
		--threshold=$MOST "$ROOT/agent/shuntd@.service" >"$DIR/out" 2>&1 || {
		grep -E '✗|→' "$DIR/out" >&2
		fail "its exposure is above $((MOST / 10)).$((MOST % 10))"
	}
	tail -n 1 "$DIR/out"
}

test_a_hardened_shuntd_serves_and_has_no_privilege_that_it_does_not_need() {
	local status
	serve_under_systemd
	assert_serves
	host shunt switch mq --dev "$DEV"
	assert_serves
	status=$(in_systemd cat "/proc/$(main_pid)/status")
	assert_match "$status" $'CapBnd:\t0000008000007020'
	assert_match "$status" $'CapEff:\t000000800000[0-9a-f]*'
	assert_match "$status" $'NoNewPrivs:\t1'
	assert_match "$status" $'Seccomp:\t2'
	! in_systemd grep -E '/proc .*hidepid' "/proc/$(main_pid)/mountinfo" ||
		fail "it cannot see its workers in /proc"
	ctl stop "shuntd@$DEV"
	assert_eq "$(ctl show -P Result "shuntd@$DEV")" success "result of the unit"
}

# Signals would come one after the other, so the process left would take the other's place.
kill_at_once() {
	echo 1 | in_systemd tee \
		"/sys/fs/cgroup$(ctl show -P ControlGroup "shuntd@$DEV")/cgroup.kill" >/dev/null
}

# Serves another agent than $1? Stats have its number in its own process namespace.
serves_by_another() { stat_of ".domains[0].agent.pid != $1" && [ -n "$(processes)" ]; }

# systemd has all descriptors while nobody runs, be it asked for a restart or find both processes
# dead.
test_systemd_starts_it_again_under_load_and_no_request_is_lost() {
	local i was
	serve_under_systemd "$BIG"
	# not five times in 10 s at most
	printf '%s\n' '[Unit]' 'StartLimitIntervalSec=0' >"$UNITS/shuntd@.service.d/often.conf"
	ctl daemon-reload
	start_load 5000
	for ((i = 0; i < ${LONG:+18} + 2; i++)); do
		was=$(stat_of .domains[0].agent.pid)
		if ((i % 2)); then
			kill_at_once
		else
			ctl restart "shuntd@$DEV"
		fi
		wait_for 10 serves_by_another "$was"
		let_serve 500
	done
	assert_nothing_lost
	assert_eq "$(restarts)" 1 \
		"times that systemd found it dead, after it was last asked for a restart"
	! logs shuntd | grep -E 'cannot|ignoring|not permitted' || fail "shuntd complains"
}

# --- with LONG=1
# -----------------------------------------------------------------------------------

long_test_processes_of_a_hardened_shuntd_replace_each_other() {
	local was
	serve_under_systemd
	wait_for 5 has_agent
	was=$(agent_pid)
	in_systemd kill -KILL "$was"
	wait_for 10 has_another_agent "$was"
	assert_serves
	was=$(main_pid)
	in_systemd kill -KILL "$was"
	wait_for 10 main_pid_is_not "$was"
	wait_for 10 has_agent
	wait_for 10 all_up
	assert_serves
	assert_eq "$(restarts)" 0 "times that systemd had to start it again"
}

main_pid_is_not() {
	is_active "shuntd@$DEV" && [ "$(main_pid)" != 0 ] && [ "$(main_pid)" != "$1" ]
}

long_test_a_hardened_shuntd_is_restarted_beside_its_worker() {
	serve_under_systemd
	for _ in 1 2 3; do
		ctl restart "shuntd@$DEV"
		wait_for 10 all_up
		assert_serves
	done
}

is_over() { ! is_active "$1"; }

long_test_a_hardened_shuntd_ends_a_worker_that_hangs() {
	serve_under_systemd 'hang: {after: 300ms, action: kill}'
	in_systemd kill -STOP "$(ctl show -P MainPID worker)"
	wait_for 10 is_over worker
	assert_eq "$(ctl show -P ExecMainStatus worker)" 9 "signal that ended the worker"
	ctl start worker
	wait_for 10 all_up
	assert_serves
}

# On the wire: either the NIC's shuntd or the host's runs under systemd.
on_the_wire() {
	TRANSPORT=wire
	# shellcheck source=tests/wire.sh
	. "$TESTS/wire.sh"
	use_wire
	config >"$DIR/config.yaml"
}

long_test_a_hardened_shuntd_feeds_a_nic() {
	on_the_wire
	boot_systemd nic
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	install_unit 'Environment="SHUNTD_OPTIONS=--role nic"'
	ctl start "shuntd@$DEV"
	start_host_agent
	start_worker
	assert_serves
}

long_test_a_hardened_shuntd_serves_the_workers_of_a_nic_s_host() {
	local i options=
	on_the_wire
	boot_systemd host
	host shunt load fcfs --dev "$DEV" --config "$DIR/config.yaml"
	start_nic_agent
	for ((i = 1; i < CORES; i++)); do
		options+=" --dev ${LAB}h$i"
	done
	cp "$KEY" /run/shunt.key
	options+=" --nic 02:00:c6:12:00:02 --key /run/shunt.key --user 65534"
	install_unit "Environment=\"SHUNTD_OPTIONS=--role host$options\""
	install_worker --dev "$WORKER_DEV" --idle sleep
	ctl start "shuntd@$WORKER_DEV"
	ctl start worker
	wait_for 10 all_up
	assert_serves
}

if [ -n "$LONG" ]; then
	for name in $(declare -F | grep -oE ' long_test_.*'); do
		eval "${name#long_}() { $name; }"
	done
fi
[ $# -gt 0 ] || mapfile -t ALL < <(declare -F | grep -oE '\<test_.*')
run_tests "${@:-${ALL[@]}}"
