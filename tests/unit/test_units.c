// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_units.c - times, bytes and rules as people write them; runs of free rule slots
 */
/* link: loader/units.c lib/why.c */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "loader/units.h"

static struct why why;

static void test_measured_times_have_three_digits(void **state)
{
	static const struct {
		double ns;
		const char *text;
	} times[] = {
		{ 0, "0ns" }, { 999, "999ns" }, { 999.6, "1.00us" }, { 1510, "1.51us" },
		{ 99949, "99.9us" },
		{ 151000, "151us" }, { 999600, "1.00ms" }, { 15100000, "15.1ms" },
		{ 1.51e9, "1.51s" }, { 1e12, "1000s" },
	};
	char buf[16];

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		assert_string_equal(format_ns(times[i].ns, buf, sizeof(buf)), times[i].text);
}

static void test_times_are_whole_microseconds(void **state)
{
	static const struct {
		const char *text;
		__u32 us;
	} good[] = {
		{ "50us", 50 }, { "1ms", 1000 }, { "1.5ms", 1500 }, { "1s", 1000000 },
		{ "10s", SHUNT_SLO_MAX_US }, { "1.1ms", 1100 }, { "2000ns", 2 }, { "0.3ms", 300 },
		{ "none", 0 }, { "0", 0 },
	};
	static const char *const bad[] = {
		"", "50", "us", "50 us", "-1us", "+1us", "1.5us", "500ns", "11s", "1e300s", "nan",
		"nanus", "infs", "0us", "50usx", "50US", " 5us", "0x10us", "1e3us", "0x1p3ms",
		"1.5.5ms", "1,5ms", "1.e1us",
	};
	__u32 us;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		us = ~0u;
		assert_int_equal(parse_time_us(good[i].text, &us, &why), 0);
		assert_int_equal(us, good[i].us);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why_forget(&why);
		assert_int_not_equal(parse_time_us(bad[i], &us, &why), 0);
		assert_true(why.text && *why.text);
	}
}

static void test_times_read_back_as_they_are_written(void **state)
{
	char text[16];
	__u32 us;

	for (__u32 want = 1; want <= SHUNT_SLO_MAX_US; want = want * 7 / 5 + 1) {
		assert_int_equal(parse_time_us(format_time_us(want, text, sizeof(text)), &us, &why),
				 0);
		assert_int_equal(us, want);
	}
}

static void test_numbers_are_bounded(void **state)
{
	__u64 n;

	assert_int_equal(parse_number("0x10", 0, 16, &n, &why), 0);
	assert_int_equal(n, 16);
	assert_int_equal(parse_number("18446744073709551615", 0, ~0ULL, &n, &why), 0);
	assert_true(n == ~0ULL);
	assert_int_not_equal(parse_number("18446744073709551616", 0, ~0ULL, &n, &why), 0);
	assert_int_not_equal(parse_number("17", 0, 16, &n, &why), 0);
	assert_int_not_equal(parse_number("0", 1, 16, &n, &why), 0);
	assert_int_not_equal(parse_number("-1", 0, ~0ULL, &n, &why), 0);
	assert_int_not_equal(parse_number("1x", 0, 16, &n, &why), 0);
	assert_int_not_equal(parse_number("", 0, 16, &n, &why), 0);
	assert_int_equal(parse_number("0", 0, 16, &n, &why), 0);
	why_forget(&why);
	assert_int_not_equal(parse_number("010", 0, 16, &n, &why), 0);
	assert_non_null(strstr(why.text, "'010' begins with 0: write it without"));
}

static int rule(const char *value, const char *mask, __u32 width, __u32 offset,
		struct shunt_rule *out)
{
	struct rule_text text = { offset, value, mask, width };

	return parse_rule(&text, 3, out, &why);
}

static void test_rules_keep_the_order_of_the_packet(void **state)
{
	struct shunt_rule r;

	assert_int_equal(rule("0x0102", NULL, 0, 7, &r), 0);
	assert_memory_equal(&r.value, "\x01\x02\0\0\0\0\0\0", 8);
	assert_memory_equal(&r.mask, "\xff\xff\0\0\0\0\0\0", 8);
	assert_int_equal(r.offset, 7);
	assert_int_equal(r.cls, 3);
	assert_int_equal(rule("get ", NULL, 4, 0, &r), 0);
	assert_memory_equal(&r.value, "get \0\0\0\0", 8);
	assert_int_equal(rule("0xA0", "0xf0", 1, SHUNT_OFFSET_MAX, &r), 0);
	assert_memory_equal(&r.mask, "\xf0\0\0\0\0\0\0\0", 8);
	assert_int_equal(rule("0x0011223344556677", NULL, 0, 0, &r), 0);
	assert_memory_equal(&r.value, "\x00\x11\x22\x33\x44\x55\x66\x77", 8);
}

static void test_rules_that_make_no_sense_are_refused(void **state)
{
	struct shunt_rule r;

	assert_int_not_equal(rule(NULL, NULL, 0, 0, &r), 0);
	assert_int_not_equal(rule("", NULL, 0, 0, &r), 0);
	assert_int_not_equal(rule("0x", NULL, 0, 0, &r), 0);
	assert_int_not_equal(rule("0x1", NULL, 0, 0, &r), 0);
	assert_int_not_equal(rule("0x1g", NULL, 0, 0, &r), 0);
	assert_int_not_equal(rule("0x001122334455667788", NULL, 0, 0, &r), 0);
	assert_int_not_equal(rule("ninebytes", NULL, 0, 0, &r), 0);
	assert_int_not_equal(rule("0x01", NULL, 2, 0, &r), 0);
	assert_int_not_equal(rule("0x01", "0xffff", 0, 0, &r), 0);
	assert_int_not_equal(rule("0x03", "0x01", 0, 0, &r), 0); /* never matches */
	assert_int_not_equal(rule("0x01", NULL, 0, SHUNT_OFFSET_MAX + 1, &r), 0);
}

static void test_rules_read_back_as_they_are_written(void **state)
{
	char value[20], mask[20];
	struct shunt_rule r, again;

	assert_int_equal(rule("0x00a0", "0x00f0", 0, 5, &r), 0);
	format_rule(&r, value, mask);
	assert_string_equal(value, "0x00a0");
	assert_string_equal(mask, "0x00f0");
	assert_int_equal(rule(value, mask, 0, 5, &again), 0);
	assert_memory_equal(&r, &again, sizeof(r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_measured_times_have_three_digits),
		cmocka_unit_test(test_times_are_whole_microseconds),
		cmocka_unit_test(test_times_read_back_as_they_are_written),
		cmocka_unit_test(test_numbers_are_bounded),
		cmocka_unit_test(test_rules_keep_the_order_of_the_packet),
		cmocka_unit_test(test_rules_that_make_no_sense_are_refused),
		cmocka_unit_test(test_rules_read_back_as_they_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
