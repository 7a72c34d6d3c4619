#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# mem.sh - shunt mem: of an unmodified program, what it uses is told from what it only has
# runs: beside
. "$(dirname "$0")/../lib.sh"

NO_LAB=1

# MIB-IN-ALL MIB-USED: a program that reads a page of the used part after the other, for ever.
start_program() {
	start program python3 -c '
import mmap, sys
whole, part = (int(n) << 20 for n in sys.argv[1:])
m = mmap.mmap(-1, whole, flags=mmap.MAP_PRIVATE)
m.madvise(mmap.MADV_NOHUGEPAGE)
for i in range(0, whole, 4096):
    m[i] = 1
print("there", flush=True)
while True:
    for i in range(0, part, 4096):
        m[i]' "$1" "$2"
	wait_for 10 grep -q there "$DIR/program.log"
}

seen() { json "$1" shunt mem seen "${PIDS[program]}" "${2:-1s}" --json; }
has_seen_all() { [ "$(seen '.used_kib >= 16384')" = true ]; }

test_used_memory_is_told_from_memory_that_is_only_there() {
	local out
	start_program 64 16
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
	assert_exit 2 shunt mem what 1
}

run_tests "$@"
