#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# guard.sh - the guards in programs as users link them: libshunt.so, libshunt.a, with a library of
# others beside
# runs: together
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
		sed -nE "s|.*binding file [^ ]*/$3[^ ]* .* to ([^ ]*) .*symbol .$1'.*|\\1|p" |
		sort -u
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

# Code that runs in a request outside a region must be in the section that signals leave alone.
test_what_begins_and_ends_regions_is_in_a_section_of_its_own() {
	local fn
	for fn in guard guard_malloc; do
		assert_eq "$(size -A "build/obj/hostlib/$fn.o" | awk '$1 ~ /^\.text/ {
			n += $2 } END { print n + 0 }')" 0 \
			"bytes of $fn.o outside shunt_text"
	done
	for fn in shunt_safepoint_slow shunt_nopreempt_begin shunt_nopreempt_end shunt_call_safe \
		shunt_errno \
		preempt_away preempt_late preempt_in_text preempt_request_begin \
		preempt_request_end; do
		assert_match "$(objdump -t build/obj/hostlib/preempt.o | grep -w "$fn")" \
			'shunt_text' "$fn"
	done
}

test_regions_and_signals_work_on_aarch64() {
	local fn objects=()
	need aarch64-linux-gnu-gcc qemu-aarch64
	for fn in preempt signal guard guard_find guard_malloc; do
		objects+=("hostlib/$fn.c")
	done
	cat >"$DIR/prog.c" <<-'END'
		#include <pthread.h>
		#include <signal.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <unistd.h>
		#include <shunt/abi.h>
		#include "hostlib/preempt.h"

		static volatile uint32_t mark;
		static int points[2];

		static void preempt_point(enum preempt_way way)
		{
			points[way]++;
			mark = 0;
		}

		int main(void)
		{
			pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
			pid_t self = getpid();

			preempt_signal_install(SHUNT_SIGNAL);
			preempt_worker_begin(&mark, preempt_point);
			preempt_request_begin();
			pthread_mutex_lock(&m);
			mark = 1;
			shunt_safepoint();
			printf("%u %d,", shunt_tls.depth, points[0]);
			pthread_mutex_unlock(&m);
			free(malloc(100));
			printf("%u %d,", shunt_tls.depth, points[0]);
			fflush(stdout);
			mark = 1;
			if (!fork()) {
				while (!usleep(10000) && getppid() == self)
					kill(self, SHUNT_SIGNAL);
				_exit(0);
			}
			while (mark)
				;
			printf("%d %d\n", points[0], points[1]);
			return 0;
		}
	END
	aarch64-linux-gnu-gcc -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Werror -Iinclude \
		-I. "$DIR/prog.c" \
		"${objects[@]}" -o "$DIR/prog" -pthread
	# The compiler's own C library, of which the loader is: it would take Debian's for that
	# architecture, if that is there.
	assert_eq "$(timeout 20 qemu-aarch64 -L /usr/aarch64-linux-gnu \
		-E LD_LIBRARY_PATH=/usr/aarch64-linux-gnu/lib "$DIR/prog")" \
		"1 0,0 1,1 1"
}

run_tests "$@"
