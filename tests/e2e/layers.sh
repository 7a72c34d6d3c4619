#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# layers.sh - modules call each other in the documented order, and in no new circle
# runs: beside
NO_LAB=1
. "$(dirname "$0")/../lib.sh"

layers() { "$ROOT/tests/layers.py" "$@" >"$DIR/said" 2>&1; }

test_modules_call_each_other_in_the_documented_order() { layers || fail "$(cat "$DIR/said")"; }

test_an_arrow_against_the_order_is_named() {
	sed 's/^    park$/    parc/; s/^    frames ask clock/    park ask clock/
		s/^    parc$/    frames/' \
		"$ROOT/docs/architecture.md" >"$DIR/order.md"
	! layers --docs "$DIR/order.md" || fail "it was not noticed"
	grep -q '^hostlib/reply calls hostlib/frames (frames_[a-z_, ]*), which is not below it$' \
		"$DIR/said" ||
		fail "$(cat "$DIR/said")"
}

test_a_module_without_a_place_is_named() {
	sed 's/^    idle$/    idles/' "$ROOT/docs/architecture.md" >"$DIR/order.md"
	! layers --docs "$DIR/order.md" || fail "it was not noticed"
	grep -q '^hostlib/idle: not in the order' "$DIR/said" || fail "$(cat "$DIR/said")"
}

test_a_circle_that_is_not_known_is_named() {
	grep -v '^agent/' "$ROOT/tests/circles.txt" >"$DIR/circles.txt"
	! layers --circles "$DIR/circles.txt" || fail "it was not noticed"
	grep -q '^a circle: agent/' "$DIR/said" || fail "$(cat "$DIR/said")"
}

test_only_transports_know_which_one_they_are() {
	! grep -rnE -- '->wire\b' "$ROOT/hostlib" --include=*.c --include=*.h |
		grep -v '^[^:]*/hostlib/transport/wire' ||
		fail "what differs between transports is behind hostlib/transport.h"
}

run_tests "$@"
