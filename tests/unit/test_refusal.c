// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_refusal.c - a process that is refused again and again has one line in the log
 */
/* link: agent/refusal.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/refusal.h"

#define SECOND 1000000000ULL

static struct refusal list[REFUSALS_MAX];

static int begin(void **state)
{
	memset(list, 0, sizeof(list));
	return 0;
}

static void test_the_same_answer_to_one_that_asks_each_second_is_no_news(void **state)
{
	assert_true(refusal_is_news(list, 7, "not loaded", SECOND));
	for (int i = 2; i < 100; i++)
		assert_false(refusal_is_news(list, 7, "not loaded", i * SECOND));
}

static void test_another_answer_or_another_process_is_news(void **state)
{
	assert_true(refusal_is_news(list, 7, "not loaded", SECOND));
	assert_true(refusal_is_news(list, 7, "not allowed", SECOND));
	assert_true(refusal_is_news(list, 8, "not loaded", SECOND));
	assert_false(refusal_is_news(list, 7, "not loaded", SECOND));
}

/* The number may be another process's by then. */
static void test_after_a_pause_it_is_news_again(void **state)
{
	assert_true(refusal_is_news(list, 7, "not loaded", SECOND));
	assert_true(refusal_is_news(list, 7, "not loaded", 12 * SECOND));
}

static void test_of_too_many_the_one_that_asked_longest_ago_is_forgotten(void **state)
{
	for (int i = 0; i <= REFUSALS_MAX; i++)
		assert_true(refusal_is_news(list, 1 + i, "not loaded", SECOND + i));
	assert_false(refusal_is_news(list, 2, "not loaded", 2 * SECOND));
	assert_true(refusal_is_news(list, 1, "not loaded", 2 * SECOND));
}

static void check_words(const char *name, uid_t uid, const char *text, const char *want)
{
	struct peer p = { .pid = 7, .uid = uid };
	char out[256];

	strcpy(p.name, name);
	refusal_words(&p, text, out, sizeof(out));
	assert_string_equal(out, want);
}

static void test_the_user_is_named_once(void **state)
{
	check_words("kv", 6, "not loaded", "'kv' (process 7, user 6): not loaded");
	check_words("", 6, "not loaded", "a connection (process 7, user 6): not loaded");
	check_words("", 6, "user 6 is not allowed",
		    "a connection (process 7): user 6 is not allowed");
	check_words("kv", 6, "it is for user 65", "'kv' (process 7, user 6): it is for user 65");
	check_words("kv", 6, "it is for user 65, not for user 6",
		    "'kv' (process 7): it is for user 65, not for user 6");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			test_the_same_answer_to_one_that_asks_each_second_is_no_news, begin),
		cmocka_unit_test_setup(test_another_answer_or_another_process_is_news, begin),
		cmocka_unit_test_setup(test_after_a_pause_it_is_news_again, begin),
		cmocka_unit_test_setup(
			test_of_too_many_the_one_that_asked_longest_ago_is_forgotten, begin),
		cmocka_unit_test(test_the_user_is_named_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
