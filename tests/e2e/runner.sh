#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# runner.sh - what run.sh makes of test programs: each test counted, and no way to fail unseen
# runs: beside
. "$(dirname "$0")/../lib.sh"
NO_LAB=1
NL=$'\n'
SLACK=$(sed -n 's/^SLACK=\([0-9]*\).*/\1/p' "$TESTS/complaints.sh")

# LINES…: a test program, and what run.sh says of it in $OUT; its status in $STATUS.
try() {
	printf '%s\n' '#!/bin/bash' "$@" >"$DIR/program"
	chmod +x "$DIR/program"
	STATUS=0
	OUT=$(LIMIT=${LIMIT:-60} V='' "$TESTS/run.sh" "$(below_root program)" 2>&1) || STATUS=$?
	CLOSING=$(tail -n 1 <<<"$OUT")
	AGAIN=$(tail -n 2 <<<"$OUT" | head -n 1)
}

test_each_test_is_counted() {
	try 'echo 1..3; echo ok 1 - a; echo ok 2 - b; echo ok 3 - c'
	assert_eq "$CLOSING" "3 passed, 0 failed, 0 skipped"
	assert_eq $STATUS 0
}

test_a_failure_is_listed_with_what_was_said() {
	try 'echo 1..2; echo ok 1 - a; echo why it fails; echo not ok 2 - b
		echo "# more of it"; exit 1'
	assert_eq "$CLOSING" "1 passed, 1 failed, 0 skipped"
	assert_eq $STATUS 1
	assert_match "$OUT" "why it fails"
	assert_match "$OUT" "more of it"
	assert_match "$OUT" "failed:"$'\n'"  [^ ]*program: b"
}

test_what_passed_at_the_second_try_is_listed() {
	try 'echo 1..2; echo "# why it failed at first"; echo "ok 1 - a # TRIES 2"; echo ok 2 - b'
	assert_eq "$CLOSING" "2 passed, 0 failed, 0 skipped"
	assert_eq "$AGAIN" "1 needed a second try"
	assert_match "$OUT" "why it failed at first"
	assert_match "$OUT" "not at once:"$'\n'"  [^ ]*program: a: 2 tries"
	assert_eq $STATUS 0
}

# A path below the repository's root, as make gives it.
below_root() { realpath --relative-to="$ROOT" "$DIR/$1"; }

# Each of two waits for the other: alone they would not end.
test_programs_together_run_at_one_time() {
	program a "touch $DIR/a_runs; until_true [ -e $DIR/b_runs ]"
	program b "touch $DIR/b_runs; until_true [ -e $DIR/a_runs ]"
	program c "[ -e $DIR/a_runs ] && [ -e $DIR/b_runs ] || echo not ok 2 - c"
	OUT=$(cd "$ROOT" &&
		LIMIT=20 tests/run.sh --together "$(below_root a)" "$(below_root b)" \
		--alone "$(below_root c)" 2>&1)
	assert_eq "$(tail -n 1 <<<"$OUT")" "6 passed, 0 failed, 0 skipped"
}

test_programs_side_by_side_are_counted_and_keep_their_lines_together() {
	local p
	for p in a b c; do
		printf '%s\n' '#!/bin/bash' \
			"echo 1..2; echo ok 1 - first; sleep 0.1; echo why $p; echo not ok 2 - second" 'exit 1' >"$DIR/$p"
		chmod +x "$DIR/$p"
	done
	STATUS=0
	OUT=$(cd "$ROOT" && tests/run.sh --beside "$(below_root a)" --together "$(below_root b)" \
		--alone "$(below_root c)" 2>&1) || STATUS=$?
	assert_eq "$(tail -n 1 <<<"$OUT")" "3 passed, 3 failed, 0 skipped"
	for p in a b c; do
		assert_match "$OUT" \
			"/$p: first  [^$NL]*${NL}FAIL [^$NL]*/$p: second  [^$NL]*$NL +why $p"
	done
	assert_eq $STATUS 1
}

test_skips_give_their_reasons() {
	try 'echo 1..3; echo ok 1 - a; echo "ok 2 - b # SKIP no such NIC"' \
		'echo skip: not today; echo "not ok 3 # SKIP c"'
	assert_eq "$CLOSING" "1 passed, 0 failed, 2 skipped"
	assert_match "$OUT" "no such NIC"
	assert_match "$OUT" "not today"
	try 'echo "1..0 # SKIP not root"; exit 77'
	assert_eq "$CLOSING" "0 passed, 0 failed, 1 skipped"
	assert_match "$OUT" "not root"
	assert_eq $STATUS 0
}

test_a_program_that_dies_is_a_failure() {
	try 'echo 1..2; echo ok 1 - a; kill -SEGV $$'
	assert_eq "$CLOSING" "1 passed, 1 failed, 0 skipped"
	assert_match "$OUT" "died of signal 11 after 1 tests"
	assert_eq $STATUS 1
}

test_a_program_that_ends_early_is_a_failure() {
	try 'echo 1..2; echo ok 1 - a'
	assert_eq "$CLOSING" "1 passed, 1 failed, 0 skipped"
	try 'true'
	assert_eq "$CLOSING" "0 passed, 1 failed, 0 skipped"
	try 'echo 1..1; echo ok 1 - a; exit 3'
	assert_eq "$CLOSING" "1 passed, 1 failed, 0 skipped"
}

test_a_program_that_does_not_end_is_a_failure() {
	LIMIT=1 try 'echo 1..2; echo ok 1 - a; sleep 100'
	assert_eq "$CLOSING" "1 passed, 1 failed, 0 skipped"
	assert_match "$OUT" "ran past 1 s"
}

# wait_for discards its command's output, as it tries it again and again; a failed assertion is told
# all the same.
test_a_failure_within_what_is_waited_for_is_told() {
	cat >"$DIR/inner.sh" <<-TEXT
	NO_LAB=1 TRIES=1
	. "$TESTS/lib.sh"
	test_waits() { wait_for 5 never; }
	never() { assert_eq one two "what counts"; }
	run_tests "\$@"
	TEXT
	OUT=$(cd "$ROOT" && tests/run.sh "$(below_root inner.sh)" 2>&1) && fail "it passed"
	assert_match "$OUT" "what counts is 'one', should be 'two'"
}

# The process left behind keeps the program's output open for as long as it lives.
test_a_process_that_a_program_leaves_behind_is_not_waited_for() {
	local began=$SECONDS
	try 'sleep 100 &' 'echo 1..1; echo ok 1 - a'
	assert_eq "$CLOSING" "1 passed, 0 failed, 0 skipped"
	assert_le $((SECONDS - began)) 50 "seconds until it was over"
}

# The process is in a namespace of its own there, and cares for no signal that can be ignored.
test_the_sandbox_of_a_script_that_runs_too_long_ends_with_it() {
	local mark=$RANDOM
	cat >"$DIR/slow.sh" <<-TEXT
	NO_LAB=1
	. "$TESTS/lib.sh"
	test_slow() { trap '' TERM; while :; do sleep 100.$mark; done; }
	run_tests "\$@"
	TEXT
	STATUS=0
	OUT=$(cd "$ROOT" && LIMIT=3 tests/run.sh "$(below_root slow.sh)" 2>&1) || STATUS=$?
	assert_match "$OUT" "ran past 3 s"
	wait_for 5 nobody_sleeps "100.$mark"
}
nobody_sleeps() { ! pgrep -f "^sleep $1"; }

# NAME LINES…: a program that ends one test, does what the lines say in its second, and ends that.
# A line may "complain" as the kernel would in its log, and returns when run.sh has noted that.
# first_is_over: run.sh takes a complaint for one of the first test no longer (SLACK). "finish"
# tells the other program that it may end.
program() {
	cat >"$DIR/$1" <<-TEXT
	#!/bin/bash
	until_true() { until "\$@"; do sleep 0.01; done; }
	complain() { echo "\$*" >>"$DIR/log"; until_true grep -qsF "\$*" "$DIR"/tmp.*/complaints; }
	finish() { touch "$DIR/finished"; }
	first_is_over() {
		local at
		at=\$(sed -n 's/^[0-9]* \([0-9]*\) .*: first of $1\$/\1/p' "$DIR"/tmp.*/times)
		[ -n "\$at" ] && ((\${EPOCHREALTIME/./} / 1000 - \${at##*\$'\n'} > $SLACK))
	}
	echo 1..2; echo "ok 1 - first of $1"
	$(printf '%s\n' "${@:2}")
	echo "ok 2 - second of $1"
	TEXT
	chmod +x "$DIR/$1"
}

# NAME…: these programs side by side, with the log that was there before.
try_beside() {
	touch "$DIR/log"
	STATUS=0
	# shellcheck disable=SC2046 # names of programs
	OUT=$(cd "$ROOT" && TMPDIR=$DIR KERNEL_LOG=$DIR/log V='' tests/run.sh \
		--beside $(for p; do below_root "$p"; done) 2>&1) || STATUS=$?
}

test_a_complaint_of_the_kernel_fails_the_test_whose_process_met_it() {
	program a "until_true first_is_over; until_true [ -e $DIR/b_runs ]" \
		'complain "[ 7.0] WARNING: CPU: 0 PID: $$ at kernel/some.c:1 f+0x1/0x2"; finish'
	program b "touch $DIR/b_runs; until_true [ -e $DIR/finished ]"
	try_beside a b
	assert_eq $STATUS 1
	assert_match "$OUT" \
		"FAIL [^ ]*/a: second of a  [^$NL]*the kernel complained: .*at kernel/some.c:1"
	assert_match "$OUT" "${NL}4 passed, 1 failed, 0 skipped"
}

# A process in the sandbox of that test, by its number out here.
process_in() {
	grep -lsz "^SANDBOX=$1" /proc/[0-9]*/environ | cut -d/ -f3 | sort -n | head -n 1 | grep .
}

test_a_complaint_in_a_test_in_bash_fails_it_by_name() {
	local been
	been=$(mktemp -d) # outside of every sandbox
	cat >"$DIR/two.sh" <<-TEXT
	NO_LAB=1
	. "$TESTS/lib.sh"
	test_first() { true; }
	test_second() { until [ -e $been/noted ]; do sleep 0.02; done; }
	run_tests "\$@"
	TEXT
	touch "$DIR/log"
	start run env TMPDIR="$DIR" KERNEL_LOG="$DIR/log" "$TESTS/run.sh" "$(below_root two.sh)"
	wait_for 20 process_in test_second
	echo "[ 7.0] WARNING: CPU: 0 PID: $(process_in test_second) at kernel/some.c:1" >>"$DIR/log"
	wait_for 20 grep -qs some.c "$DIR"/tmp.*/complaints
	touch "$been/noted"
	wait "${PIDS[run]}" && fail "the run passed"
	rm -r "$been"
	assert_match "$(logs run)" "FAIL [^ ]*/two.sh: test_second  [^$NL]*at kernel/some.c:1"
}

test_a_complaint_without_a_process_names_every_test_that_ran() {
	program a "until_true first_is_over; until_true [ -e $DIR/b_runs ]" \
		'complain "[ 7.0] BUG: bad page state"; finish'
	program b "until_true first_is_over; touch $DIR/b_runs; until_true [ -e $DIR/finished ]"
	try_beside a b
	assert_match "$OUT" "one of these ran: [^ ]*/a: second of a, [^ ]*/b: second of b"
	assert_eq $STATUS 1
}

test_a_complaint_of_before_the_run_is_no_failure_and_makes_the_next_no_news() {
	echo "[ 3.0] WARNING: CPU: 1 PID: 77 at kernel/some.c:1 f+0x1/0x2" >"$DIR/log"
	program a ''
	try_beside a
	assert_eq "$STATUS" 0
	program a 'complain "[ 7.0] WARNING: CPU: 0 PID: $$ at kernel/some.c:1 f+0x1/0x2"'
	try_beside a
	assert_eq "$STATUS" 1
	assert_match "$OUT" "the same complaint came before this run"
	program a 'complain "[ 9.0] WARNING: CPU: 0 PID: $$ at kernel/other.c:1 f+0x1/0x2"'
	try_beside a
	assert_match "$OUT" "the log of before this run has no such complaint"
}

test_a_fault_of_some_process_is_no_complaint() {
	local fault="[ 5.0] traps: x[9] general protection fault ip:7f sp:7f error:0 in libc"
	program a "echo '$fault' >>$DIR/log; complain '[ 7.0] BUG: bad page state'; finish"
	try_beside a
	assert_match "$OUT" "BUG: bad page state"
	[[ $OUT != *traps:* ]] || fail "a process's own fault is told as the kernel's"
}

# The sandbox of a test in bash dies with it.
test_nothing_outlives_a_test() {
	local mark=$((RANDOM + 100000))
	cat >"$DIR/leaky.sh" <<-TEXT
	. "$TESTS/lib.sh"
	test_leaks() {
		setsid sleep $mark &
		ip netns add left
		touch /run/left /sys/fs/bpf/left 2>/dev/null || :
	}
	run_tests "\$@"
	TEXT
	assert_exit 0 bash "$DIR/leaky.sh"
	assert_eq "$(grep -lsz "^$mark" /proc/[0-9]*/cmdline || true)" "" "sleeping process"
	assert_eq "$(ip netns list)" "" "list of namespaces"
	[ ! -e /run/left ] || fail "its /run is ours"
}

test_a_test_in_bash_fails_at_its_first_failing_command() {
	cat >"$DIR/fails.sh" <<-TEXT
	NO_LAB=1
	. "$TESTS/lib.sh"
	test_fails() { false; echo went on; }
	test_asserts() { assert_eq 1 2 number; }
	test_waits() { wait_for 1 false; }
	test_skips() { skip "for a reason"; }
	run_tests "\$@"
	TEXT
	PATIENCE=1 assert_exit 1 bash "$DIR/fails.sh"
	assert_match "$(cat "$DIR/out")" "not ok 1 - test_fails"
	[[ $(cat "$DIR/out") != *"went on"* ]] || fail "it went on"
	assert_match "$(cat "$DIR/out")" "number is '1', should be '2'"
	assert_match "$(cat "$DIR/out")" "waited 1 s for: false"
	assert_match "$(cat "$DIR/out")" "ok 4 - test_skips # SKIP for a reason"
}

test_a_test_in_bash_that_fails_is_tried_once_more() {
	local been
	been=$(mktemp -d) # outside of every sandbox
	cat >"$DIR/tries.sh" <<-TEXT
	NO_LAB=1
	. "$TESTS/lib.sh"
	test_second() { [ -e $been/1 ] || { touch $been/1; fail by chance; }; }
	test_never() { fail always; }
	test_broken() { [ ! -e $been/2 ] || return 0; touch $been/2; broken for good; }
	run_tests "\$@"
	TEXT
	assert_exit 1 bash "$DIR/tries.sh"
	rm -r "$been"
	assert_match "$(cat "$DIR/out")" "failed: by chance"
	assert_match "$(cat "$DIR/out")" "${NL}ok 1 - test_second # TRIES 2"
	assert_match "$(cat "$DIR/out")" "not ok 2 - test_never"
	assert_match "$(cat "$DIR/out")" "not ok 3 - test_broken"
}

test_lint_s_fuzzing_without_objects_is_a_skip_with_a_reason() {
	local program=$ROOT/build/tests/unit/test_lint_fuzz
	[ -x "$program" ] || skip "make test-unit builds it"
	assert_exit 77 env -C "$DIR" "$program"
	assert_match "$(cat "$DIR/out")" "^skip: there is no 'build/.*': make test-unit builds it"
}

run_tests "$@"
