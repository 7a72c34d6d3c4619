#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# planning.sh - the planner's guide is true: its commands run, draw the pictures that it shows, and
# print what it says
# runs: beside
. "$(dirname "$0")/../lib.sh"

NO_LAB=1
[ -z "$LONG" ] || TEST_LIMIT=600

commands() { grep -E '^    \$ |^          ' "$1"; }

# Short runs of all commands; what they print is compared in full by make test-long, as it takes
# minutes.
test_commands_of_the_planners_guide_run() {
	[ -n "$LONG" ] || return 0
	mkdir "$DIR/pictures"
	REQUESTS=2000 PICTURES=$DIR/pictures scripts/planning.sh >"$DIR/now" 2>"$DIR/err" ||
		fail "$(tail -n 3 "$DIR/err")"
	assert_eq "$(commands "$DIR/now")" "$(commands docs/planning.md)" commands
	assert_ge "$(commands docs/planning.md | grep -c shunt-sim)" 14 "commands that simulate"
	assert_eq "$(grep -c '^## [0-9]*\. .*?$' docs/planning.md)" 10 questions
	for picture in $(sed -n 's/^!\[.*\](planning\/\(.*\.svg\))$/\1/p' docs/planning.md); do
		assert_match "$(tail -n 1 "$DIR/pictures/$picture")" '</svg>' "$picture as drawn"
		assert_match "$(tail -n 1 "docs/planning/$picture")" '</svg>' "$picture as shown"
	done
	assert_eq "$(cd "$DIR/pictures" && ls *.svg)" "$(cd docs/planning && ls *.svg)" pictures
}

test_the_planners_guide_prints_what_its_commands_do() {
	[ -n "$LONG" ] || return 0
	scripts/planning.sh >"$DIR/now"
	diff docs/planning.md "$DIR/now" ||
		fail "scripts/planning.sh prints another page than docs/planning.md"
}

# The page on agents is made by the same script.
test_commands_of_the_page_on_agents_run() {
	[ -n "$LONG" ] || return 0
	mkdir "$DIR/pictures"
	PAGE=docs/offload.md REQUESTS=2000 PICTURES=$DIR/pictures scripts/planning.sh \
		>"$DIR/now" 2>"$DIR/err" || fail "$(tail -n 3 "$DIR/err")"
	assert_eq "$(grep '^    \$ ' "$DIR/now")" "$(grep '^    \$ ' docs/offload.md)" commands
	assert_ge "$(grep -c '^    .*shunt-sim ' docs/offload.md)" 4 "commands that simulate"
	assert_eq "$(cd "$DIR/pictures" && ls *.svg)" "$(cd docs/offload && ls *.svg)" pictures
	for picture in "$DIR"/pictures/*.svg; do
		grep -qF "](offload/${picture##*/})" docs/offload.md ||
			fail "the page does not show ${picture##*/}"
	done
}

test_the_page_on_agents_prints_what_its_commands_do() {
	[ -n "$LONG" ] || return 0
	PAGE=docs/offload.md scripts/planning.sh >"$DIR/now"
	diff docs/offload.md "$DIR/now" || fail "scripts/planning.sh prints another page"
}

run_tests "$@"
