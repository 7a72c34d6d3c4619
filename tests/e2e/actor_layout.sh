#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# actor_layout.sh - the memory of actors is the same on x86-64 and aarch64: by the layouts that
# their compilers make, and by a memory that one writes and the other reads
# runs: beside
NO_LAB=1
. "$(dirname "$0")/../lib.sh"

CROSS_CC=${CROSS_CC:-aarch64-linux-gnu-gcc}
CROSS_RUN=${CROSS_RUN:-qemu-aarch64}

need_cross() {
	command -v "$CROSS_CC" >/dev/null || skip "there is no $CROSS_CC"
	command -v "$CROSS_RUN" >/dev/null || skip "there is no $CROSS_RUN"
}

# FILE.c: an object for each of the two, $DIR/one.o and $DIR/other.o.
compile() {
	cc -std=gnu11 -g -I"$ROOT/include" -I"$ROOT" -DSHUNT_ACTOR_ALONE -c "$1" -o "$DIR/one.o"
	"$CROSS_CC" -std=gnu11 -g -I"$ROOT/include" -I"$ROOT" -DSHUNT_ACTOR_ALONE -c "$1" \
		-o "$DIR/other.o"
}

alike() { "$ROOT/scripts/actor_layout.py" "$DIR/one.o" "$DIR/other.o" "$@"; }

test_the_layout_is_that_of_both_processors() {
	need_cross
	printf '#include "hostlib/actor/layout.h"\nstruct place_head h; struct region r;
		struct region_object o;\n' >"$DIR/layout.c"
	compile "$DIR/layout.c"
	alike place_head place_slot region region_timer region_object ||
		fail "the layouts differ"
	compile "$ROOT/examples/counter.c"
	alike count || fail "the state of the example differs"
}

# Types whose layout differs between processors have no place in a state.
test_types_that_differ_are_named() {
	local type
	need_cross
	while read -r type; do
		echo "#include <stdint.h>
		#include <stdbool.h>
		#include <wchar.h>
		enum colour { RED };
		struct bad { uint32_t n; $type x; } b;" | sed 's/\(:[0-9]*\) x/x\1/' >"$DIR/bad.c"
		compile "$DIR/bad.c"
		! alike bad >"$DIR/said" || fail "'$type' was taken for a type of a fixed width"
		grep -q 'bad.x is' "$DIR/said" || fail "said: $(cat "$DIR/said")"
	done <<-TEXT
	void *
	long
	unsigned long
	long double
	enum colour
	_Bool
	wchar_t
	int
	uint32_t :3
	union { uint32_t a; float b; }
	TEXT
	echo '#include <stdint.h>
	struct good { uint8_t a[3]; int16_t b; char c[5]; double d; struct { uint64_t e; } f[2]; };
	struct good g;' \
		>"$DIR/good.c"
	compile "$DIR/good.c"
	alike good || fail "types of a fixed width were refused"
}

program() { # CC OUT
	"$1" -std=gnu11 -O2 -static -I"$ROOT/include" -I"$ROOT" -D_GNU_SOURCE -DSHUNT_ACTOR_ALONE \
		"$ROOT/tests/cross/place_file.c" \
		"$ROOT"/hostlib/actor/[!s]*.c -o "$2" -pthread
}

test_a_memory_that_one_processor_wrote_is_read_by_the_other_and_back() {
	local n=10000
	need_cross
	program cc "$DIR/here"
	program "$CROSS_CC" "$DIR/there"
	"$DIR/here" make "$DIR/memory" $n || fail "it was not made"
	"$CROSS_RUN" "$DIR/there" check "$DIR/memory" $n >"$DIR/1" || fail "read there: $(cat "$DIR/1")"
	"$DIR/here" check "$DIR/memory" $n >"$DIR/2" || fail "read here: $(cat "$DIR/2")"
	assert_match "$(cat "$DIR/1")" "^$n objects, .* 43981 hello, timers 1"
	assert_match "$(cat "$DIR/2")" "^$((2 * n)) objects, .* 43981 hello, timers 1"
	rm "$DIR/memory"
	"$CROSS_RUN" "$DIR/there" make "$DIR/memory" $n || fail "it was not made there"
	"$DIR/here" check "$DIR/memory" 1 >"$DIR/3" || fail "read here: $(cat "$DIR/3")"
	assert_eq "$(cat "$DIR/3")" "$(cat "$DIR/1")" "what both processors read"
}

run_tests "$@"
