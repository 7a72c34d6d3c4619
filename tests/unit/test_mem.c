// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_mem.c - shunt mem: which batches go, when the guard lets them, and how far advice reaches
 */
/* link: loader/mem/batches.c loader/mem/decide.c loader/mem/guard.c lib/mem/policy.c */
/* link: lib/mem/threshold.c lib/mem/sol.c lib/vmas.c lib/why.c */
/* links more: the policy, which is asked about batches */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../loader/mem/mem.h"

#define SCANS 3
#define SECOND 1000000000ULL

static struct mem_all state_of_policy;

static int begin(void **state)
{
	mem_threshold.begin(&state_of_policy, SCANS, 1);
	return 0;
}

/* A scan that finds one batch at "at". */
static void scan(struct mem_batches *b, __u64 at, __u64 rss, __u64 used, __u64 swap)
{
	struct vma one = { .start = at, .end = at + (256 << 10), .rss_kib = rss,
			   .referenced_kib = used, .swap_kib = swap, .anonymous = true,
			   .can_cool = true };
	struct vmas v = { &one, 1, 1 };
	struct mem_batches now;

	assert_int_equal(mem_batches_take(&now, b, &v), 0);
	*b = now;
	mem_decide(b, &mem_threshold, &state_of_policy);
	mem_batches_mark(b, &v);
	one.cooled = !one.is_old && rss;
	mem_batches_cooled(b, &v);
}

/* Scans that do not find it used, until it goes. */
static unsigned int scans_until_it_goes(struct mem_batches *b)
{
	unsigned int n = 0;

	for (scan(b, 1 << 20, 256, 256, 0); !b->b[0].goes && n < 1000; n++)
		scan(b, 1 << 20, 256, 0, 0);
	return n;
}

static void test_a_batch_goes_when_so_many_scans_did_not_find_it_used(void **state)
{
	struct mem_batches b = { 0 };

	scan(&b, 1 << 20, 256, 256, 0);
	for (int i = 0; i < SCANS; i++) {
		assert_false(b.b[0].goes);
		scan(&b, 1 << 20, 256, 0, 0);
	}
	assert_true(b.b[0].goes);
	scan(&b, 1 << 20, 256, 4, 0);
	assert_false(b.b[0].goes);
	assert_int_equal(b.b[0].idle, 0);
	mem_batches_free(&b);
}

static void test_a_batch_that_was_not_made_cold_is_not_called_idle(void **state)
{
	struct mem_batches b = { 0 };

	scan(&b, 1 << 20, 256, 256, 0);
	b.b[0].cooled = false; /* locked just then, or gone */
	scan(&b, 1 << 20, 256, 0, 0);
	assert_int_equal(b.b[0].idle, 0);
	mem_batches_free(&b);
}

static void test_a_mapping_of_another_length_at_the_same_address_begins_anew(void **state)
{
	struct mem_batches b = { 0 };

	scan(&b, 1 << 20, 256, 256, 0);
	for (int i = 0; i < SCANS; i++)
		scan(&b, 1 << 20, 256, 0, 0);
	b.b[0].range.end += 4096;
	scan(&b, 1 << 20, 256, 0, 0);
	assert_int_equal(b.b[0].idle, 0);
	assert_false(b.b[0].goes);
	mem_batches_free(&b);
}

static void test_a_batch_that_came_back_needs_twice_as_long_before_it_goes_again(void **state)
{
	struct mem_batches b = { 0 };

	for (unsigned int need = SCANS; need < 64; need *= 2) {
		assert_int_equal(scans_until_it_goes(&b), need);
		scan(&b, 1 << 20, 0, 0, 256);
		scan(&b, 1 << 20, 4, 4, 252);
		assert_true(b.b[0].came_back);
	}
	for (int i = 0; i < 9; i++) { /* no longer than some minutes */
		scan(&b, 1 << 20, 0, 0, 256);
		scan(&b, 1 << 20, 4, 4, 252);
	}
	assert_int_equal(scans_until_it_goes(&b), 64);
	mem_batches_free(&b);
}

static void test_a_batch_of_which_a_part_is_back_before_the_next_scan_came_back(void **state)
{
	struct mem_batches b = { 0 };

	scan(&b, 1 << 20, 256, 256, 0);
	b.b[0].went = true;
	scan(&b, 1 << 20, 8, 8, 248);
	assert_true(b.b[0].came_back);
	scan(&b, 1 << 20, 16, 8, 240); /* the same wait goes on */
	assert_true(b.b[0].came_back);
	assert_int_equal(scans_until_it_goes(&b), 2 * SCANS);
	mem_batches_free(&b);
}

static unsigned int cool_never(struct mem_all *all, struct mem_own *own, const struct mem_view *v)
{
	return 0;
}

static void test_a_batch_that_the_policy_leaves_as_it_is_tells_nothing_of_its_use(void **state)
{
	static const struct mem_policy leaves = { "leaves", 1, NULL, cool_never };
	struct vma one = { .start = 1 << 20, .end = 2 << 20, .rss_kib = 256, .referenced_kib = 4,
			   .anonymous = true, .can_cool = true };
	struct vmas v = { &one, 1, 1 };
	struct mem_batches b = { 0 };

	scan(&b, 1 << 20, 256, 256, 0);
	mem_decide(&b, &leaves, &state_of_policy);
	mem_batches_mark(&b, &v);
	assert_true(one.is_old); /* which vmas_cool() leaves alone */
	mem_batches_cooled(&b, &v);
	assert_false(b.b[0].cooled);
	scan(&b, 1 << 20, 256, 0, 0);
	assert_false(b.b[0].was_cold);
	assert_int_equal(b.b[0].idle, 0);
	scan(&b, 1 << 20, 256, 0, 0);
	assert_true(b.b[0].was_cold);
	assert_int_equal(b.b[0].idle, 1);
	mem_batches_free(&b);
}

static void test_pages_of_files_and_those_that_cannot_be_made_cold_are_no_batches(void **state)
{
	struct vma some[] = {
		{ .start = 0, .end = 1, .rss_kib = 4, .anonymous = false, .can_cool = true },
		{ .start = 1, .end = 2, .rss_kib = 4, .anonymous = true, .can_cool = false },
		{ .start = 2, .end = 3, .rss_kib = 0, .anonymous = true, .can_cool = true },
		{ .start = 3, .end = 4, .swap_kib = 4, .anonymous = true, .can_cool = true },
	};
	struct vmas v = { some, 4, 4 };
	struct mem_batches b = { 0 }, now;

	assert_int_equal(mem_batches_take(&now, &b, &v), 0);
	assert_int_equal(now.n, 1);
	assert_int_equal(now.b[0].range.start, 3);
	mem_batches_free(&now);
}

static void test_what_is_swapped_out_as_a_whole_does_not_go_again(void **state)
{
	struct mem_batches b = { 0 };

	scan(&b, 1 << 20, 256, 256, 0);
	for (int i = 0; i < 2 * SCANS; i++)
		scan(&b, 1 << 20, 0, 0, 256);
	assert_false(b.b[0].goes);
	mem_batches_free(&b);
}

/* Faults a second, for some seconds; the last verdict. */
static enum mem_verdict seconds(struct mem_guard *g, __u64 *now, __u64 *faults, int n,
				unsigned int rate, bool out)
{
	enum mem_verdict v = MEM_PAUSE;

	while (n--) {
		*now += SECOND;
		*faults += rate;
		v = mem_guard_look(g, *faults, out, *now);
	}
	return v;
}

static void test_above_the_budget_batches_come_back_and_none_goes_for_a_while(void **state)
{
	__u64 now = SECOND, faults = 7;
	struct mem_guard g;

	mem_guard_begin(&g, 10);
	assert_int_equal(seconds(&g, &now, &faults, 1, 0, false), MEM_PAUSE);
	assert_int_equal(seconds(&g, &now, &faults, 5, 0, false), MEM_GO);
	assert_int_equal(seconds(&g, &now, &faults, 5, 10, true), MEM_GO);
	assert_int_equal(seconds(&g, &now, &faults, 1, 11, true), MEM_BACK);
	assert_int_equal(seconds(&g, &now, &faults, 9, 0, true), MEM_PAUSE);
	assert_int_equal(seconds(&g, &now, &faults, 1, 0, true), MEM_GO);
	assert_int_equal(g.trips, 1);
}

static void test_where_that_does_not_help_all_come_back_once(void **state)
{
	__u64 now = SECOND, faults = 0;
	struct mem_guard g;

	mem_guard_begin(&g, 10);
	seconds(&g, &now, &faults, 5, 0, false);
	assert_int_equal(seconds(&g, &now, &faults, 5, 100, true), MEM_BACK);
	assert_int_equal(seconds(&g, &now, &faults, 1, 100, true), MEM_ALL);
	/* these faults are the program's own by now */
	assert_int_equal(seconds(&g, &now, &faults, 100, 100, true), MEM_PAUSE);
	assert_int_equal(g.trips, 1);
}

static void test_each_pause_soon_after_the_last_is_twice_as_long(void **state)
{
	__u64 now = SECOND, faults = 0;
	struct mem_guard g;
	int length, before = 5;

	mem_guard_begin(&g, 10);
	seconds(&g, &now, &faults, 5, 0, false);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(seconds(&g, &now, &faults, 1, 100, true), MEM_BACK);
		for (length = 1; seconds(&g, &now, &faults, 1, 0, true) == MEM_PAUSE;)
			length++;
		assert_int_equal(length, 2 * before);
		before = length;
	}
	seconds(&g, &now, &faults, 2000, 0, true); /* it was quiet for long */
	seconds(&g, &now, &faults, 1, 100, true);
	assert_int_equal(seconds(&g, &now, &faults, 9, 0, true), MEM_PAUSE);
	assert_int_equal(seconds(&g, &now, &faults, 1, 0, true), MEM_GO);
}

static void test_faults_that_the_program_had_before_anything_went_are_its_own(void **state)
{
	__u64 now = SECOND, faults = 0;
	struct mem_guard g;

	mem_guard_begin(&g, 10);
	seconds(&g, &now, &faults, 40, 100, false);
	assert_int_equal(seconds(&g, &now, &faults, 1, 105, true), MEM_GO);
	assert_int_equal(seconds(&g, &now, &faults, 1, 120, true), MEM_BACK);
}

static __u64 referenced_kib(const char *m)
{
	struct why why = { 0 };
	struct vmas v;
	__u64 kib;

	assert_int_equal(vmas_read(&v, getpid(), &why), 0);
	kib = vmas_find(&v, (__u64)m)->referenced_kib;
	vmas_free(&v);
	return kib;
}

/* A mapping of more than two pieces, between pages that keep others from being merged with it. */
static void test_advice_reaches_all_of_a_long_range_up_to_one_that_has_gone(void **state)
{
	size_t len = 40 << 20;
	char *m = mmap(NULL, len + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct vma_range range[3] = { { (__u64)m + 4096, (__u64)m + 4096 + len, len >> 10 },
				      { 4096, 8192, 4 },
				      { (__u64)m + 4096, (__u64)m + 4096 + len, len >> 10 } };
	int pidfd = syscall(SYS_pidfd_open, getpid(), 0), n;

	assert_ptr_not_equal(m, MAP_FAILED);
	m += 4096;
	assert_int_equal(mprotect(m, len, PROT_READ | PROT_WRITE), 0);
	madvise(m, len, MADV_NOHUGEPAGE);
	memset(m, 1, len);
	assert_int_equal(referenced_kib(m), len >> 10);
	n = vmas_advise(range, 3, pidfd, MADV_COLD);
	if (n == -EPERM || n == -ENOSYS)
		skip();
	assert_int_equal(n, 1);
	assert_int_equal(referenced_kib(m), 0);
	assert_int_equal(vmas_advise(range + 1, 2, pidfd, MADV_COLD), -ENOMEM);
	close(pidfd);
	munmap(m - 4096, len + 8192);
}

/* Sanitizers and virtual machines of languages have such mappings. */
static void test_terabytes_with_few_pages_in_them_are_one_piece_and_full_ones_many(void **state)
{
	struct vma_range sparse = { 0, 1ULL << 44, 1024 }, full = { 0, 1 << 30, 1 << 20 };
	double room = 16 << 20;

	assert_int_equal(vma_part(&sparse, 0, &room), 1ULL << 44);
	assert_true(room > 14 << 20);
	room = 16 << 20;
	assert_int_equal(vma_part(&full, 0, &room), 16 << 20);
	assert_true(room <= 0);
	room = 1 << 20;
	assert_int_equal(vma_part(&full, (1 << 30) - 4096, &room), 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_batch_goes_when_so_many_scans_did_not_find_it_used),
		cmocka_unit_test(test_a_batch_that_was_not_made_cold_is_not_called_idle),
		cmocka_unit_test(test_a_mapping_of_another_length_at_the_same_address_begins_anew),
		cmocka_unit_test(
			test_a_batch_that_came_back_needs_twice_as_long_before_it_goes_again),
		cmocka_unit_test(
			test_a_batch_of_which_a_part_is_back_before_the_next_scan_came_back),
		cmocka_unit_test(
			test_a_batch_that_the_policy_leaves_as_it_is_tells_nothing_of_its_use),
		cmocka_unit_test(
			test_pages_of_files_and_those_that_cannot_be_made_cold_are_no_batches),
		cmocka_unit_test(test_what_is_swapped_out_as_a_whole_does_not_go_again),
		cmocka_unit_test(test_above_the_budget_batches_come_back_and_none_goes_for_a_while),
		cmocka_unit_test(test_where_that_does_not_help_all_come_back_once),
		cmocka_unit_test(test_each_pause_soon_after_the_last_is_twice_as_long),
		cmocka_unit_test(test_faults_that_the_program_had_before_anything_went_are_its_own),
		cmocka_unit_test(
			test_terabytes_with_few_pages_in_them_are_one_piece_and_full_ones_many),
		cmocka_unit_test(
			test_advice_reaches_all_of_a_long_range_up_to_one_that_has_gone),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
