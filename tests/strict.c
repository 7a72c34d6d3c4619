// SPDX-License-Identifier: BSD-2-Clause
/*
 * strict.c - LD_PRELOAD: each BPF program is loaded with BPF_F_TEST_REG_INVARIANTS
 *
 * If what the kernel's verifier knows of a register contradicts itself, it warns in the kernel's
 * log, once a boot, and goes on. With this flag it refuses the program, each time. The process that
 * loads it is the real loader or agent, so constants and maps are those of production. A line a
 * program goes to the file named by STRICT_LOG: "loaded NAME INSTRUCTIONS" or "refused NAME
 * INSTRUCTIONS".
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/bpf.h>

#define REG_INVARIANTS (1U << 7) /* its name came with Linux 6.8 */

long syscall(long number, ...);

static long (*next)(long number, ...);

static void note(const char *what, const union bpf_attr *attr)
{
	const char *path = getenv("STRICT_LOG");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644) : -1;

	if (fd < 0)
		return;
	dprintf(fd, "%s %.16s %u\n", what, attr->prog_name, attr->insn_cnt);
	close(fd);
}

static long load(union bpf_attr *attr, long size)
{
	long fd;
	int err;

	attr->prog_flags |= REG_INVARIANTS;
	fd = next(SYS_bpf, BPF_PROG_LOAD, attr, size);
	err = errno;
	note(fd < 0 ? "refused" : "loaded", attr);
	errno = err;
	return fd;
}

/* libbpf calls bpf() by this. */
__attribute__((visibility("default"))) long syscall(long number, ...)
{
	long a[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (!next)
		next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	if (number == SYS_bpf && a[0] == BPF_PROG_LOAD &&
	    (size_t)a[2] >= offsetof(union bpf_attr, prog_name) + BPF_OBJ_NAME_LEN)
		return load((union bpf_attr *)a[1], a[2]);
	return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
