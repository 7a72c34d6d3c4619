#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# guest.sh - how guests are run (tests/vm/lib.sh): on one thread, and again only after the
# emulator's own panic
# runs: beside
. "$(dirname "$0")/../lib.sh"
NO_LAB=1
INT3='[   12.3] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI'

# CONSOLE…: what the first guest prints, the second, ...; says what boot prints, its status in
# $STATUS, and guests in $RUNS.
boot_with() {
	printf '%s\n' "$@" >"$DIR/consoles"
	: >"$DIR/runs"
	STATUS=0
	(
		. "$TESTS/vm/lib.sh"
		pack_root() { :; }
		run_guest() {
			echo "$1" >>"$DIR/runs"
			sed -n "$(wc -l <"$DIR/runs")p" "$DIR/consoles" >"$2"
		}
		boot 6.12 "$DIR/console" || STATUS=$?
		echo "panics $PANICS"
		exit "$STATUS"
	) >"$DIR/out" || STATUS=$?
	RUNS=$(wc -l <"$DIR/runs")
}

test_a_guest_that_ends_is_run_once() {
	boot_with 'guest done' 'guest done'
	assert_eq "$STATUS $RUNS" "0 1"
	assert_eq "$(cat "$DIR/out")" "panics 0"
}

test_the_emulators_int3_panic_is_counted_shown_and_followed_by_another_run() {
	boot_with "$INT3" 'guest done'
	assert_eq "$STATUS $RUNS" "0 2"
	assert_match "$(cat "$DIR/out")" \
		"6.12: the emulator's int3 panic; console in .*console.panic1; once more"
	assert_match "$(cat "$DIR/out")" "panics 1"
	assert_eq "$(cat "$DIR/console.panic1")" "$INT3" "console that is kept"
	boot_with "$INT3" "$INT3" "$INT3" 'guest done'
	assert_eq "$STATUS $RUNS" "1 3"
}

test_no_other_end_of_a_guest_is_excused() {
	boot_with '[   12.3] Oops: general protection fault: 0000 [#1] PREEMPT SMP' 'guest done'
	assert_eq "$STATUS $RUNS" "1 1"
	boot_with 'ok loads fcfs.o' 'guest done'
	assert_eq "$STATUS $RUNS" "1 1"
}

test_the_emulator_runs_on_one_thread() {
	(
		. "$TESTS/vm/lib.sh"
		QEMU=(echo) CONSOLE=ttyS0 ROOT=$DIR/root
		run_guest 6.12 "$DIR/console"
	)
	assert_match "$(cat "$DIR/console")" "-accel tcg,thread=single "
}

run_tests "$@"
