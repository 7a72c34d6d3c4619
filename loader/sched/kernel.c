// SPDX-License-Identifier: BSD-2-Clause
/*
 * kernel.c - does this kernel take a scheduler, and has it one?
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "sched.h"

#define KERNEL_DIR "/sys/kernel/sched_ext/"

/* The first line of a file; 0, or -errno. */
static int read_line(const char *path, char *line, size_t len)
{
	FILE *f = fopen(path, "re");

	line[0] = '\0';
	if (!f)
		return -errno;
	if (!fgets(line, len, f))
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	fclose(f);
	return 0;
}

int sched_kernel(struct ctl *ctl, enum sched_state *state, char name[64])
{
	struct utsname host;
	char word[32];

	name[0] = '\0';
	if (read_line(KERNEL_DIR "state", word, sizeof(word))) {
		uname(&host);
		fail(ctl, -EOPNOTSUPP, "kernel %s takes no scheduler of threads (sched_ext)",
		     host.release);
		hint(ctl, "it needs Linux 6.18 with CONFIG_SCHED_CLASS_EXT: Debian's from "
			  "trixie-backports on has it");
		ctl->why.code = EXIT_UNSUPPORTED;
		return -EOPNOTSUPP;
	}
	read_line(KERNEL_DIR "root/ops", name, 64);
	*state = !strcmp(word, "disabled") ? SCHED_NONE :
		 !strcmp(name, "shunt") ? SCHED_OURS : SCHED_OTHER;
	return 0;
}

int sched_cpus(struct ctl *ctl)
{
	int n = libbpf_num_possible_cpus();

	if (n <= SHUNT_CORES)
		return 0;
	fail(ctl, -E2BIG, "this machine may have %d CPUs, and a policy sees %d cores", n,
	     SHUNT_CORES);
	hint(ctl, "boot with nr_cpus=%d, or leave threads to the kernel", SHUNT_CORES);
	return -E2BIG;
}
