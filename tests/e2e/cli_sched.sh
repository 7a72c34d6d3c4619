#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cli_sched.sh - shunt sched without a scheduler: what is refused, and in which words; make
# test-sched has it in force, in guests
# runs: beside
. "$(dirname "$0")/../lib.sh"

NO_LAB=1

# A dry run, as this machine's threads are not to be taken.
try() { shunt sched load "$@" --dry-run; }

# CODE COMMAND…: as a kernel without sched_ext ends it; one that has it lets a dry run succeed.
ends_at_the_kernel() {
	if [ -e /sys/kernel/sched_ext/state ]; then
		assert_exit 0 "$@"
	else
		assert_exit 3 "$@"
		assert_match "$(cat "$DIR/err")" 'takes no scheduler of threads \(sched_ext\)'
		assert_match "$(cat "$DIR/err")" 'hint: it needs Linux 6.18'
	fi
}

test_policies_that_need_a_packet_or_bind_at_arrival_are_refused_by_name() {
	local policy
	for policy in affinity rss steal p2c jbsq part hint; do
		assert_exit 1 try $policy
		assert_match "$(head -n 1 "$DIR/err")" \
			"policy '$policy' cannot schedule threads: .*(thread|threads) " \
			"what is said of $policy"
		assert_match "$(tail -n 1 "$DIR/err")" 'hint: those that hold what waits can'
	done
}

test_policies_that_hold_what_waits_fit() {
	local policy
	for policy in fcfs sq prio mq darc slo; do
		ends_at_the_kernel try $policy
	done
	assert_match "$(try darc 2>&1)" "'darc' may leave a core idle"
}

test_a_policy_of_ones_own_gets_a_program_for_threads() {
	printf '%s\n' '#include <shunt/policy.h>' \
		'SHUNT_POLICY("mine", SHUNT_IDLE_ONLY, "x");' \
		'static int steer(shunt_view *v, shunt_event *ev) { return SHUNT_HOLD; }' \
		'static int select(shunt_view *v, shunt_event *ev) { return SHUNT_GO_ON; }' \
		>"$DIR/mine.c"
	shunt build "$DIR/mine.c" -o "$DIR/mine.shunt"
	ends_at_the_kernel try "$DIR/mine.shunt"
	llvm-objcopy --remove-section .shunt.sched "$DIR/mine.shunt" "$DIR/old.shunt"
	assert_exit 1 try "$DIR/old.shunt"
	assert_match "$(cat "$DIR/err")" "has no program for threads \(section '.shunt.sched'\)"
}

# REGEX: the configuration, from stdin, is refused in these words.
refused() {
	cat >"$DIR/c.yaml"
	assert_exit 1 try mq --config "$DIR/c.yaml"
	assert_match "$(head -n 1 "$DIR/err")" "$1"
}

test_a_mistake_in_the_configuration_is_told_with_its_line() {
	refused "c.yaml:2: classes\[1\].nice: '20' is no nice value" <<-YAML
	classes: [{name: a},
	  {name: b, nice: 20}]
	YAML
	refused "classes\[1\].nice: nice 3 is of class 'a' already" <<-YAML
	classes: [{name: a, nice: 1..3}, {name: b, nice: 3..5}]
	YAML
	refused "c.yaml:2: default: there is no class 'c'" <<-YAML
	classes: [{name: a}]
	default: c
	YAML
	refused "classes\[0\].slo: " <<<'classes: [{name: a, slo: fast}]'
	refused "classes\[0\].cgroups\[0\]: 'db' does not begin with" \
		<<<'classes: [{name: a, cgroups: [db]}]'
	refused "c.yaml:1: .*color" <<<'classes: [{name: a, color: red}]'
	refused "classes\[1\].name: two classes" <<<'classes: [{name: a}, {name: a}]'
}

test_a_command_that_is_wrong_is_told_its_usage() {
	assert_exit 2 shunt sched load
	assert_exit 2 shunt sched nonsense
	assert_exit 2 shunt sched unload mq
	assert_exit 2 shunt sched stats --config "$DIR/x"
	assert_exit 2 shunt sched tag 1
}

test_without_a_scheduler_nothing_is_unloaded_or_counted() {
	local action
	[ ! -e /sys/fs/bpf/shunt/scheduler-of-threads ] || skip "this machine has one"
	for action in unload stats 'tag 1 none'; do
		# shellcheck disable=SC2086
		assert_exit 1 shunt sched $action
		assert_match "$(cat "$DIR/err")" 'no policy of shunt schedules threads'
	done
}

run_tests "$@"
