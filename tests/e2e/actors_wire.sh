#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# actors_wire.sh - rules that name actors where a NIC schedules: each request is counted for its
# actor, whoever dies, and the host's worker finds the actor that the NIC means
# runs: together
export TRANSPORT=wire ON_WIRE=1
NO_LAB=1
TEST_LIMIT=${TEST_LIMIT:-${LONG:+600}}
TEST_LIMIT=${TEST_LIMIT:-200}
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/actors.sh"

SHARED_TESTS=(
	test_an_actor_changes_its_class_under_load
	test_rules_that_name_actors_are_changed_live
	test_a_switch_keeps_actors
)

# The host gets the NIC's actors by a file.
start_agent() {
	start_nic_agent
	host shunt actor rows --dev "$DEV" >"$DIR/rows"
	start_host_agent --actors "$DIR/rows" "$@"
}

test_the_nic_counts_each_request_for_the_actor_that_its_rule_names() {
	load sq
	start_worker
	offer --rate 2000 --count 1000 --time 5 --mix short=0.8:1us,long=0.2:20us
	assert_all_answered
	assert_actors_agree
	assert_eq "$(actors 'map(.arrived) | add')" 1000 "requests of all actors"
	for i in 0 1 2 3; do
		assert_ge "$(actor "kv.$i" .done)" 100 "requests of kv.$i, of some 200"
	done
	host shunt actor --dev "$DEV" >"$DIR/table"
	grep -q '^kv.3 *table *short *0 ' "$DIR/table" || fail "not listed: $(cat "$DIR/table")"
}

agent_of() { pgrep -P "${PIDS[$1]}"; } # NAME of a keeper: its agent
new_agent() { local now; now=$(agent_of "$1") && [ "$now" != "$2" ]; }
kill_agent() { # shuntd: the NIC's; shuntd_host
	local agent
	agent=$(agent_of "$1")
	kill -KILL "$agent"
	wait_for 10 new_agent "$1" "$agent"
	wait_for 10 all_up
}
epochs() { stat_of '[.wire.core[].epoch] | add'; }
newer() { (($(epochs) >= $1 + CORES)); }
# The NIC does not know that it is dead until it hears of the next.
kill_worker() { # COMMAND…: starts the next one
	local before
	before=$(epochs)
	kill -KILL "${PIDS[spin]}"
	wait "${PIDS[spin]}" 2>/dev/null || true
	"$@"
	wait_for 10 newer "$before"
}

test_actors_are_conserved_while_a_host_s_workers_and_both_agents_are_killed() {
	local i
	RANDOM=$SEED
	echo "seed $SEED"
	begin_load 3000 50us 100us # some are parked at any moment
	for ((i = 0; i < KILLS; i++)); do
		any_moment
		case $((i < 3 ? i : RANDOM % 4)) in
		1) kill_agent shuntd ;;
		2) kill_agent shuntd_host ;;
		*) kill_worker start_worker ;;
		esac
	done
	finish_load
	assert_actors_agree
	assert_eq "$(stat_of '.wire.slots_queued')" 0 "slots in queues"
	assert_ge "$(actors 'map(.lost) | add')" 1 "requests that died with a worker"
	echo "lost $(actors 'map(.lost) | add') of $(actors 'map(.arrived) | add')"
}

# Two cores have requests for one actor, and only its lock keeps them apart.
test_the_host_s_library_finds_the_actor_and_locks_it() {
	local i was
	RANDOM=$SEED
	echo "seed $SEED"
	build_once
	load sq
	start_once "$DIR/memory"
	begin_big
	for ((i = 0; i < KILLS; i++)); do
		any_moment
		kill_worker start_once "$DIR/memory"
		was=$(runs)
		wait_for 10 ran $((was + 50))
	done
	stop client INT
	assert_actors_agree
	assert_eq "$(twice)" 0 "times that it ran twice at once"
	assert_ge "$(actor big .replied)" $((50 * KILLS)) "requests that it answered"
}

# FILE: of the next one's actors. The worker lives on.
replace_host_agent() {
	stop shuntd_host
	start_host_agent --actors "$1"
	wait_for 10 is_said shuntd_host "names others than before"
}
is_said() { logs "$1" | grep -q "$2"; }

test_a_host_with_other_actors_is_told_so_on_both_sides() {
	load sq
	start_worker
	tac "$DIR/rows" >"$DIR/other"
	replace_host_agent "$DIR/other"
	wait_for 10 is_said shuntd_host "refuses '$WORKER_DEV', as its core 0: it has other actors"
	wait_for 10 is_said shuntd "host 0, of core [01], has other actors than those that are"
	assert_eq "$(stat_of '[.wire.core[] | select(.up)] | length')" 0 "cores that are up"
	assert_ge "$(stat_of .wire.events.actors)" 1 "HELLOs of a host with other actors"
	replace_host_agent "$DIR/rows"
	wait_for 20 all_up
	offer --rate 1000 --count 100 --time 5 --mix short=1:1us
	assert_all_answered
}

test_a_host_without_a_file_of_actors_serves_and_takes_no_notice_of_them() {
	start_agent() { start_nic_agent && start_host_agent; }
	load sq
	start_worker
	offer --rate 1000 --count 100 --time 5 --mix short=1:1us
	assert_all_answered
	assert_actors_agree
}

# Nothing of it waits, and no core has any.
nothing_waits() { [ "$(actor big '.waiting + .open + .running')" = 0 ]; }
assert_nothing_is_stranded() {
	stop client INT
	wait_for 20 nothing_waits
	assert_actors_agree
	assert_eq "$(stat_of '.wire.slots_queued')" 0 "slots in queues"
}

# The NIC alone does it: these handlers take no lock, and no core is taken for silent.
test_an_exclusive_actor_s_requests_are_on_one_core_at_a_time_in_their_order() {
	local i was
	RANDOM=$SEED
	echo "seed $SEED"
	build_once
	EXCLUSIVE=1 load sq
	start_once
	begin_big
	for ((i = 0; i < KILLS; i++)); do
		any_moment
		kill -STOP "${PIDS[spin]}"
		was=$(actor big .arrived)
		wait_for 10 big_arrived $((was + 20))
		kill -CONT "${PIDS[spin]}"
		was=$(runs)
		wait_for 10 ran $((was + 50))
	done
	assert_nothing_is_stranded
	assert_eq "$(twice) $(late)" "0 0" "times that it ran twice at once, or out of order"
	host shunt actor --dev "$DEV" >"$DIR/table"
	grep -Eq '^big is exclusive: on core [01] last, moved [0-9]+ times; 0 requests wait at' \
		"$DIR/table" || fail "not said: $(cat "$DIR/table")"
	start client client shunt-load --sleep --to 198.18.0.2:9000 --rate 6000 --time 3600 \
		--mix short=0.5:100us,long=0.5:100us
	host shunt actor set big exclusive=0 --dev "$DEV" >/dev/null
	wait_for 20 ran_twice
	host shunt actor set big exclusive=1 --dev "$DEV" >/dev/null
	stop client INT
	wait_for 20 nothing_waits
	assert_actors_agree
}
big_arrived() { [ "$(actor big .arrived)" -ge "$1" ]; }

# Cores are taken for silent, and go on with what was counted lost: only the lock keeps that apart
# from what another core was sent. Then the process dies.
test_an_exclusive_actor_runs_once_at_a_time_though_its_cores_fall_silent() {
	local i was before
	RANDOM=$SEED
	echo "seed $SEED"
	build_once
	EXCLUSIVE=${EXCLUSIVE:-2} HANG=50ms load sq
	start_once "$DIR/memory"
	begin_big
	for ((i = 0; i < KILLS; i++)); do
		any_moment
		kill -STOP "${PIDS[spin]}"
		wait_for 10 all_off
		kill -CONT "${PIDS[spin]}"
		wait_for 20 all_up
		was=$(runs)
		wait_for 10 ran $((was + 50))
		any_moment
		kill_worker start_once "$DIR/memory"
		was=$(runs)
		wait_for 10 ran $((was + 50))
	done
	assert_nothing_is_stranded
	assert_eq "$(twice)" 0 "times that it ran twice at once"
	assert_ge "$(actor big .lost)" 1 "requests that were lost"
	echo "lost $(actor big .lost) of $(actor big .arrived), $(late) out of order"
}
all_off() { stat_of '.wire.core | all(.up | not)' >/dev/null; }

test_what_a_nic_s_port_cannot_give_an_actor_is_told() {
	local said
	use_wire
	config | sed 's/kind: table, class: short/place: 0\/1, class: short/' >"$DIR/config.yaml"
	assert_exit 1 host shunt load sq --dev "$DEV" --config "$DIR/config.yaml"
	grep -q "actors\[0\].place: a NIC's port gives an actor no core" "$DIR/err" ||
		fail "said: $(cat "$DIR/err")"
	load sq
	assert_exit 1 host shunt actor pin big 0/1 --dev "$DEV"
	said=$(cat "$DIR/err")
	[[ $said == *"is a NIC's port, which gives an actor no core of its own"* ]] ||
		fail "said: $said"
	assert_exit 0 host shunt -j actor rows --dev "$DEV"
	assert_eq "$(jq -c '.rows[4]' "$DIR/out")" '{"actor":"big","kind":"table"}' "the fifth row"
}

WIRE_TESTS=(
	test_the_nic_counts_each_request_for_the_actor_that_its_rule_names
	test_actors_are_conserved_while_a_host_s_workers_and_both_agents_are_killed
	test_the_host_s_library_finds_the_actor_and_locks_it
	test_a_host_with_other_actors_is_told_so_on_both_sides
	test_a_host_without_a_file_of_actors_serves_and_takes_no_notice_of_them
	test_an_exclusive_actor_s_requests_are_on_one_core_at_a_time_in_their_order
	test_an_exclusive_actor_runs_once_at_a_time_though_its_cores_fall_silent
	test_what_a_nic_s_port_cannot_give_an_actor_is_told
)

[ $# -gt 0 ] || set -- "${SHARED_TESTS[@]}" "${WIRE_TESTS[@]}"
run_tests "$@"
