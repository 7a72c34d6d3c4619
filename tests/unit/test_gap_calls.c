// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_gap_calls.c - a server's system calls that move many datagrams are no gaps, and do not hide
 * any
 */
/* link: apps/gap.c */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "apps/gap.h"
#include "apps/gap_log.h"

static struct gap_log *theirs;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int set_up(void **state)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/shm/test-gap-calls-%d", getpid());
	if (gap_open(path, true))
		return -1;
	fd = open(path, O_RDONLY);
	unlink(path);
	theirs = mmap(NULL, sizeof(*theirs), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (theirs == MAP_FAILED)
		return -1;
	gap_thread(0);
	return 0;
}

/* Gaps that it notes for a call that moved n and took so long: 0 or 1. Again, if it was longer. */
static uint64_t noted(void (*look)(unsigned int n), unsigned int n, uint64_t took_ns)
{
	for (;;) {
		uint64_t before = theirs->line[0].n, begin, end;

		begin = now_ns();
		gap_slept();
		while (now_ns() < begin + took_ns)
			;
		look(n);
		end = now_ns();
		if (end - begin < took_ns + 5000)
			return theirs->line[0].n - before;
	}
}

static void test_a_call_that_receives_sixteen_may_take_40_us(void **state)
{
	assert_int_equal(noted(gap_received, 16, 40000), 0);
	assert_int_equal(noted(gap_received, 1, 40000), 1);
	assert_int_equal(noted(gap_received, 16, 100000), 1);
}

static void test_a_call_that_sends_sixteen_may_take_60_us(void **state)
{
	assert_int_equal(noted(gap_sent, 16, 60000), 0);
	assert_int_equal(noted(gap_sent, 1, 60000), 1);
	assert_int_equal(noted(gap_sent, 16, 150000), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_call_that_receives_sixteen_may_take_40_us),
		cmocka_unit_test(test_a_call_that_sends_sixteen_may_take_60_us),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
