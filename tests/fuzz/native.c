// SPDX-License-Identifier: BSD-2-Clause
/*
 * native.c - a policy's native code, as native_check() judges it:
 * what is accepted is mapped, which must run and break nothing
 */
/* link: lib/bundle/native.c lib/bundle/native_image.c lib/bundle/native_symbols.c lib/why.c */
#include <dlfcn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <shunt/native.h>

#include "input.h"
#include "bundle/native.h"

/* As a worker does it: the loader takes it, and finds what is needed. */
static void map(const uint8_t *data, size_t len)
{
	int fd = memfd_create("native", MFD_CLOEXEC);
	void *handle, *fn[SHUNT_NR_OPS];
	char path[32];

	MUST(fd >= 0 && write(fd, data, len) == (ssize_t)len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	MUST(handle);
	MUST(!shunt_policy_find(dlsym, handle, fn) && dlsym(handle, SHUNT_SYM_DESC));
	MUST(!dlsym(handle, "shunt_policy_of_nobody"));
	dlclose(handle);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct native_found found;
	struct why why = { 0 };
	uint8_t *copy = exactly(data, len);

	if (native_check(&why, "a.shunt", copy, len, &found))
		MUST(why.text && strstr(why.text, "a.shunt"));
	else if (found.slot_at < len && len - found.slot_at >= sizeof(uint32_t))
		map(copy, len);
	else
		MUST(0);
	free(copy);
	why_forget(&why);
	return 0;
}
