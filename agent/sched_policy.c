// SPDX-License-Identifier: BSD-2-Clause
/*
 * sched_policy.c - the policy's native code in this process, which decides about threads
 *
 * The loader has checked it, and root alone writes the map that it comes from. A policy that does
 * not return hangs this agent, and no CPU.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sched_policy.h"

static int write_code(const struct shunt_policy_slot *slot)
{
	int fd = memfd_create("shunt-policy", MFD_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	if (write(fd, slot->native, slot->native_len) == (ssize_t)slot->native_len)
		return fd;
	err = errno ? -errno : -EIO;
	close(fd);
	return err;
}

int sched_policy_open(struct sched_policy *p, const struct shunt_policy_slot *slot,
		      struct why *why)
{
	char path[32];
	int fd;

	memset(p, 0, sizeof(*p));
	if (!slot->native_len || slot->native_len > SHUNT_NATIVE_MAX)
		return why_fail(why, -EINVAL, "policy '%.15s' has no native code",
				slot->desc.name);
	fd = write_code(slot);
	if (fd < 0)
		return why_fail(why, fd, "cannot make a memfd for the policy: %s", strerror(-fd));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	p->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	close(fd);
	if (!p->handle)
		return why_fail(why, -ENOEXEC, "cannot map the native code of policy '%.15s': %s",
				slot->desc.name, dlerror());
	if (!shunt_policy_find(dlsym, p->handle, p->fn))
		return 0;
	sched_policy_close(p);
	return why_fail(why, -EPROTO, "the native code of policy '%.15s' is of another ABI",
			slot->desc.name);
}

void sched_policy_close(struct sched_policy *p)
{
	if (p->handle)
		dlclose(p->handle);
	memset(p, 0, sizeof(*p));
}
