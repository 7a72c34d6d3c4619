#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# layers.sh - modules call each other in the documented order, and in no circle; what differs
# between transports and roles is in their own files
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

test_a_circle_is_named() {
	mkdir -p "$DIR/tree/sim"
	cp -rs "$ROOT/build/obj" "$DIR/obj"
	echo 'int b(void); int a(void) { return b(); }' >"$DIR/tree/sim/circle_a.c"
	echo 'int a(void); int b(void) { return a(); }' >"$DIR/tree/sim/circle_b.c"
	for name in a b; do
		cc -w -c "$DIR/tree/sim/circle_$name.c" -o "$DIR/obj/sim/circle_$name.o"
	done
	! layers --objects "$DIR/obj" --tree "$DIR/tree" || fail "it was not noticed"
	grep -qx 'a circle: sim/circle_a sim/circle_b' "$DIR/said" || fail "$(cat "$DIR/said")"
}

test_a_branch_on_transports_or_roles_outside_their_files_is_named() {
	mkdir -p "$DIR/tree/agent" "$DIR/tree/hostlib/transport"
	echo 'if (c->wire)' |
		tee "$DIR/tree/hostlib/core.c" >"$DIR/tree/hostlib/transport/wire_new.c"
	echo 'if (a->role == &role_host)' |
		tee "$DIR/tree/agent/one.c" >"$DIR/tree/agent/role_new.c"
	echo 'if (o->role != other)' >"$DIR/tree/agent/two.h"
	! layers --tree "$DIR/tree" || fail "it was not noticed"
	assert_eq "$(sed -n 's/:1: knows which one it is:.*//p' "$DIR/said" | sort | xargs)" \
		"agent/one.c agent/two.h hostlib/core.c"
}

run_tests "$@"
