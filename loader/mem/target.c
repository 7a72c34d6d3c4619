// SPDX-License-Identifier: BSD-2-Clause
/*
 * target.c - the process whose memory is looked at: held by descriptors, as its number may be
 * another's later
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mem.h"

static int lock(struct mem_target *t, struct why *why)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", t->pid);
	t->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->folder < 0)
		return why_fail(why, -errno, "cannot open '%s': %s", path, strerror(errno));
	if (!flock(t->folder, LOCK_EX | LOCK_NB))
		return 0;
	why_fail(why, -EBUSY, "another 'shunt mem' looks at process %d", t->pid);
	why_hint(why, "end it first: each would miss what the other one saw");
	return -EBUSY;
}

int mem_target_open(struct mem_target *t, pid_t pid, struct why *why)
{
	int err;

	*t = (struct mem_target){ .pid = pid, .folder = -1 };
	t->pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (t->pidfd < 0)
		return why_fail(why, -errno, "there is no process %d: %s", pid, strerror(errno));
	err = lock(t, why);
	/* the folder is of this process if that is there still */
	if (!err && !mem_target_is_alive(t))
		err = why_fail(why, -ESRCH, "process %d has ended", pid);
	if (err)
		mem_target_close(t);
	return err;
}

void mem_target_close(struct mem_target *t)
{
	if (t->folder >= 0)
		close(t->folder);
	if (t->pidfd >= 0)
		close(t->pidfd);
	t->folder = t->pidfd = -1;
}

bool mem_target_is_alive(const struct mem_target *t)
{
	struct pollfd p = { t->pidfd, POLLIN, 0 };

	return poll(&p, 1, 0) == 0;
}

/* The tenth number behind the name, which may have blanks and brackets itself. */
int mem_target_faults(const struct mem_target *t, __u64 *faults)
{
	int fd = openat(t->folder, "stat", O_RDONLY | O_CLOEXEC);
	char text[1024], *at;
	unsigned long n;
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return -ESRCH;
	text[len] = '\0';
	at = strrchr(text, ')');
	if (!at || sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %lu", &n) != 1)
		return -EPROTO;
	*faults = n;
	return 0;
}
