#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# fuzz.sh - every input that a fuzzer found worth keeping, once more; with LONG=1, a minute of each
# fuzzer
#
# The corpora lie in tests/fuzz/corpus. An input that breaks a claim is kept as build/fuzz/NAME-*:
# mend the defect, and put the input into the corpus.
. "$(dirname "$0")/../lib.sh"

NO_LAB=1
TEST_LIMIT=150
TRIES=1
CORPUS=$TESTS/fuzz/corpus

# NAME ARGUMENTS…: runs the fuzzer. Its output is in $DIR/NAME.log.
fuzzer() {
	local name=$1
	shift
	mkdir -p "$ROOT/build/fuzz"
	"$ROOT/build/tests/fuzz/$name" -timeout=30 -rss_limit_mb=4096 \
		-artifact_prefix="$ROOT/build/fuzz/$name-" "$@" \
		>"$DIR/$name.log" 2>&1 ||
		broken "$(grep -vE '^(INFO|#|[[:space:]]*"|0x)' "$DIR/$name.log" | head -n 40)"
}

# Edges that the inputs of a folder reach.
edges() { # NAME FOLDER
	fuzzer "$1" -runs=0 "$2"
	sed -n 's/^#[0-9]*[[:space:]]*INITED cov: \([0-9]*\).*/\1/p' "$DIR/$1.log"
}

# A corpus that says nothing any more, because what it is about has changed, would go unnoticed.
replay() { # NAME
	local few many
	mkdir "$DIR/none"
	few=$(edges "$1" "$DIR/none")
	many=$(edges "$1" "$CORPUS/$1")
	echo "edges: $few with nothing, $many with the corpus"
	assert_ge "$many" $((2 * few)) "what the corpus of '$1' reaches"
}

a_minute() { # NAME
	local dict=()
	[ ! -e "$TESTS/fuzz/$1.dict" ] || dict=("-dict=$TESTS/fuzz/$1.dict")
	mkdir "$DIR/found"
	fuzzer "$1" "${dict[@]}" -max_total_time=60 -print_final_stats=1 "$DIR/found" "$CORPUS/$1"
	grep -E 'INITED|DONE|executed' "$DIR/$1.log"
}

ALL=()
for name in $(basename -s .c -a "$TESTS"/fuzz/*.c); do
	eval "test_what_fuzzing_${name}_found_breaks_nothing() { replay $name; }"
	ALL+=("test_what_fuzzing_${name}_found_breaks_nothing")
	[ -n "$LONG" ] || continue
	eval "test_a_minute_of_fuzzing_${name}_breaks_nothing() { a_minute $name; }"
	ALL+=("test_a_minute_of_fuzzing_${name}_breaks_nothing")
done
[ $# -gt 0 ] || set -- "${ALL[@]}"
run_tests "$@"
