// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_sim_rss.c - the simulator's RSS hashes as NICs do, and its flows follow Zipf's law
 */
/* link: sim/rss.c sim/dist.c sim/open.c lib/why.c */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../sim/rss.h"
#include "../../sim/sim.h"

/* From Microsoft's "Verifying the RSS hash calculation". */
static void hashes_are_those_that_the_specification_lists(void **state)
{
	static const struct {
		uint8_t tuple[RSS_TUPLE];
		uint32_t hash;
	} known[] = {
		{ { 66, 9, 149, 187, 161, 142, 100, 80, 2794 >> 8, 2794 & 255, 1766 >> 8,
		    1766 & 255 },
		  0x51ccc178 },
		{ { 199, 92, 111, 2, 65, 69, 140, 83, 14230 >> 8, 14230 & 255, 4739 >> 8,
		    4739 & 255 },
		  0xc626b0ea },
		{ { 24, 19, 198, 95, 12, 22, 207, 184, 12898 >> 8, 12898 & 255, 38024 >> 8,
		    38024 & 255 },
		  0x5c2b394a },
		{ { 38, 27, 205, 30, 209, 142, 163, 6, 48228 >> 8, 48228 & 255, 2217 >> 8,
		    2217 & 255 },
		  0xafc7327f },
		{ { 153, 39, 163, 191, 202, 188, 127, 2, 44251 >> 8, 44251 & 255, 1303 >> 8,
		    1303 & 255 },
		  0x10e828a2 },
	};
	struct rss r;

	assert_int_equal(rss_key(&r, "default"), 0);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_int_equal(rss_hash(&r, known[i].tuple), known[i].hash);
}

static void a_symmetric_key_hashes_both_directions_alike(void **state)
{
	const uint8_t there[RSS_TUPLE] = { 1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 30, 40 };
	const uint8_t back[RSS_TUPLE] = { 5, 6, 7, 8, 1, 2, 3, 4, 30, 40, 10, 20 };
	struct rss r;

	assert_int_equal(rss_key(&r, "symmetric"), 0);
	assert_int_equal(rss_hash(&r, there), rss_hash(&r, back));
}

static void a_key_is_40_bytes_in_hexadecimal(void **state)
{
	char text[2 * RSS_KEY + 2];
	struct rss r;

	memset(text, 'a', sizeof(text));
	text[2 * RSS_KEY] = '\0';
	assert_int_equal(rss_key(&r, text), 0);
	text[2 * RSS_KEY - 1] = 'g';
	assert_int_equal(rss_key(&r, text), -1);
	text[2 * RSS_KEY - 1] = '\0';
	assert_int_equal(rss_key(&r, text), -1);
	assert_int_equal(rss_key(&r, ""), -1);
}

/* Chi-squared over the first 20 flows and the rest: below 50 in all but one case of 10,000. */
static void check_zipf(uint32_t n, double skew)
{
	const int draws = 200000, first = 20;
	double sum = 0, chi = 0, rest = 1, p;
	int count[21] = { 0 };
	struct zipf z;
	struct rng r;

	rng_seed(&r, 1, 1);
	zipf_set(&z, n, skew);
	for (uint32_t i = 0; i < n; i++)
		sum += pow(i + 1, -skew);
	for (int i = 0; i < draws; i++) {
		uint32_t k = zipf_draw(&z, &r);

		assert_true(k < n);
		count[k < (uint32_t)first ? (int)k : first]++;
	}
	for (int i = 0; i <= first; i++) {
		p = i < first ? pow(i + 1, -skew) / sum : rest;
		rest -= p;
		if (p > 1e-9)
			chi += (count[i] - draws * p) * (count[i] - draws * p) / (draws * p);
	}
	assert_true(chi < 50);
}

static void flows_follow_zipfs_law(void **state)
{
	check_zipf(1000, 0.5);
	check_zipf(1000, 0.99);
	check_zipf(100000, 1);
	check_zipf(100, 2.5);
	check_zipf(21, 1.2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_those_that_the_specification_lists),
		cmocka_unit_test(a_symmetric_key_hashes_both_directions_alike),
		cmocka_unit_test(a_key_is_40_bytes_in_hexadecimal),
		cmocka_unit_test(flows_follow_zipfs_law),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
