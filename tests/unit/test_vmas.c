// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_vmas.c - what of a process's memory is used: pages that are read all the time are never
 * called cold, pages that nobody touches always
 */
/* link: lib/vmas.c lib/why.c */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../lib/vmas.h"

#define PAGE 4096
#define PAGES 8
#define SCANS 1000
#define ROUNDS 100 /* that the reader has done at least between MADV_COLD and the look */

static volatile char *hot;
static atomic_ulong rounds;
static atomic_bool over;

static void *reader(void *arg)
{
	while (!over) {
		for (int i = 0; i < PAGES; i++)
			(void)hot[i * PAGE];
		rounds++;
	}
	return NULL;
}

/* Memory that no mapping beside it is merged with. */
static char *own_mapping(int pages)
{
	char *m = mmap(NULL, (pages + 2) * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(m, MAP_FAILED);
	m += PAGE;
	assert_int_equal(mprotect(m, pages * PAGE, PROT_READ | PROT_WRITE), 0);
	madvise(m, pages * PAGE, MADV_NOHUGEPAGE);
	memset(m, 1, pages * PAGE);
	return m;
}

/* Makes the process's own memory cold, all of it as "shunt mem" does; false: the kernel or a
 * sandbox forbids it. */
static bool cool(void)
{
	int pidfd = syscall(SYS_pidfd_open, getpid(), 0), n;
	struct why why = { 0 };
	struct vmas v;

	assert_int_equal(vmas_read(&v, getpid(), &why), 0);
	n = vmas_cool(&v, pidfd, &why);
	if (n < 0)
		print_message("%s\n", why_text(&why));
	why_forget(&why);
	vmas_free(&v);
	close(pidfd);
	return n > 0;
}

static __u64 referenced_kib(const volatile char *at)
{
	struct why why = { 0 };
	struct vmas v;
	struct vma *it;
	__u64 kib;

	assert_int_equal(vmas_read(&v, getpid(), &why), 0);
	it = vmas_find(&v, (__u64)at);
	assert_non_null(it);
	assert_int_equal(it->start, (__u64)at);
	kib = it->referenced_kib;
	vmas_free(&v);
	return kib;
}

static void test_eight_pages_that_are_read_all_the_time_are_never_called_cold(void **state)
{
	pthread_t t;

	hot = own_mapping(PAGES);
	if (!cool())
		skip();
	pthread_create(&t, NULL, reader, NULL);
	for (int i = 0; i < SCANS; i++) {
		unsigned long from;

		assert_true(cool());
		from = rounds;
		while (rounds - from < ROUNDS)
			sched_yield();
		assert_int_equal(referenced_kib(hot), PAGES * PAGE / 1024);
	}
	over = true;
	pthread_join(t, NULL);
}

static void test_pages_that_nobody_touches_are_called_cold_and_others_counted(void **state)
{
	char *cold = own_mapping(64);

	if (!cool())
		skip();
	assert_int_equal(referenced_kib(cold), 0);
	for (int i = 0; i < 3; i++)
		((volatile char *)cold)[7 * i * PAGE];
	assert_int_equal(referenced_kib(cold), 3 * PAGE / 1024);
}

/* MADV_COLD refuses it: the mappings behind it are made cold all the same. */
static void test_locked_memory_is_left_alone_and_nothing_behind_it(void **state)
{
	char *locked = own_mapping(4), *cold = own_mapping(4);

	if (syscall(SYS_mlock, locked, PAGE * 4) || !cool()) /* mlock() is none under sanitizers */
		skip();
	assert_int_equal(referenced_kib(locked), 16);
	assert_int_equal(referenced_kib(cold), 0);
	syscall(SYS_munlock, locked, PAGE * 4);
}

/* A mapping of a file without a name: is it one whose pages go to swap? */
static bool is_taken(const char *name, int kind)
{
	int fd = memfd_create(name, 0);
	struct why why = { 0 };
	struct vmas v;
	bool taken;
	char *m;

	assert_int_equal(ftruncate(fd, PAGE), 0);
	m = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, kind, fd, 0);
	assert_ptr_not_equal(m, MAP_FAILED);
	assert_int_equal(vmas_read(&v, getpid(), &why), 0);
	taken = vmas_find(&v, (__u64)m)->anonymous;
	vmas_free(&v);
	munmap(m, PAGE);
	close(fd);
	return taken;
}

static void test_of_shared_memory_only_that_of_actors_is_made_cold(void **state)
{
	assert_true(is_taken("shunt-place", MAP_SHARED));
	assert_false(is_taken("other", MAP_SHARED));
	assert_false(is_taken("shunt-place", MAP_PRIVATE));
}

static void test_a_process_that_has_ended_is_told_by_its_number(void **state)
{
	struct why why = { 0 };
	struct vmas v;
	pid_t child = fork();
	char want[64];

	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
	snprintf(want, sizeof(want), "memory of process %d", child);
	assert_true(vmas_read(&v, child, &why) < 0);
	assert_non_null(strstr(why_text(&why), want));
	why_forget(&why);
}

static void test_a_mapping_is_found_by_any_of_its_addresses(void **state)
{
	struct vma some[] = { { .start = 10, .end = 20 }, { .start = 30, .end = 40 } };
	struct vmas v = { some, 2, 2 };

	assert_null(vmas_find(&v, 9));
	assert_ptr_equal(vmas_find(&v, 10), &some[0]);
	assert_ptr_equal(vmas_find(&v, 19), &some[0]);
	assert_null(vmas_find(&v, 20));
	assert_ptr_equal(vmas_find(&v, 39), &some[1]);
	assert_null(vmas_find(&v, 40));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_eight_pages_that_are_read_all_the_time_are_never_called_cold),
		cmocka_unit_test(test_pages_that_nobody_touches_are_called_cold_and_others_counted),
		cmocka_unit_test(test_locked_memory_is_left_alone_and_nothing_behind_it),
		cmocka_unit_test(test_of_shared_memory_only_that_of_actors_is_made_cold),
		cmocka_unit_test(test_a_process_that_has_ended_is_told_by_its_number),
		cmocka_unit_test(test_a_mapping_is_found_by_any_of_its_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
