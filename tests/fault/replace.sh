#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# replace.sh - processes that die while one shuntd takes over from another
# runs: together
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../serve.sh"
. "$(dirname "$0")/../daemons.sh"

TEST_LIMIT=${LONG:+900}
TEST_LIMIT=${TEST_LIMIT:-60}
SEED=${SEED:-$RANDOM}

successor() { host build/tests/successor "$CTL" "$@"; }

# The first one goes on, and can be replaced all the same.
test_a_successor_that_ends_at_any_stage_leaves_all_as_it_was() {
	local stage keeper
	load fcfs "$BIG"
	start_worker
	start_load 5000
	keeper=$(keeper_pid)
	for stage in connect hello entries table quiesce quiet fails garbage turn; do
		assert_eq "$(successor $stage)" $stage stage
		wait_for 10 serves
		let_serve 100
		assert_eq "$(keeper_pid)" "$keeper" "process of the keeper after '$stage'"
	done
	start next host "$NEXT" --dev "$DEV" --replace
	wait_ended shuntd
	assert_eq "$STATUS" 0 "status of the one that was replaced"
	wait_for 10 serves
	assert_nothing_lost
}

test_nobody_but_root_may_take_over() {
	load fcfs
	assert_exit 1 host setpriv --reuid 65534 --clear-groups build/tests/successor "$CTL" connect
	assert_match "$(cat "$DIR/err")" 'Permission denied'
	chmod 666 "$CTL" # and if that were different
	assert_exit 1 host setpriv --reuid 65534 --clear-groups build/tests/successor "$CTL" table
	stat_of '.domains[0].agent.alive' >/dev/null
}

# A successor that hangs is waited for, but not for ever.
long_test_a_successor_that_hangs_is_left_behind() {
	local stage
	load fcfs "$BIG"
	start_worker
	start_load 5000
	for stage in connect hello table quiet; do
		start hangs host build/tests/successor "$CTL" $stage hang
		wait_for 5 grep -q $stage "$DIR/hangs.log"
		wait_for 20 logged_after "$stage"
		wait_for 10 serves
		stop hangs KILL
	done
	assert_nothing_lost
}
logged_after() { serves && replaced_by_nobody; }
replaced_by_nobody() { [ -n "$(successor abi 1)" ]; } # it hears the next one

# Whichever process is killed, at whatever instant: one shuntd is left at most, and what it serves
# is whole.
test_kills_during_a_replacement_lose_nothing() {
	local i
	load fcfs "$BIG"
	start_worker
	start_load 5000
	RANDOM=$SEED
	echo "seed $SEED"
	for ((i = 0; i < ${LONG:+196} + 4; i++)); do
		kill_one_during_a_replacement
		wait_for 10 at_rest
		[ "$(pgrep -cx shuntd)" != 0 ] || start_agent
		wait_for 10 serves
		let_serve 100
	done
	assert_nothing_lost
}

# 0|1: the domain's state says whether its memory and sockets are all made, in its second word.
set_made() {
	local file
	file=$(find "/proc/${PIDS[shuntd]}/fd" -lname '/memfd:shunt-state*')
	printf "\\x0$1" | dd of="$file" bs=1 seek=4 conv=notrunc status=none
}
found_unfinished() { grep -q 'does not take over: .* was never finished' "$DIR/next.log"; }

test_a_replacement_waits_until_a_domain_is_made() {
	load fcfs
	wait_for 10 is_made
	set_made 0
	start next host "$NEXT" --dev "$DEV" --replace --verbose
	wait_for 5 found_unfinished
	set_made 1
	wait_ended shuntd
	assert_eq "$STATUS" 0 "status of the one that was replaced"
	wait_for 10 is_one_keeper_with_its_agent
	assert_eq "$(keeper_pid)" "${PIDS[next]}" "process of the keeper"
}

test_a_replacement_gives_up_where_a_domain_is_never_made() {
	load fcfs
	wait_for 10 is_made
	set_made 0
	start next host "$NEXT" --dev "$DEV" --replace
	wait_ended next 15
	assert_ne "$STATUS" 0 "status of the one that gave up"
	assert_match "$(logs next)" "has been making a domain for 3 s; see what it says"
	running shuntd || fail "the other one has ended, too"
	set_made 1
}

# Kills one of the four processes of old and new shuntd, never both of one.
kill_one_during_a_replacement() {
	local old_agent old_keeper pids
	old_agent=$(agent_pid)
	old_keeper=$(keeper_pid)
	start next host "$NEXT" --dev "$DEV" --replace
	read -rt "0.0$((RANDOM % 10))$((RANDOM % 10))" <> <(:) || true
	case $((RANDOM % 4)) in
	0) pids=${PIDS[next]} ;;
	1) pids=$(pgrep -x -P "${PIDS[next]}" shuntd) || true ;;
	2) pids=$old_keeper ;;
	*) pids=$old_agent ;;
	esac
	[ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
}

# No more than one keeper and its agent.
at_rest() {
	local n
	n=$(pgrep -cx shuntd) || true
	[ "$n" = 2 ] || [ "$n" = 0 ]
}

# The turn of --end comes after the successor's, whose connection stays with the process that
# serves.
test_end_waits_for_a_replacement_that_is_under_way() {
	load fcfs
	start slow host build/tests/successor "$CTL" table hang
	wait_for 5 grep -q table "$DIR/slow.log"
	start end host shuntd --dev "$DEV" --end
	wait_for 5 grep -q 'waiting for our turn' "$DIR/end.log"
	stop slow KILL
	wait "${PIDS[end]}" || fail "--end ended with status $?"
	wait_for 5 nobody
}

# MS: less than so many.
pause_below() {
	local s
	printf -v s 0.%03d $((RANDOM % $1 + 1))
	read -rt "$s" <> <(:) || true
}

took_over() { grep -q 'took over from the shuntd' "$DIR/next.log"; }
is_made() { stat_of '.domains[0].agent.frames > 0'; }
is_one_keeper_with_its_agent() { [ "$(pgrep -cx shuntd)" = 2 ]; }

# Whenever --end comes, it succeeds; a successor that had connected before it is ended, too.
test_end_during_a_replacement_leaves_nobody_that_took_over() {
	local i during=0
	RANDOM=$SEED
	echo "seed $SEED"
	load fcfs
	for ((i = 0; i < ${LONG:+15} + 5; i++)); do
		rm -f "$DIR/next.log"
		wait_for 10 is_made
		start next host "$NEXT" --dev "$DEV" --replace
		pause_below 60
		assert_exit 0 host shuntd --dev "$DEV" --end
		if took_over; then
			during=$((during + 1))
			wait_for 5 nobody
		else # it started after the end, as if there had been none
			wait_for 10 is_one_keeper_with_its_agent
			wait_for 10 is_made
			assert_exit 0 host shuntd --dev "$DEV" --end
			wait_for 5 nobody
		fi
		wait "${PIDS[next]}" || fail "the successor ended with status $?"
		start_agent
	done
	echo "$during of $i during the change-over"
}

test_of_two_replacements_at_once_each_takes_over_in_turn() {
	local i was pid
	load fcfs "$BIG"
	start_worker
	start_load 5000
	for ((i = 0; i < ${LONG:+15} + 5; i++)); do
		was=$(keeper_pid)
		start first host "$NEXT" --dev "$DEV" --replace
		start second host "$NEXT" --dev "$DEV" --replace
		wait_for 15 is_one_keeper_with_its_agent
		wait_for 10 serves
		let_serve 100
		pid=$(keeper_pid)
		[ "$pid" = "${PIDS[first]}" ] || [ "$pid" = "${PIDS[second]}" ] ||
			fail "$pid serves, $was did before"
		[ "$pid" = "${PIDS[first]}" ] || wait "${PIDS[first]}" ||
			fail "the first ended with status $?"
		[ "$pid" = "${PIDS[second]}" ] || wait "${PIDS[second]}" ||
			fail "the second ended with status $?"
	done
	assert_nothing_lost
}

run_tests "$@"
