// SPDX-License-Identifier: BSD-2-Clause
/*
 * whose.c - whose rights a process has, and whether it has ended
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "whose.h"

static int judge(uid_t uid, __u32 real, __u32 effective, __u32 saved, __u32 fs)
{
	return !uid || (real == uid && effective == uid && saved == uid && fs == uid) ? 0 : -EPERM;
}

static bool has_ended(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

bool shunt_process_ended(int pidfd)
{
	return pidfd < 0 || has_ended(pidfd);
}

bool shunt_process_runs(__u32 pid)
{
	int pidfd = pid ? pidfd_open(pid, 0) : -1;
	bool runs = pidfd >= 0 ? !has_ended(pidfd) : pid && errno != ESRCH;

	if (pidfd >= 0)
		close(pidfd);
	return runs;
}

int shunt_process_is_of_by_proc(int pidfd, __u32 pid, uid_t uid)
{
	char path[40], line[256];
	unsigned int id[4];
	int err = -EPROTO;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/status", pid);
	f = fopen(path, "re");
	if (!f)
		err = -errno;
	while (f && err == -EPROTO && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Uid: %u %u %u %u", &id[0], &id[1], &id[2], &id[3]) == 4)
			err = judge(uid, id[0], id[1], id[2], id[3]);
	}
	if (f)
		fclose(f);
	return has_ended(pidfd) ? -ESRCH : err; /* if it lives, the number was its own */
}

int shunt_process_is_of(int pidfd, __u32 pid, uid_t uid)
{
	struct shunt_pidfd_info info = { .mask = SHUNT_PIDFD_CREDS };

	if (!ioctl(pidfd, SHUNT_PIDFD_GET_INFO, &info) && info.mask & SHUNT_PIDFD_CREDS)
		return has_ended(pidfd) ? -ESRCH
					: judge(uid, info.ruid, info.euid, info.suid, info.fsuid);
	return shunt_process_is_of_by_proc(pidfd, pid, uid);
}
