/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * whose.h - whose rights a process has, and whether it has ended
 */
#pragma once

#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/types.h>

#include <linux/types.h>

/* The kernel's answer about a process, by its pidfd (Linux
 * 6.13): the first version of struct pidfd_info. */
struct shunt_pidfd_info {
	__u64 mask, cgroupid;
	__u32 pid, tgid, ppid;
	__u32 ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	__s32 exit_code; /* Linux 6.15, and if the mask asked for it */
};
_Static_assert(sizeof(struct shunt_pidfd_info) == 64, "the first struct pidfd_info");

#define SHUNT_PIDFD_GET_INFO _IOWR(0xff, 11, struct shunt_pidfd_info)
#define SHUNT_PIDFD_CREDS (1ULL << 1)
#define SHUNT_PIDFD_EXIT (1ULL << 3)

/*
 * Has the process the rights of that user, and no others? Not so one that executes a set-user-ID
 * program. A process of root's may do with its rights as root likes.
 *
 * 0: yes; -EPERM: no; -ESRCH: it has ended; else -errno: its rights cannot be seen. pid is the
 * process's number in our /proc.
 */
int shunt_process_is_of(int pidfd, __u32 pid, uid_t uid);
/* The same on kernels that say it in /proc only. */
int shunt_process_is_of_by_proc(int pidfd, __u32 pid, uid_t uid);

/* Has the process ended? Another process may have its number
 * then. pidfd -1 stands for a process that has ended. */
bool shunt_process_ended(int pidfd);

/* Does the process with that number run? One that has ended does not, though it keeps its number
 * until its parent has reaped it. 0: there is no process. */
bool shunt_process_runs(__u32 pid);
