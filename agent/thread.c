// SPDX-License-Identifier: BSD-2-Clause
/*
 * thread.c - a signal to a thread that a worker says is one of its own
 *
 * Both numbers may be others' by now: the worker's, once it is dead and nobody has noticed yet, and
 * the thread's, which it wrote itself. A descriptor of the thread is taken first; then the numbers
 * are seen to belong together, and after that the worker, known by its descriptor, is seen to live:
 * so they were its own, and what the descriptor stands for is that thread or one that has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "thread.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL /* Linux 6.9, as the next */
#endif
#define SIGNAL_THREAD 1 /* PIDFD_SIGNAL_THREAD */

static bool lives(int process)
{
	struct pollfd p = { .fd = process, .events = POLLIN };

	return process >= 0 && !poll(&p, 1, 0);
}

static int result(long ret)
{
	return ret ? -errno : 0;
}

int thread_signal(int process, __u32 pid, __u32 tid, int sig)
{
	int thread = syscall(SYS_pidfd_open, tid, PIDFD_THREAD), err;

	if (thread < 0 && errno != EINVAL)
		return -errno;
	err = result(syscall(SYS_tgkill, pid, tid, 0));
	if (!err && !lives(process))
		err = -ESRCH;
	if (!err && thread >= 0)
		err = result(syscall(SYS_pidfd_send_signal, thread, sig, NULL, SIGNAL_THREAD));
	else if (!err) /* an older kernel: between the look and this, a moment is left */
		err = result(syscall(SYS_tgkill, pid, tid, sig));
	if (thread >= 0)
		close(thread);
	return err;
}
