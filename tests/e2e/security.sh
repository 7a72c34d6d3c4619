#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# security.sh - SECURITY.md promises what is tested
# runs: beside
. "$(dirname "$0")/../lib.sh"

NO_LAB=1

# FILE NAME, a line each that SECURITY.md names. Names that follow a file are of that file; fuzzers
# have none.
named_tests() {
	grep -oE '`tests/[a-z0-9_/.]+`|\b[a-z0-9]+(_[a-z0-9]+){3,}\b' "$ROOT/SECURITY.md" | awk '
		/^`/ { file = substr($0, 2, length($0) - 2); print file; next }
		{ print file, $0 }'
}

test_each_test_that_security_md_names_is_there() {
	local file name n=0
	while read -r file name; do
		[ -e "$ROOT/$file" ] || fail "there is no '$file'"
		[ -z "$name" ] ||
			grep -qE "^(test_|static void |long_test_)?$name\(" "$ROOT/$file" ||
			fail "there is no test '$name' in '$file'"
		n=$((n + 1))
	done < <(named_tests)
	assert_ge $n 30 "files and tests that it names"
}

run_tests "$@"
