/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmocka.h - as much of cmocka as cross-built tests use
 *
 * Debian has it for another architecture only where that one's packages are enabled. Prints TAP, as
 * cmocka does when run.sh asks for it.
 */
#pragma once

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

struct CMUnitTest {
	const char *name;
	void (*test)(void **state);
	int (*setup)(void **state), (*teardown)(void **state);
};

static jmp_buf cm_failed;

#define cm_check(ok, text)                                                                         \
	do {                                                                                       \
		if (!(ok)) {                                                                       \
			printf("# %s\n# %s:%d: Failure!\n", text, __FILE__, __LINE__);             \
			longjmp(cm_failed, 1);                                                     \
		}                                                                                  \
	} while (0)

#define assert_true(x) cm_check(x, #x)
#define assert_false(x) cm_check(!(x), "!(" #x ")")
#define assert_null(x) cm_check(!(x), #x " == NULL")
#define assert_non_null(x) cm_check(x, #x " != NULL")
#define assert_int_equal(a, b) cm_check((long long)(a) == (long long)(b), #a " == " #b)
#define assert_int_not_equal(a, b) cm_check((long long)(a) != (long long)(b), #a " != " #b)
#define assert_ptr_equal(a, b) cm_check((a) == (b), #a " == " #b)
#define assert_ptr_not_equal(a, b) cm_check((a) != (b), #a " != " #b)
#define assert_memory_equal(a, b, n) cm_check(!memcmp(a, b, n), "memory of " #a " and " #b)
#define assert_string_equal(a, b) cm_check(!strcmp(a, b), a)

#define cmocka_unit_test(f) { #f, f, NULL, NULL }
#define cmocka_unit_test_setup_teardown(f, setup, teardown) { #f, f, setup, teardown }
#define cmocka_run_group_tests(tests, setup, teardown)                                             \
	cm_run(tests, sizeof(tests) / sizeof((tests)[0]))

static inline int cm_run(const struct CMUnitTest *t, int n)
{
	volatile int failed = 0;
	void *state = NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%d\n", n);
	for (volatile int i = 0; i < n; i++) {
		int ok = 0;

		if (!setjmp(cm_failed)) {
			ok = !t[i].setup || !t[i].setup(&state);
			if (ok)
				t[i].test(&state);
		} else {
			ok = 0;
		}
		if (t[i].teardown)
			t[i].teardown(&state);
		failed += !ok;
		printf("%sok %d - %s\n", ok ? "" : "not ", i + 1, t[i].name);
	}
	return failed;
}
