// SPDX-License-Identifier: BSD-2-Clause
/*
 * doctor_host.c - findings about the machine: kernel, rights, bpffs, memlock, JIT, idle states
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "doctor.h"
#include "probe.h"

#define KERNEL_MAJOR 5
#define KERNEL_MINOR 15
#define MEMLOCK_WANTED (64UL << 20) /* a UMEM of 16 cores and 16 classes as configured by default */

/* The first line of a file, "" if it cannot be read. */
static const char *read_line(const char *path, char *buf, size_t len)
{
	FILE *f = fopen(path, "re");

	buf[0] = '\0';
	if (!f)
		return buf;
	if (!fgets(buf, len, f))
		buf[0] = '\0';
	fclose(f);
	buf[strcspn(buf, "\n")] = '\0';
	return buf;
}

/* Before 6.4 the rings of a bound AF_XDP socket cannot be
 * mapped, so not handed to a worker either. */
static void check_kernel_for_workers(struct findings *f, const char *release, int major, int minor)
{
	if (major > 6 || (major == 6 && minor >= 4)) {
		finding(f, "workers", LEVEL_OK, NULL,
			"Linux %s hands sockets to workers (needed: 6.4)", release);
		return;
	}
	finding(f, "workers", LEVEL_FAIL, "run Linux 6.4 or later where workers run",
		"Linux %s loads policies, but cannot hand sockets to workers: that needs 6.4",
		release);
}

static void check_kernel(struct findings *f)
{
	struct utsname host;
	int major = 0, minor = 0;

	uname(&host);
	sscanf(host.release, "%d.%d", &major, &minor);
	check_kernel_for_workers(f, host.release, major, minor);
	if (major > KERNEL_MAJOR || (major == KERNEL_MAJOR && minor >= KERNEL_MINOR))
		finding(f, "kernel", LEVEL_OK, NULL, "Linux %s (needed: %d.%d)", host.release,
			KERNEL_MAJOR, KERNEL_MINOR);
	else
		finding(f, "kernel", LEVEL_FAIL, "run a newer kernel",
			"Linux %s, but %d.%d is needed", host.release, KERNEL_MAJOR, KERNEL_MINOR);
}

static void check_rights(struct findings *f)
{
	bool admin = probe_cap(CAP_SYS_ADMIN), bpf = admin || probe_cap(CAP_BPF),
	     net = probe_cap(CAP_NET_ADMIN);
	bool perfmon = admin || probe_cap(CAP_PERFMON);

	if (!bpf || !net || !perfmon)
		finding(f, "rights", LEVEL_FAIL,
			"run it as root, or with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN",
			"this process lacks%s%s%s", bpf ? "" : " CAP_BPF",
			perfmon ? "" : " CAP_PERFMON", net ? "" : " CAP_NET_ADMIN");
	else if (geteuid())
		finding(f, "rights", LEVEL_WARN, "load as root where shuntd shall serve",
			"CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN are there, but shuntd, as root, "
			"takes no pins of user %u",
			geteuid());
	else
		finding(f, "rights", LEVEL_OK, NULL,
			"CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN are there");
}

static void check_bpffs(struct ctl *ctl, struct findings *f)
{
	const char *path = ctl->pins.bpffs ? ctl->pins.bpffs : SHUNT_BPFFS;
	struct statfs fs;
	struct stat st = { 0 };
	char fix[256], others[256];

	snprintf(fix, sizeof(fix), "mount -t bpf -o mode=0700 bpf %s", path);
	snprintf(others, sizeof(others), "chmod 700 %s, and mount it so: -o mode=0700", path);
	if (statfs(path, &fs) || stat(path, &st))
		finding(f, "bpffs", LEVEL_FAIL, fix, "'%s' cannot be used: %s", path,
			strerror(errno));
	else if (fs.f_type != BPF_FS_MAGIC)
		finding(f, "bpffs", LEVEL_FAIL, fix, "no bpffs is mounted at '%s'", path);
	else if (st.st_mode & (S_IWGRP | S_IWOTH))
		finding(f, "bpffs", LEVEL_WARN, others,
			"'%s' has mode %o: others may make files there, and be in the way of "
			"shunt's",
			path, st.st_mode & 07777);
	else
		finding(f, "bpffs", LEVEL_OK, NULL, "mounted at '%s'", path);
}

static void check_memlock(struct findings *f)
{
	struct rlimit lim;

	getrlimit(RLIMIT_MEMLOCK, &lim);
	if (lim.rlim_cur == RLIM_INFINITY)
		finding(f, "memlock", LEVEL_OK, NULL, "no limit");
	else if (probe_cap(CAP_IPC_LOCK))
		finding(f, "memlock", LEVEL_OK, NULL, "%llu KiB, which CAP_IPC_LOCK goes beyond",
			(unsigned long long)lim.rlim_cur >> 10);
	else if (lim.rlim_cur >= MEMLOCK_WANTED)
		finding(f, "memlock", LEVEL_OK, NULL, "%llu KiB",
			(unsigned long long)lim.rlim_cur >> 10);
	else
		finding(f, "memlock", LEVEL_WARN,
			"ulimit -l unlimited, or LimitMEMLOCK=infinity in the unit of shuntd",
			"%llu KiB: packet memory counts against it",
			(unsigned long long)lim.rlim_cur >> 10);
}

static void check_probe(struct findings *f, const char *check, int has, enum level missing,
			const char *yes, const char *no, const char *fix)
{
	if (has > 0)
		finding(f, check, LEVEL_OK, NULL, "%s", yes);
	else if (!has)
		finding(f, check, missing, fix, "%s", no);
	else
		finding(f, check, LEVEL_WARN, "run it as root", "could not be tried: %s",
			strerror(-has));
}

static void check_idle(struct findings *f)
{
	char line[128];

	if (!*read_line("/sys/devices/system/cpu/cpuidle/current_driver", line, sizeof(line)) ||
	    !strcmp(line, "none"))
		finding(f, "cpuidle", LEVEL_OK, NULL, "no driver: CPUs do not sleep deeply");
	else
		finding(f, "cpuidle", LEVEL_WARN,
			"cpupower idle-set -D 10, or the kernel parameter cpuidle.off=1, if "
			"workers sleep (--idle sleep)",
			"driver '%s': a worker that sleeps wakes up tens of microseconds later",
			line);
}

static void check_huge_pages(struct findings *f)
{
	char line[128];

	read_line("/sys/kernel/mm/transparent_hugepage/enabled", line, sizeof(line));
	if (strstr(line, "[never]"))
		finding(f, "hugepages", LEVEL_WARN,
			"echo madvise > /sys/kernel/mm/transparent_hugepage/enabled",
			"transparent huge pages are off: packet memory costs more TLB misses");
	else if (*line)
		finding(f, "hugepages", LEVEL_OK, NULL, "transparent huge pages: %s", line);
}

void doctor_host(struct ctl *ctl, struct findings *f)
{
	check_kernel(f);
	check_rights(f);
	check_bpffs(ctl, f);
	check_memlock(f);
	check_probe(f, "af_xdp", probe_af_xdp(), LEVEL_FAIL, "AF_XDP sockets can be made",
		    "this kernel has no AF_XDP sockets", "a kernel with CONFIG_XDP_SOCKETS=y");
	check_probe(f, "jit", probe_jit(), LEVEL_WARN, "BPF programs are compiled",
		    "BPF programs are interpreted: several times slower",
		    "sysctl net.core.bpf_jit_enable=1");
	check_probe(f, "dispatcher", probe_extension(), LEVEL_WARN,
		    "programs may take the place of a function: load --dispatcher",
		    "shunt's program can only be alone on an interface",
		    "where other XDP programs shall stay on the interface: a kernel that takes "
		    "BPF_PROG_TYPE_EXT, as 5.10 and later do unless they were built without it");
	check_idle(f);
	check_huge_pages(f);
}
