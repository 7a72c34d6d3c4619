// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_unanswered.c - how shunt-load words it that too few requests were answered for a p99
 */
/* link: apps/load/cleaning.c apps/load/server_gaps.c apps/clean/overload.c apps/clean/pool.c */
/* link: apps/clean/spans.c apps/clean/store.c apps/clean/summary_json.c apps/clean/verdict.c */
/* link: lib/why.c */
/* links more: all that a run's windows go through */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "apps/load/load.h"

#define SECOND 1000000000ULL

static struct load load;

/* N requests of a class in a second, of which the first ones were answered: the table's lines. */
static char *said_of(int n, int answered)
{
	struct pending p = { .counted = true };
	struct why why = { 0 };
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	load.o = (struct options){ .rate = n, .seconds = 1 };
	load.o.mix.classes = 1;
	strcpy(load.o.mix.name[0], "short");
	load.start = load.begin = SECOND;
	assert_int_equal(cleaning_open(&load, &why), 0);
	for (int i = 0; i < n; i++) {
		p.due = SECOND + i * (SECOND / n);
		cleaning_reply(load.cleaning, &p, i < answered ? p.due + 5000 : 0);
	}
	assert_int_equal(cleaning_ends(&load, SECOND, 2 * SECOND), 0);
	cleaning_table(f, &load);
	cleaning_close(&load);
	fclose(f);
	return text;
}

static void test_requests_without_an_answer_are_counted_among_those_kept(void **state)
{
	static const struct {
		int n, answered;
		const char *says;
	} cases[] = {
		{ 41, 0, "no p99, as 41 of the 41 kept requests were not answered;" },
		{ 2000, 1970, "no p99, as 30 of the 2000 kept requests were not answered;" },
		{ 2000, 2000, "p99 5.0 us" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = said_of(cases[i].n, cases[i].answered);

		if (!strstr(text, cases[i].says))
			fail_msg("no '%s' in: %s", cases[i].says, text);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests_without_an_answer_are_counted_among_those_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
