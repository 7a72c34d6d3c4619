#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# guard.sh - the guards in programs as users link them: libshunt.so, libshunt.a, with a library of others beside
NO_LAB=1
. "$(dirname "$0")/../lib.sh"

# OUTPUT LINK…: a program that allocates and locks, and has a library do so.
program() {
	cat >"$DIR/prog.c" <<-'END'
		#include <jansson.h>
		#include <pthread.h>
		#include <shunt/preempt.h>
		#include <shunt/shunt.h>
		#include <stdio.h>
		#include <stdlib.h>

		static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

		int main(void)
		{
			json_t *j = json_pack("{s:i}", "one", 1);
			char *text = json_dumps(j, 0);

			pthread_mutex_lock(&m);
			shunt_safepoint();
			pthread_mutex_unlock(&m);
			printf("%s %s\n", text, shunt_version());
			free(text);
			json_decref(j);
			return 0;
		}
	END
	gcc -O2 -Iinclude "$DIR/prog.c" -o "$DIR/$1" "${@:2}" -ljansson -pthread
}

# NAME PROGRAM: the object whose definition of it the C library and jansson are given.
bound_to() {
	LD_LIBRARY_PATH=$DIR LD_BIND_NOW=1 LD_DEBUG=bindings "$DIR/$2" 2>&1 |
		sed -nE "s|.*binding file [^ ]*/$3[^ ]* .* to ([^ ]*) .*symbol .$1'.*|\\1|p" | sort -u
}

use_so() {
	ln -s "$ROOT/build/libshunt.so" "$DIR/libshunt.so.0"
	program with_so "-L$ROOT/build" -lshunt
}

test_calls_inside_shared_objects_meet_the_guards_of_libshunt_so() {
	use_so
	assert_eq "$(bound_to malloc with_so libjansson)" "$DIR/libshunt.so.0"
	assert_eq "$(bound_to free with_so libc)" "$DIR/libshunt.so.0"
	assert_match "$(LD_LIBRARY_PATH=$DIR "$DIR/with_so")" '"one": 1'
}

test_and_those_of_a_program_with_libshunt_a() {
	program with_a "$ROOT/build/libshunt.a"
	assert_eq "$(bound_to malloc with_a libjansson)" "$DIR/with_a"
	assert_eq "$(bound_to free with_a libc)" "$DIR/with_a"
	assert_match "$("$DIR/with_a")" '"one": 1'
}

test_programs_run_with_guards_off() {
	use_so
	assert_match "$(SHUNT_GUARD=0 LD_LIBRARY_PATH=$DIR "$DIR/with_so")" '"one": 1'
}

# What runs in a request and holds no region must be in the section that signals leave alone.
test_what_begins_and_ends_regions_is_in_a_section_of_its_own() {
	local fn
	for fn in guard guard_malloc; do
		assert_eq "$(size -A "build/obj/hostlib/$fn.o" | awk '$1 ~ /^\.text/ { n += $2 } END { print n + 0 }')" 0 \
			"bytes of $fn.o outside shunt_text"
	done
	for fn in shunt_safepoint_slow shunt_nopreempt_begin shunt_nopreempt_end shunt_call_safe shunt_errno \
		preempt_away preempt_late preempt_in_text preempt_request_begin preempt_request_end; do
		assert_match "$(objdump -t build/obj/hostlib/preempt.o | grep -w "$fn")" 'shunt_text' "$fn"
	done
}

run_tests "$@"
