// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_guard_malloc.c - malloc and its kin behind their guards, and who called them
 */
/* link: hostlib/preempt.c hostlib/signal.c hostlib/guard.c hostlib/guard_find.c */
/* link: hostlib/guard_malloc.c */
/* sanitize: undefined */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <shunt/abi.h>

#include "hostlib/preempt.h"

#define DEPTH(n) assert_int_equal(shunt_tls.depth, n)

static volatile uint32_t mark;
static int points[2];

static void preempt_point(enum preempt_way way)
{
	points[way]++;
	mark = 0;
}

static int set_up(void **state)
{
	memset(points, 0, sizeof(points));
	assert_int_equal(preempt_signal_install(SHUNT_SIGNAL), 0);
	preempt_worker_begin(&mark, preempt_point);
	preempt_request_begin();
	return 0;
}

static int tear_down(void **state)
{
	preempt_request_end();
	preempt_worker_end();
	return 0;
}

static void test_malloc_called_by_the_application_takes_what_is_pending(void **state)
{
	volatile char *text; /* so that the compiler does not leave it out */

	mark = 1;
	raise(SHUNT_SIGNAL);
	text = malloc(10);
	text[0] = 1;
	free((void *)text);
	assert_int_equal(points[PREEMPT_SAFEPOINT], 1);
	DEPTH(0);
}

/* printf, say, calls malloc with its FILE locked: that is not a place to stop. */
static void test_malloc_called_by_a_library_does_not(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *f;

	mark = 1;
	raise(SHUNT_SIGNAL);
	f = open_memstream(&text, &len);
	for (int i = 0; i < 10000; i++)
		fputs("so that it grows, and is reallocated", f);
	fclose(f);
	assert_int_equal(points[PREEMPT_SAFEPOINT], 0);
	assert_true(shunt_tls.pending);
	free(text);
	assert_int_equal(points[PREEMPT_SAFEPOINT], 1);
}

static void test_what_malloc_and_its_kin_give_can_be_used_and_freed(void **state)
{
	void *p[10] = { malloc(100), calloc(10, 10), realloc(NULL, 100), reallocarray(NULL, 10, 10),
			aligned_alloc(64, 128), memalign(64, 100), valloc(100), pvalloc(100) };
	static volatile size_t huge = SIZE_MAX;

	assert_int_equal(posix_memalign(&p[8], 64, 100), 0);
	for (int i = 0; i < 9; i++) {
		assert_non_null(p[i]);
		p[i] = memset(p[i], i, 100);
		p[i] = realloc(p[i], 200);
		assert_int_equal(((char *)p[i])[99], i);
		free(p[i]);
	}
	errno = 0;
	assert_null(reallocarray(NULL, huge, 2));
	assert_int_equal(errno, ENOMEM);
	DEPTH(0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_malloc_called_by_the_application_takes_what_is_pending),
		TEST(test_malloc_called_by_a_library_does_not),
		TEST(test_what_malloc_and_its_kin_give_can_be_used_and_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
