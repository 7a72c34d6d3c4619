// SPDX-License-Identifier: BSD-2-Clause
/*
 * futex.c - sleeping on a word of shared memory, which the sleeper may have for reading only
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "inside.h"

/* 0: woken, or the word was another one already; -ETIMEDOUT; -EINTR. */
int off_futex_wait(const __u32 *word, __u32 seen, __u64 most_ns)
{
	struct timespec most = { most_ns / 1000000000, most_ns % 1000000000 };

	if (!syscall(SYS_futex, word, FUTEX_WAIT, seen, &most, NULL, 0))
		return 0;
	return errno == EAGAIN ? 0 : -errno;
}

int off_futex_wake(const __u32 *word)
{
	long n = syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);

	return n < 0 ? -errno : (int)n;
}
