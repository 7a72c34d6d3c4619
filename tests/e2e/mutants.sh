#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# mutants.sh - the lists of `make test-mutants` have followed the source
# runs: beside
NO_LAB=1
. "$(dirname "$0")/../lib.sh"

test_each_mutant_can_still_be_made() {
	"$ROOT/tests/mutants/run.py" --check "$ROOT"/tests/mutants/*.txt ||
		fail "take the mutants along"
}

test_a_mutant_whose_line_has_moved_is_named() {
	printf '%s\n' 'mutant: of a line that is not there' 'file: lib/ledger.h' \
		'test: tests/unit/test_ledger' \
		'-	no such line' >"$DIR/list.txt"
	! "$ROOT/tests/mutants/run.py" --check "$DIR/list.txt" >"$DIR/said" ||
		fail "it was not noticed"
	grep -q 'list.txt:1: the text to change is 0 times in lib/ledger.h' "$DIR/said" ||
		fail "$(cat "$DIR/said")"
	grep -q '^1 mutants, 0 can be made$' "$DIR/said" || fail "$(cat "$DIR/said")"
}

test_a_mutant_that_survives_fails_the_run() {
	printf '%s\n' 'mutant: of a comment' 'file: lib/ledger_read.c' \
		'test: tests/unit/test_units' \
		'-		return; /* it was counted */' '+		return;' \
		>"$DIR/list.txt"
	! "$ROOT/tests/mutants/run.py" --jobs 1 "$DIR/list.txt" >"$DIR/said" ||
		fail "it was not noticed"
	grep -q '^1 mutants, 0 killed$' "$DIR/said" || fail "$(cat "$DIR/said")"
}

# Only with LONG=1: a mutant that survives, as that test copies the tree and builds in the copy.
if [ $# = 0 ] && [ -z "$LONG" ]; then
	# shellcheck disable=SC2046
	run_tests $(grep -oE '^test_[a-z_]+' "$0" | grep -v survives)
fi
run_tests "$@"
