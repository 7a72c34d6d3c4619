#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# mem.sh - shunt mem: of an unmodified program, what it uses is told from what it only has; what
# would go, of programs as they are and in batches; and what shunt mem leaves alone
# runs: beside
. "$(dirname "$0")/../lib.sh"

NO_LAB=1
FAST=(--interval 0.1 --scans 2)

# MIB-IN-ALL MIB-USED [ADVICE]: a program that reads a page of the used part after the other, for
# ever.
write_program() {
	cat >"$DIR/program.py" <<-'PY'
	import mmap, sys
	whole, part = (int(n) << 20 for n in sys.argv[1:3])
	m = mmap.mmap(-1, whole, flags=mmap.MAP_PRIVATE)
	for advice in sys.argv[3:]:
	    m.madvise(getattr(mmap, advice))
	for i in range(0, whole, 4096):
	    m[i] = 1
	print("there", flush=True)
	while True:
	    for i in range(0, part, 4096):
	        m[i]
	PY
}

start_program() {
	write_program
	start program python3 "$DIR/program.py" "$@"
	wait_for 10 grep -q there "$DIR/program.log"
}

# OPTION… -- ARG…: the program under shunt mem run, whose lines are in $DIR/scans.
run_program() {
	write_program
	start run shunt mem run --dry-run -o "$DIR/scans" "${FAST[@]}" -- python3 \
		"$DIR/program.py" "$@"
	wait_for 10 grep -q there "$DIR/run.log"
}

seen() { json "$1" shunt mem seen "${PIDS[program]}" "${2:-1s}" --json; }
has_seen_all() { [ "$(seen '.used_kib >= 16384')" = true ]; }
# JQ-CONDITION of the last line.
last() { tail -n 1 "$DIR/scans" | jq -e "$1" >/dev/null; }
watch_some() { # SCANS [OPTION…]
	shunt mem watch "${PIDS[program]}" --dry-run "${FAST[@]}" --count "$@" --json
}

test_used_memory_is_told_from_memory_that_is_only_there() {
	local out
	start_program 64 16 MADV_NOHUGEPAGE
	wait_for 10 has_seen_all
	out=$(shunt mem seen "${PIDS[program]}" 1s --json)
	assert_eq "$(jq '.used_kib >= 16384 and .used_kib < 28672 and .cold_kib >= 36864 and
		.rss_kib >= 65536 and (.mappings | length) > 1' <<<"$out")" true "$out"
	assert_match "$(shunt mem seen "${PIDS[program]}" 100ms)" \
		'within 0.1 s: of [0-9.]+ MiB of its own [0-9.]+ MiB were used'
	stop program
}

test_what_cannot_be_looked_at_is_refused_with_the_reason() {
	assert_exit 1 shunt mem seen 2147483647
	assert_match "$(cat "$DIR/err")" 'there is no process 2147483647'
	assert_exit 2 shunt mem seen
	assert_exit 2 shunt mem seen 1 2h
	assert_exit 2 shunt mem seen $$ --scans 2
	assert_match "$(cat "$DIR/err")" 'takes no options of its own'
	assert_exit 2 shunt mem what 1
	assert_exit 1 shunt mem watch 2147483647 --dry-run
	assert_exit 2 shunt mem watch --dry-run
	assert_exit 2 shunt mem run --dry-run
	assert_exit 2 shunt mem run --batch 300 --dry-run -- true
	assert_exit 2 shunt mem watch $$ --scans 0
	assert_exit 1 shunt mem run --dry-run -o "$DIR/no/such" -- true
	assert_exit 2 shunt mem run --dry-run --policy fcfs -- true
	assert_match "$(cat "$DIR/err")" "'fcfs' is no policy of memory: threshold, sol"
	assert_exit 2 shunt mem record -- true
	assert_match "$(cat "$DIR/err")" '--output says no file'
	assert_exit 2 shunt mem record -o "$DIR/trace" --policy sol -- true
	assert_match "$(cat "$DIR/err")" 'have no part in it, as nothing goes'
	assert_exit 1 shunt mem record -o /dev/full --count 2 --interval 0.01 $$
	assert_match "$(cat "$DIR/err")" 'cannot write the record: No space left on device'
}

test_in_batches_what_a_program_does_not_use_would_go_and_nothing_that_it_uses() {
	run_program 64 16
	wait_for 30 last '.split_kib > 60000 and .cold_kib >= 45000 and .used_kib >= 16384'
	# none of the 16 MiB, in any later scan
	wait_for 30 last '.scans > 20'
	jq -es 'all(.[]; .rss_kib - .cold_kib >= 16384 or .rss_kib < 65536)' "$DIR/scans" \
		>/dev/null || fail "used memory would go: $(cat "$DIR/scans")"
	assert_eq "$(tail -n 1 "$DIR/scans" | jq '.swap_kib + .out_kib')" 0 "what went, dry"
	stop run
}

test_another_policy_tells_used_memory_from_the_rest_as_well() {
	write_program
	start run shunt mem run --dry-run -o "$DIR/scans" --interval 0.1 --policy sol -- python3 \
		"$DIR/program.py" 64 16
	wait_for 30 last '.policy == "sol" and .cold_kib >= 45000 and .used_kib >= 4096'
	last '.rss_kib - .cold_kib >= 8192' || fail "$(tail -n 1 "$DIR/scans")"
	stop run
}

# So that one could run where there is none: on a NIC's cores, or in the kernel.
test_policies_of_memory_use_no_floating_point() {
	local f
	need cc
	for f in "$ROOT"/lib/mem/{sol,threshold}.c; do
		cc -O2 -mgeneral-regs-only -I"$ROOT/lib" -I"$ROOT/include" -c "$f" -o "$DIR/o" ||
			fail "$f does not compile without"
	done
	echo 'double f(double x) { return x * 2; }' >"$DIR/f.c"
	! cc -mgeneral-regs-only -c "$DIR/f.c" -o "$DIR/o" 2>/dev/null ||
		fail "the compiler would not have noticed"
}

has_scans() { [ "$(grep -c ^scan "$DIR/trace")" -gt "$1" ]; }
of_trace() { json ".traces[0] | $1" shunt-sim mem "$DIR/trace" --json -; }

test_what_is_recorded_of_a_program_can_be_replayed() {
	write_program
	start run shunt mem record -o "$DIR/trace" --interval 0.1 -- python3 "$DIR/program.py" 64 16
	wait_for 30 has_scans 30
	stop run
	assert_eq "$(tail -n 1 "$DIR/trace" | cut -d' ' -f1)" end "last line"
	# batches that were split, and of these what is used
	grep -Eq '^[+] [0-9]+ [0-9a-f]+ 256 ' "$DIR/trace" || fail "nothing was split"
	assert_eq "$(of_trace '.rss_mib > 64 and .unused_mib > 30 and .unused_mib < 60')" true \
		"$(of_trace '.')"
	assert_eq "$(of_trace '[.runs[] | .back_mib > 5 and .back_mib <= .oracle_mib] | all')" \
		true "$(of_trace '.')"
}

test_what_is_recorded_of_a_process_is_of_use_though_the_recorder_was_killed() {
	start_program 16 4 MADV_NOHUGEPAGE
	shunt mem record "${PIDS[program]}" -o "$DIR/trace" --interval 0.05 --count 4
	assert_eq "$(tail -n 1 "$DIR/trace")" "end 4" "last line"
	start record shunt mem record "${PIDS[program]}" -o "$DIR/trace" --interval 0.05
	wait_for 10 has_scans 5
	stop record KILL
	assert_exit 0 shunt-sim mem "$DIR/trace"
	assert_match "$(cat "$DIR/err")" 'has no end: its last scan is left out'
	stop program
}

test_a_mapping_that_is_used_in_part_stays_as_a_whole_without_batches() {
	start_program 64 16 MADV_NOHUGEPAGE
	watch_some 12 >"$DIR/scans"
	last '.cold_kib < 16384 and .rss_kib >= 65536' || fail "$(cat "$DIR/scans")"
	stop program
}

test_memory_for_huge_pages_is_not_split() {
	run_program 64 16 MADV_HUGEPAGE
	wait_for 30 last '.scans > 10 and .rss_kib >= 65536'
	last '.split_kib < 40000' || fail "$(tail -n 1 "$DIR/scans")"
	stop run
}

test_a_program_that_forbids_huge_pages_is_split_all_the_same() {
	run_program 64 16 MADV_NOHUGEPAGE
	wait_for 30 last '.split_kib > 60000 and .cold_kib >= 45000'
	stop run
}

# MIB-IN-ALL MIB-USED FILE MAGIC: the same in shared memory; FILE "" is one without a name, as
# actors have it. Its first eight bytes are MAGIC.
write_shared() {
	cat >"$DIR/program.py" <<-'PY'
	import mmap, os, struct, sys
	whole, part = (int(n) << 20 for n in sys.argv[1:3])
	fd = os.open(sys.argv[3], os.O_RDWR | os.O_CREAT) if sys.argv[3] else \
	    os.memfd_create("shunt-place")
	os.ftruncate(fd, whole)
	m = mmap.mmap(fd, whole, flags=mmap.MAP_SHARED)
	for i in range(0, whole, 4096):
	    m[i:i + 8] = struct.pack("<Q", i + 1)
	m[:8] = struct.pack("<Q", int(sys.argv[4], 16))
	print("there", flush=True)
	end = len(sys.argv) > 5 and int(sys.argv[5])
	while not end or not os.path.exists("/run/test/enough"):
	    for i in range(0, part, 4096):
	        m[i]
	bad = [i for i in range(4096, whole, 4096) if m[i:i + 8] != struct.pack("<Q", i + 1)]
	sys.exit(len(bad) > 0)
	PY
}

magic() {
	sed -n 's/^#define PLACE_MAGIC \(0x[0-9a-f]*\)ULL.*/\1/p' "$ROOT/hostlib/actor/layout.h"
}

run_shared() { # FILE MAGIC
	write_shared
	start run shunt mem run --dry-run -o "$DIR/scans" "${FAST[@]}" -- python3 \
		"$DIR/program.py" 64 16 "$@"
	wait_for 10 grep -q there "$DIR/run.log"
}

test_of_the_memory_of_actors_what_they_do_not_use_would_go() {
	run_shared '' "$(magic)"
	wait_for 30 last '.split_kib > 60000 and .cold_kib >= 45000 and .used_kib >= 16384'
	stop run
	rm "$DIR/run.log"
	run_shared /dev/shm/shunt-test-place "$(magic)"
	wait_for 30 last '.split_kib > 60000 and .cold_kib >= 45000 and .used_kib >= 16384'
	stop run
	rm /dev/shm/shunt-test-place
}

# What else may be in it, and how its program grows it, nobody knows.
test_other_shared_memory_is_not_split() {
	run_shared /dev/shm/shunt-test-place 0x1
	wait_for 30 last '.scans > 10 and .rss_kib >= 65536'
	last '.split_kib < 40000 and .cold_kib < 16384' || fail "$(tail -n 1 "$DIR/scans")"
	stop run
	rm /dev/shm/shunt-test-place
}

# Only where there is swap already: this test makes none.
test_memory_of_actors_goes_to_swap_and_comes_back_with_its_content() {
	[ "$(wc -l </proc/swaps)" -gt 1 ] || skip "no swap (make bench-mem has some of its own)"
	write_shared
	start run shunt mem run -o "$DIR/scans" "${FAST[@]}" -- python3 "$DIR/program.py" 64 16 '' \
		"$(magic)" 1
	wait_for 30 last '.swap_kib >= 40000 and .rss_kib < 30000'
	touch "$DIR/enough"
	wait_ended run
	assert_eq "$STATUS" 0 "pages changed: $(cat "$DIR/run.log")"
}

# The kernel leaves pages alone that two processes have: they are never called unused.
test_memory_that_a_child_shares_never_goes() {
	cat >"$DIR/shares.py" <<-'PY'
	import mmap, os, time
	m = mmap.mmap(-1, 64 << 20, flags=mmap.MAP_PRIVATE)
	m.madvise(mmap.MADV_NOHUGEPAGE)
	for i in range(0, 64 << 20, 4096):
	    m[i] = 1
	if os.fork():
	    print("there", flush=True)
	time.sleep(100)
	PY
	start program python3 "$DIR/shares.py"
	wait_for 10 grep -q there "$DIR/program.log"
	watch_some 8 >"$DIR/scans"
	last '.cold_kib < 8192 and .rss_kib >= 65536' || fail "$(cat "$DIR/scans")"
	stop program
}

test_without_swap_it_is_refused_and_the_program_not_started() {
	[ "$(wc -l </proc/swaps)" -le 1 ] || skip "there is swap"
	assert_exit 3 shunt mem run -- touch "$DIR/started"
	assert_match "$(cat "$DIR/err")" 'no swap: no memory can be given back.*hint:.*zram'
	[ ! -e "$DIR/started" ] || fail "the program was started"
	assert_exit 3 shunt mem watch $$
}

test_a_program_keeps_its_output_its_status_and_its_signals() {
	assert_exit 7 shunt mem run --dry-run -- sh -c 'echo of the program; exit 7'
	assert_eq "$(cat "$DIR/out")" "of the program"
	assert_exit 137 shunt mem run --dry-run -- sh -c 'kill -KILL $$'
	assert_exit 1 shunt mem run --dry-run -- "$DIR/no-such-program"
	assert_match "$(cat "$DIR/err")" "cannot execute '.*no-such-program'"
	run_program 8 4
	kill -TERM "${PIDS[run]}"
	wait_ended run
	assert_eq "$STATUS" 143 "status of a program that was ended by SIGTERM"
}

test_a_program_that_executes_another_is_followed() {
	write_program
	start run shunt mem run --dry-run -o "$DIR/scans" "${FAST[@]}" -- sh -c \
		"true; exec python3 '$DIR/program.py' 64 16"
	wait_for 30 last '.split_kib > 60000 and .cold_kib >= 45000'
	stop run
}

# What the kernel refuses across mappings goes on as if there were one.
test_memory_in_batches_can_still_be_grown_and_moved() {
	need cc
	cat >"$DIR/grows.c" <<-'C'
	#define _GNU_SOURCE
	#include <stdio.h>
	#include <string.h>
	#include <sys/mman.h>
	#include <unistd.h>
	static int batches(void)
	{
		FILE *f = fopen("/proc/self/maps", "r");
		unsigned long a, b;
		int n = 0;

		for (char line[512]; fgets(line, sizeof(line), f);)
			n += sscanf(line, "%lx-%lx", &a, &b) == 2 && b - a == 256 << 10;
		fclose(f);
		return n;
	}
	int main(void)
	{
		size_t len = 16 << 20;
		unsigned char *m = mmap(NULL, len, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		for (size_t i = 0; i < len; i++)
			m[i] = i * 7 >> 3;
		while (batches() < 50)
			usleep(10000);
		for (int r = 0; r < 3; r++) {
			/* nothing may be behind it, so that it has to move */
			mmap(m + len, 4096, 0,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
			m = mremap(m, len, 2 * len, MREMAP_MAYMOVE);
			if (m == MAP_FAILED)
				return perror("mremap"), 1;
			memset(m + len, r, len);
			for (size_t i = 0; i < 16 << 20; i++)
				if (m[i] != (unsigned char)(i * 7 >> 3))
					return printf("byte %zu changed\n", i), 2;
			len *= 2;
		}
		puts("all there");
		return 0;
	}
	C
	cc -O1 -w "$DIR/grows.c" -o "$DIR/grows"
	assert_exit 0 shunt mem run --dry-run "${FAST[@]}" -- "$DIR/grows"
	assert_eq "$(cat "$DIR/out")" "all there"
}

test_two_that_look_at_one_process_are_refused() {
	start_program 8 4
	start watch shunt mem watch "${PIDS[program]}" --dry-run "${FAST[@]}"
	wait_for 10 grep -q dry-run "$DIR/watch.log"
	assert_exit 1 shunt mem seen "${PIDS[program]}" 1ms
	assert_match "$(cat "$DIR/err")" "another 'shunt mem' looks at process"
	stop watch KILL
	shunt mem seen "${PIDS[program]}" 1ms
	stop program
}

has_lines() { [ "$(wc -l <"$DIR/watch.log")" -ge "$1" ]; }

test_a_process_that_ends_at_any_moment_ends_the_watch_in_peace() {
	local i
	for ((i = 2; i < (${LONG:-0} ? 14 : 6); i++)); do
		start_program 16 4
		start watch shunt mem watch "${PIDS[program]}" --dry-run --interval 0.01
		wait_for 10 has_lines $i
		kill -KILL "${PIDS[program]}"
		wait_ended watch
		assert_eq "$STATUS" 0 "status of the watch: $(cat "$DIR/watch.log")"
		wait_ended program
		rm "$DIR/watch.log" "$DIR/program.log"
	done
}

test_a_program_goes_on_when_shunt_is_killed() {
	local program
	run_program 8 4
	wait_for 10 last '.scans > 2'
	program=$(tail -n 1 "$DIR/scans" | jq .pid)
	stop run KILL
	kill -0 "$program" || fail "the program ended, too"
	kill "$program"
}

# Only where there is swap already: this test makes none.
test_what_is_not_used_goes_to_swap_and_comes_back_with_its_content() {
	[ "$(wc -l </proc/swaps)" -gt 1 ] || skip "no swap (make bench-mem has some of its own)"
	write_program
	start run shunt mem run -o "$DIR/scans" "${FAST[@]}" -- python3 "$DIR/program.py" 64 16
	wait_for 30 last '.swap_kib >= 40000 and .rss_kib < 30000'
	stop run
}

run_tests "$@"
