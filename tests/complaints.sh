# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# complaints.sh - sourced by run.sh: what the kernel's log tells of a bug in the kernel, and the
# test during which it did
#
# A watcher follows the log. For each line it notes the moment, and the test that the process named
# in the line belongs to, for as long as the process lives. Without a process of a test, the moments
# at which tests began and ended decide; several tests may then remain, and all are named. $DIR is
# run.sh's folder:
#   before      complaints that the log had when the run began
#   complaints MS WHOSE LINE, separated by tabs; WHOSE: a test, "other" (a process that no test
#   started) or "-" (unknown)
#   programs    PID NAME of each program that was started
#   times       BEGAN ENDED NAME, in ms, of each test, and of what a program did beyond its tests
#
# KERNEL_LOG=FILE: that file instead of the kernel's log (tests of the runner).
# A process that takes a fault of its own is no bug in the kernel: 'traps: a[1] general protection
# fault ip:…'.
COMPLAINT='BUG:|WARNING:|Oops|refcount_t|general protection fault[,:]|verifier bug'
SLACK=20 # ms: a line may be read so long after it was written

kernel_log() { if [ -n "${KERNEL_LOG:-}" ]; then cat "$KERNEL_LOG"; else dmesg; fi 2>/dev/null; }

# Becomes the program that prints each line as it comes, from what the log has now on: what comes
# before tail has opened the file, too.
follow_log() {
	local has=0
	[ -z "${KERNEL_LOG:-}" ] || has=$(stat -c %s "$KERNEL_LOG")
	echo "$BASHPID" >"$DIR/watcher"
	if [ -n "${KERNEL_LOG:-}" ]; then
		exec tail -c "+$((has + 1))" -f "$KERNEL_LOG"
	else
		exec stdbuf -oL dmesg --follow-new
	fi 2>/dev/null
}

# Numbers of processes in the log are those of the first namespace of processes.
pids_are_ours() {
	[ -n "${KERNEL_LOG:-}" ] || [ "$(readlink /proc/self/ns/pid)" = 'pid:[4026531836]' ]
}

# Follows the log in the background until end_watch.
watch_kernel() {
	touch "$DIR/complaints" "$DIR/programs" "$DIR/times"
	(follow_log | grep --line-buffered -E "$COMPLAINT|PID: [0-9]+" | note_lines) 2>/dev/null &
	disown # not a program that run.sh waits for
	until [ -s "$DIR/watcher" ]; do sleep 0.01; done
	kernel_log | grep -E "$COMPLAINT" >"$DIR/before"
}

end_watch() { [ ! -s "$DIR/watcher" ] || kill "$(cat "$DIR/watcher")" 2>/dev/null; }

note_lines() {
	local line whose
	while IFS= read -r line; do
		whose=-
		[[ ! $line =~ PID:\ ([0-9]+) ]] || ! pids_are_ours ||
			whose=$(whose "${BASH_REMATCH[1]}")
		printf '%s\t%s\t%s\n' "$(now_ms)" "$whose" "$line" >>"$DIR/complaints"
	done
}

# PID: the test or program that started it; "other" if none did, "-" if it is gone.
whose() {
	local pid=$1 test='' at name
	[ -e "/proc/$pid" ] || { echo -; return; }
	while [ "${pid:-0}" -gt 1 ]; do
		at=$(sed -zn 's/^SANDBOX=//p' "/proc/$pid/environ" 2>/dev/null | tr -d '\0')
		test=${at:-$test} # the outermost: a test may run tests
		name=$(sed -n "s/^$pid //p" "$DIR/programs")
		[ -z "$name" ] || { echo "$name${test:+: $test}"; return; }
		pid=$(sed -n 's/^PPid:\t//p' "/proc/$pid/status" 2>/dev/null)
	done
	[ -n "$pid" ] && echo other || echo -
}

# MS: the tests that ran at that moment, one a line.
running_at() {
	awk -v t="$1" -v slack=$SLACK '$1 <= t && t - slack <= $2 { sub(/^[0-9]+ [0-9]+ /, "");
		print }' "$DIR/times" | sort -u
}

# A line without what differs from one time to the next.
same_words() { sed -E 's/^\[[^]]*\] //; s/(CPU|PID|UID): [0-9]+/\1/g; s/0x[0-9a-f]+/0x/g'; }

came_before() { kernel_log_before | grep -qxF -- "$(same_words <<<"$1")"; }
kernel_log_before() { same_words <"$DIR/before"; }

# PROGRAM MS: the one test of it that ran at that moment, or else the program.
test_of() {
	local tests
	mapfile -t tests < <(running_at "$2" | grep "^$1: ")
	[ ${#tests[@]} = 1 ] && echo "${tests[0]}" || echo "$1"
}

# MS WHOSE LINE MORE: the failure of a test, of several of which one is it, or of no test.
report_complaint() {
	local name=$2 why tests
	why="the kernel complained: $3"
	(($4 == 0)) || why+=" (and $4 lines more)"
	if came_before "$3"; then
		why+="; the same complaint came before this run"
	else
		why+="; the log of before this run has no such complaint"
	fi
	case $name in
	other) name=kernel why+="; in a process that no test started" ;;
	-)
		mapfile -t tests < <(running_at "$1")
		case ${#tests[@]} in
		0) name=kernel why+="; no test ran" ;;
		1) name=${tests[0]} why+="; no other test ran" ;;
		*) name=kernel \
			why+="; one of these ran: $(printf '%s, ' "${tests[@]}" | sed 's/, $//')" ;;
		esac
		;;
	*': '*) why+="; in a process of this test" ;;
	*) name=$(test_of "$name" "$1") why+="; in a process of this program" ;;
	esac
	report FAIL "$name" 0 "$why"
}

last_complaint() { cat "$DIR/before" <(kernel_log | grep -E "$COMPLAINT") | tail -n 1; }
noted() { [ -z "$1" ] || grep -qF -- "$1" "$DIR/before" "$DIR/complaints"; }

# Until all that is in the log by now has been noted, or a second has passed.
catch_up() {
	local last
	last=$(last_complaint)
	for _ in {1..50}; do
		noted "$last" && return
		sleep 0.02
	done
	printf '%s\t-\t%s\n' "$(now_ms)" "$last" >>"$DIR/complaints"
}

# Lines that follow each other within 50 ms are one complaint; its process is named in any of them.
report_complaints() {
	local ms whose line at='' from=- what='' more=0
	catch_up
	end_watch
	while IFS=$'\t' read -r ms whose line; do
		if [ -z "$at" ] || ((ms - at > 50)); then
			[ -z "$what" ] || report_complaint "$at" "$from" "$what" $more
			from=- what='' more=0
		fi
		at=$ms
		[ "$from" != - ] || from=$whose
		[[ $line =~ $COMPLAINT ]] || continue
		if [ -n "$what" ]; then more=$((more + 1)); else what=$line; fi
	done <"$DIR/complaints"
	[ -z "$what" ] || report_complaint "$at" "$from" "$what" $more
}
