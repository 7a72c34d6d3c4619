#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# policy.sh - a policy that stalls its cores or ends its worker: found, put out of force, refused
# from then on
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$TESTS/serve.sh"

# The code that the verifier sees is sound; the native code stalls or faults, as knob 0 says.
write_policy() {
	cat >"$DIR/bad.c" <<-'C'
	#include <shunt/policy.h>

	SHUNT_POLICY("bad", SHUNT_NEEDS_FLOW, "stalls or faults, as knob 0 says");

	static int steer(shunt_view *v, shunt_event *ev)
	{
		return SHUNT_HOLD;
	}

	static int select(shunt_view *v, shunt_event *ev)
	{
	#ifndef __bpf__
		volatile __u64 zero = 0, one = 1;

		while (shunt_knob(v, 0) == 1 && one)
			;
		if (shunt_knob(v, 0) == 2)
			*(volatile int *)zero = 1;
		if (shunt_knob(v, 0) == 3)
			return one / zero;
	#ifdef __x86_64__
		if (shunt_knob(v, 0) == 4) { /* kill(getpid(), SIGSTOP) */
			long pid = 39, stop = 62;

			asm volatile("syscall" : "+a"(pid) : : "rcx", "r11", "memory");
			asm volatile("syscall" : "+a"(stop) : "D"(pid), "S"(19L)
				     : "rcx", "r11", "memory");
		}
	#endif
	#endif
		return ev->waiting ? shunt_first(ev->waiting) : SHUNT_GO_ON;
	}
	C
}

policy() { json '.interfaces[0].policy' host shunt -j status --dev "$DEV"; }
policy_is() { [ "$(policy)" = "$1" ]; }
beats() { stat_of '[.domains[].core[].counts.kicks] | add'; }

# [CONFIG LINES…]: "bad" is in force, fcfs before it, and a worker serves.
begin() {
	write_policy
	shunt build "$DIR/bad.c" -o "$DIR/bad.shunt" >/dev/null
	load fcfs "hang: {after: 300ms}" "$@"
	host shunt switch "$DIR/bad.shunt" --dev "$DEV"
	start_worker
	offer --rate 2000 --time 0.2
	assert_all_answered
}

# KNOB: from now on the policy misbehaves; a request meets it.
misbehave() {
	host shunt knob set 0 "$1" --dev "$DEV"
	client bash -c 'for i in 1 2 3 4; do echo >/dev/udp/198.18.0.2/9000; done'
}

test_a_policy_that_stalls_its_cores_is_replaced_by_the_one_of_before() {
	begin
	misbehave 1
	wait_for 5 policy_is fcfs
	wait_for 5 all_up # they came out of it
	running spin || fail "the worker is gone"
	offer --rate 2000 --time 0.3
	assert_all_answered
	assert_conserved
	assert_match "$(logs shuntd)" \
		"'bad' is put out of force: core [0-9]+ of domain 0 did not come out of its select\(\); 'fcfs' is in force again"
	assert_ge "$(stat_of '.domains[0].agent.policies_put_out.stalls')" 1 stalls
	host shunt status --dev "$DEV" >"$DIR/out"
	assert_match "$(cat "$DIR/out")" \
		"policy bad, generation 2, was put out of force: core .*; the one of before is back"
}

test_a_policy_that_ends_its_worker_is_replaced_by_the_one_of_before() {
	begin
	misbehave 2
	wait_for 5 policy_is fcfs
	stop spin
	assert_match "$(logs shuntd)" \
		"'bad' is put out of force: worker [0-9]+ of domain 0 died.* in its select\(\);.* start the worker again"
	assert_ge "$(stat_of '.domains[0].agent.policies_put_out.faults')" 1 faults
	start_worker
	offer --rate 2000 --time 0.3
	assert_all_answered
	assert_conserved
}

test_a_division_by_zero_in_a_worker_is_found() {
	begin
	misbehave 3
	wait_for 5 policy_is fcfs
	assert_match "$(logs shuntd)" "died of signal 8 in its select\(\)"
}

test_what_was_put_out_of_force_is_refused_until_it_is_forced() {
	begin
	misbehave 2
	wait_for 5 policy_is fcfs
	host shunt knob set 0 0 --dev "$DEV"
	assert_exit 1 host shunt switch "$DIR/bad.shunt" --dev "$DEV"
	assert_match "$(cat "$DIR/err")" "policy 'bad' was put out of force here: worker .* died"
	assert_match "$(cat "$DIR/err")" "shunt switch --force"
	host shunt switch "$DIR/bad.shunt" --force --dev "$DEV"
	assert_eq "$(policy)" bad
	host shunt switch fcfs --dev "$DEV"
	host shunt switch "$DIR/bad.shunt" --dev "$DEV"
}

# The worker was ended by somebody else, while its cores ask the policy all the time.
test_a_worker_that_is_killed_is_not_the_policys_fault() {
	local i
	begin
	for i in 1 2 3 4 5; do
		start load client shunt-load --to 198.18.0.2:9000 --json --rate 20000 --time 0.3
		sleep 0.1
		stop spin KILL
		stop load
		wait_for 5 no_worker
		start_worker
	done
	assert_eq "$(policy)" bad
}

# A stopped worker's silence says nothing of the policy, though the worker is in its code.
test_a_worker_that_is_stopped_is_not_the_policys_fault() {
	[ "$(uname -m)" = x86_64 ] || skip "its policy has a system call for x86-64 only"
	begin
	misbehave 4
	wait_for 10 grep -q '^State:.T' "/proc/${PIDS[spin]}/status"
	wait_for 10 stat_of '.domains[0].up == 0'
	assert_eq "$(policy)" bad
	host shunt knob set 0 0 --dev "$DEV"
	wait_for 5 sh -c \
		"kill -CONT ${PIDS[spin]}; nsenter --net=/run/netns/shunt-$LAB-host shunt -j stats |
		jq -e '.domains[0] | .up == .cores'"
	offer --rate 2000 --time 0.2
	assert_all_answered
	assert_eq "$(policy)" bad
}

# The agent that found it dies before it is done; made by an entry of the list alone.
test_an_agent_that_starts_with_a_refused_policy_puts_it_out_of_force() {
	begin
	misbehave 2
	wait_for 5 policy_is fcfs
	stop shuntd
	host bpftool -j map lookup pinned "/sys/fs/bpf/shunt/$DEV/put_out" key 0 0 0 0 >"$DIR/entry"
	host shunt knob set 0 0 --dev "$DEV"
	host shunt switch "$DIR/bad.shunt" --force --dev "$DEV"
	# shellcheck disable=SC2046
	host bpftool map update pinned "/sys/fs/bpf/shunt/$DEV/put_out" key 0 0 0 0 value \
		$(jq -r '.value | join(" ")' "$DIR/entry")
	start_agent
	wait_for 5 policy_is fcfs
	assert_eq "$(json '.interfaces[0].state' host shunt -j status --dev "$DEV")" attached
}

test_without_a_policy_of_before_shuntd_says_what_to_do() {
	write_policy
	load "$DIR/bad.c" "hang: {after: 300ms}"
	start_worker
	misbehave 2
	wait_for 5 grep -q \
		"should be put out of force: .* but there is no policy of before: put another" \
		"$DIR/shuntd.log"
	assert_eq "$(policy)" bad
}

run_tests "$@"
