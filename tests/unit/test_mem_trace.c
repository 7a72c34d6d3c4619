// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_mem_trace.c - a trace of memory is read as it was written, policies are replayed on it, and
 * the oracle has more memory back than anybody (bad traces: tests/fuzz/corpus/mem_trace)
 */
/* link: lib/mem/[a-z]*.c sim/mem_replay.c sim/mem_oracle.c lib/why.c */
/* links more: the policies, which are replayed on what is read */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../sim/mem.h"

#define KIB 1024

struct file {
	int fd;
	char path[40];
};

static struct file new_file(void)
{
	struct file f = { memfd_create("trace", 0) };

	snprintf(f.path, sizeof(f.path), "/proc/self/fd/%d", f.fd);
	return f;
}

static struct file file_of(const char *text)
{
	struct file f = new_file();

	assert_int_equal(write(f.fd, text, strlen(text)), strlen(text));
	return f;
}

static void test_batches_are_read_as_they_were_written(void **state)
{
	struct file f = new_file();
	struct mem_trace_out out;
	struct mem_trace t;
	struct why why = { 0 };
	const struct mem_traced scans[3][2] = {
		{ { 0x1000, 0x41000, 256, 256 }, { 0x41000, 0x81000, 128, 0 } },
		{ { 0x1000, 0x41000, 256, 0 }, { 0x41000, 0x81000, 128, 4 } },
		/* the second one is of another length: another batch */
		{ { 0x1000, 0x41000, 8, 0 }, { 0x41000, 0x91000, 320, 12 } },
	};

	mem_trace_begin(&out, fopen(f.path, "w"));
	assert_int_equal(mem_trace_scan(&out, 5000, scans[0], 2), 0);
	assert_int_equal(mem_trace_scan(&out, 6001, scans[1], 2), 0);
	assert_int_equal(mem_trace_scan(&out, 6001, scans[2], 2), 0);
	assert_int_equal(mem_trace_end(&out), 0);
	fclose(out.f);

	assert_int_equal(mem_trace_open(&t, f.path, &why), 0);
	assert_int_equal(mem_trace_next(&t, &why), 1);
	assert_int_equal(t.n, 2);
	assert_int_equal(t.b[0].start, 0x1000);
	assert_int_equal(t.b[0].kib, 256);
	assert_int_equal(t.b[0].used_kib, 256);
	assert_int_equal(t.b[1].rss_kib, 128);
	assert_int_equal(mem_trace_next(&t, &why), 1);
	assert_int_equal(t.at_ms, 1001);
	assert_int_equal(t.b[0].used_kib, 0);
	assert_int_equal(t.b[0].rss_kib, 256);
	assert_int_equal(t.b[1].used_kib, 4);
	assert_int_equal(mem_trace_next(&t, &why), 1);
	assert_int_equal(t.at_ms, 1002); /* no two scans have one time */
	assert_int_equal(t.n, 3);
	assert_int_equal(t.b[0].rss_kib, 8);
	assert_false(t.b[1].is_there);
	assert_int_equal(t.b[2].used_kib, 12);
	assert_int_equal(mem_trace_next(&t, &why), 0);
	assert_false(t.is_cut);
	mem_trace_close(&t);
	close(f.fd);
}

/* shunt was killed, or the disk is full. */
static void test_of_a_trace_that_was_cut_off_the_last_scan_is_left_out(void **state)
{
	struct file f = file_of("shunt-mem-trace 1\nscan 0\n+ 0 0 256 256 256\nscan 9\n= 0 256 8\n"
				"scan 20\n= 0 25");
	struct why why = { 0 };
	struct mem_trace t;
	int scans = 0;

	assert_int_equal(mem_trace_open(&t, f.path, &why), 0);
	while (mem_trace_next(&t, &why) > 0)
		scans++;
	assert_int_equal(scans, 2);
	assert_true(t.is_cut);
	mem_trace_close(&t);
	close(f.fd);
}

static void test_a_bad_line_is_named_with_its_number(void **state)
{
	struct file f = file_of("shunt-mem-trace 1\nscan 0\n+ 0 0 256 256 256\n= 0 300 4\n");
	struct why why = { 0 };
	struct mem_trace t;
	char want[96];

	assert_int_equal(mem_trace_open(&t, f.path, &why), 0);
	assert_int_equal(mem_trace_next(&t, &why), -1);
	snprintf(want, sizeof(want), "'%s' line 4 has a batch that is larger than its mapping",
		 f.path);
	assert_string_equal(why_text(&why), want);
	why_forget(&why);
	mem_trace_close(&t);
	close(f.fd);
}

/* What comes behind the first line, and what is said of it. */
static void test_each_bad_trace_is_refused_with_its_reason(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "scan 5\n", "line 2 does not begin with 0 ms" },
		{ "scan 0\nscan 0\n", "line 3 goes back in time" },
		{ "scan 0\n+ 1 0 4 4 4\n", "line 3 has not the next ID" },
		{ "scan 0\n+ 0 0 4 8 4\n", "line 3 has a batch that is larger than its mapping" },
		{ "scan 0\n+ 0 0 4 4 8\n", "line 3 is not '+ ID START KIB RSS USED'" },
		{ "scan 0\n+ 0 0 4 4 4 4\n", "line 3 is not '+ ID START KIB RSS USED'" },
		{ "scan 0\n+ 0 ffffffffffffffff 4 4 4\n", "larger than its mapping" },
		{ "scan 0\n+ 0 0 -4 0 0\n", "line 3 is not '+ ID START KIB RSS USED'" },
		{ "scan 0\n+ 0 0 4 4 4\n= 0 8 4\n", "line 4 has a batch that is larger" },
		{ "scan 0\n+ 0 0 4 4 4\n= 0 4 8\n", "line 4 is not '= ID RSS USED'" },
		{ "scan 0\n= 0 4 4\n", "line 3 names a batch that is not there" },
		{ "scan 0\n+ 0 0 4 4 4\n- 0\n- 0\n", "line 5 names a batch that is not there" },
		{ "scan 0\n- 0 0\n", "line 3 is not '- ID'" },
		{ "scan 0\nwhat\n", "line 3 is none of" },
		{ "scan 0\nend 2\n", "line 3 does not say how many scans there were" },
		{ "scan 0\nend 1\nscan 1\n", "line 3 is not the last" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct why why = { 0 };
		struct mem_trace t;
		struct file f;
		char text[256];
		int got;

		snprintf(text, sizeof(text), "shunt-mem-trace 1\n%s", bad[i].text);
		f = file_of(text);
		assert_int_equal(mem_trace_open(&t, f.path, &why), 0);
		while ((got = mem_trace_next(&t, &why)) > 0)
			;
		if (got >= 0 || !strstr(why_text(&why), bad[i].why))
			fail_msg("'%s' should be refused as '%s', not '%s'", bad[i].text,
				 bad[i].why, got < 0 ? why_text(&why) : "(it is taken)");
		why_forget(&why);
		mem_trace_close(&t);
		close(f.fd);
	}
}

struct sums {
	struct replay r;
	struct oracle o;
};

static struct sums replay(const char *text, const struct mem_policy *p, unsigned int scans)
{
	struct sums s = { .r = { .policy = p } };
	struct file f = file_of(text);
	struct why why = { 0 };
	struct mem_trace t;
	uint64_t last = 0;

	p->begin(&s.r.all, scans, 1);
	assert_int_equal(mem_trace_open(&t, f.path, &why), 0);
	while (mem_trace_next(&t, &why) > 0) {
		assert_int_equal(replay_scan(&s.r, &t, t.at_ms - last), 0);
		assert_int_equal(oracle_scan(&s.o, &t, t.at_ms - last), 0);
		last = t.at_ms;
	}
	assert_null(why.text);
	mem_trace_close(&t);
	assert_int_equal(oracle_end(&s.o), 0);
	free(s.r.b);
	free(s.o.b);
	close(f.fd);
	return s;
}

#define START "shunt-mem-trace 1\nscan 0\n+ 0 0 256 256 256\n"
#define SCANS_1_TO_5 "scan 1000\nscan 2000\nscan 3000\nscan 4000\nscan 5000\n"

/* Found unused at 1000 and 2000, gone from there to 4000; used between 4000 and 5000. */
static void test_a_batch_is_out_from_its_going_to_the_last_scan_before_its_use(void **state)
{
	struct sums s = replay(START SCANS_1_TO_5 "= 0 256 40\nend 6\n", &mem_threshold, 2);

	assert_true(s.r.out_kib_ms == 256.0 * 2000);
	assert_int_equal(s.r.refaults, 10);
	assert_int_equal(s.r.returns, 1);
	assert_int_equal(s.r.went_kib, 256);
	assert_true(s.r.worst == 10);
	/* who knows has it out from 0 on */
	assert_true(oracle_kib_ms(&s.o, 10) == 256.0 * 4000);
	assert_true(oracle_kib_ms(&s.o, 0) == 0);
	free(s.o.time);
}

static void test_the_oracle_takes_what_gives_most_memory_for_a_refault_first(void **state)
{
	struct sums s = replay(START "+ 1 40000 256 256 256\n+ 2 80000 64 64 64\n"
			       SCANS_1_TO_5 "= 0 256 40\n= 1 256 80\nend 6\n",
			       &mem_threshold, 2);
	double one = 256.0 * 4000, never = 64.0 * 5000;

	assert_true(oracle_kib_ms(&s.o, 0) == never);
	assert_true(oracle_kib_ms(&s.o, 10) == never + one);
	assert_true(oracle_kib_ms(&s.o, 20) == never + one + one / 2);
	assert_true(oracle_kib_ms(&s.o, 1000) == never + 2 * one);
	assert_int_equal(s.o.refaults, 30);
	free(s.o.time);
}

static void begin(struct mem_all *all, unsigned int scans, __u64 seed) { }

static unsigned int cool_never(struct mem_all *all, struct mem_own *own, const struct mem_view *v)
{
	assert_false(v->was_cold);
	assert_int_equal(v->used_kib, 256); /* the marks of its first use stay */
	return v->idle ? MEM_GOES : 0;
}

static void test_a_replay_sees_no_more_than_the_sensor_would(void **state)
{
	static const struct mem_policy leaves = { "leaves", 1, begin, cool_never };
	struct sums s = replay(START SCANS_1_TO_5 "end 6\n", &leaves, 1);

	assert_int_equal(s.r.went_kib, 0);
	assert_int_equal(s.r.cooled_kib, 0);
	free(s.o.time);
}

static void append(char *text, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsprintf(text + strlen(text), fmt, args);
	va_end(args);
}

static void test_no_policy_has_more_memory_back_than_the_oracle_with_its_refaults(void **state)
{
	char *text = calloc(1, 512 * KIB);
	unsigned int x = 1;

	strcpy(text, "shunt-mem-trace 1\nscan 0\n");
	for (int b = 0; b < 40; b++)
		append(text, "+ %d %x 256 256 256\n", b, b << 18);
	for (int s = 1; s < 300; s++) {
		append(text, "scan %d\n", s * 1000);
		for (int b = 0; b < 40; b++) {
			x = x * 1103515245 + 12345;
			if (x >> 16 & (1 << b / 4) && (x >> 8 & 7) < 2)
				append(text, "= %d 256 %d\n", b, 4 * (1 + b % 5));
		}
	}
	append(text, "end 300\n");
	for (unsigned int scans = 1; scans <= 64; scans *= 2) {
		for (int i = 0; mem_policy_name(i); i++) {
			struct sums s = replay(text, mem_policy_find(mem_policy_name(i)), scans);

			assert_true(s.r.out_kib_ms <= oracle_kib_ms(&s.o, s.r.refaults));
			assert_true(s.r.refaults > 0 || scans > 1);
			free(s.o.time);
		}
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batches_are_read_as_they_were_written),
		cmocka_unit_test(test_of_a_trace_that_was_cut_off_the_last_scan_is_left_out),
		cmocka_unit_test(test_a_bad_line_is_named_with_its_number),
		cmocka_unit_test(test_each_bad_trace_is_refused_with_its_reason),
		cmocka_unit_test(
			test_a_batch_is_out_from_its_going_to_the_last_scan_before_its_use),
		cmocka_unit_test(test_a_replay_sees_no_more_than_the_sensor_would),
		cmocka_unit_test(test_the_oracle_takes_what_gives_most_memory_for_a_refault_first),
		cmocka_unit_test(
			test_no_policy_has_more_memory_back_than_the_oracle_with_its_refaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
