// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_ledger_flips.c - what a dead worker left may still change while the agent reads it: a child
 * that it forked has the same memory
 *
 * A thread changes the fields of an intent all the time, from a request's to nonsense and back. A
 * reader that looks at a field twice would go by a value that it has not checked; the sanitizers
 * see that.
 */
/* link: @core tests/unit/ledger_world.c tests/unit/ledger_core.c tests/unit/ledger_death.c */
/* link: tests/unit/ledger_check.c */
/* link: lib/ledger_read.c lib/ledger_frames.c agent/frames.c */
/* links more: the request in memory is one that the library's own code has taken */
/* define: LEDGER_HOOK=ledger_hook */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ledger_world.h"
#include "lib/ledger.h"
#include "lib/ledger_frames.h"

#define LOOKS 200000

static atomic_bool over;

static void *flip(void *arg)
{
	struct shunt_core_run *run = &world.view->core[0].run;
	const struct shunt_core_run was = *(const struct shunt_core_run *)arg;

	for (unsigned int n = 0; !atomic_load_explicit(&over, memory_order_relaxed); n++) {
		poke(run->intent, n & 1 ? SHUNT_INTENT(0x7fffffff, 0) : was.intent);
		poke(run->intent_off, n & 2 ? 0 : was.intent_off);
		poke(run->intent_frame, n & 4 ? ~0u : was.intent_frame);
		poke(run->intent_cls, n & 8 ? 255 : was.intent_cls);
		poke(run->id, n & 16 ? 0 : was.id);
		poke(run->cls, n & 32 ? 255 : was.cls);
	}
	return NULL;
}

static void test_each_field_of_a_dead_worker_is_read_once(void **state)
{
	const struct ledger_dead dead = { .cores = 1, .slots = 1 };
	unsigned char *seen = malloc(NFRAMES);
	struct verdict v;
	uint64_t *tag;
	struct shunt_core_run was;
	pthread_t thread;
	uint64_t id;

	world_make(CORES, "000", 0);
	assert_true(world_arrive(0, 0));
	core_begin(0, "0");
	while (!world.view->core[0].run.intent)
		assert_true(core_step(0));
	assert_true(core_step(0)); /* and the entry is taken */
	tag = (uint64_t *)&world_meta(world.view->core[0].run.intent_frame * world.geo.chunk +
				      world.view->core[0].run.intent_off)->id;
	id = *tag;
	was = world.view->core[0].run;
	assert_int_equal(pthread_create(&thread, NULL, flip, &was), 0);
	for (int n = 0; n < LOOKS; n++) {
		poke(*tag, id);
		ledger_read(&world, &dead, &v);
		ledger_take_back(&world, &dead, seen);
		ledger_clear(&world, &dead);
	}
	atomic_store(&over, true);
	pthread_join(thread, NULL);
	free(seen);
	world_remove();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_field_of_a_dead_worker_is_read_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
