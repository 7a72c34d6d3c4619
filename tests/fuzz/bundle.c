// SPDX-License-Identifier: BSD-2-Clause
/*
 * bundle.c - a policy's bundle: an ELF file of whoever wrote it, read by root
 *
 * Claims for an accepted bundle: all parts lie inside the file, its name is well-formed, and its
 * native code is sound (native_check()). "ABI!" in an input is replaced by the present SHUNT_ABI,
 * so that the corpus outlives a new one.
 */
/* link: lib/bundle/[a-z]*.c lib/exe.c lib/file.c lib/why.c loader/forbid.c loader/origin.c */
/* link: offload/nfp/lint/[a-z]*.c loader/out.c */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "input.h"
#include "loader/forbid.h"

static void inside(const struct bundle *b, const void *at, size_t len)
{
	size_t from = (const char *)at - (const char *)b->data;

	MUST(from <= b->len && len <= b->len - from);
	free(exactly(at, len)); /* and it can be read */
}

static void put_abi(uint8_t *copy, size_t len)
{
	const uint32_t abi = SHUNT_ABI;
	uint8_t *at;

	while ((at = memmem(copy, len, "ABI!", sizeof(abi))))
		memcpy(at, &abi, sizeof(abi));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *copy = exactly(data, len);
	struct ctl ctl = { 0 };
	static int fd = -1;
	struct bundle b;
	char path[32];

	if (fd < 0)
		fd = memfd_create("bundle", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	put_abi(copy, len);
	MUST(fd >= 0 && !ftruncate(fd, 0) && pwrite(fd, copy, len, 0) == (ssize_t)len);
	free(copy);
	if (!bundle_of_file(&ctl, path, "a.shunt", &b)) {
		MUST(memchr(b.desc.name, 0, sizeof(b.desc.name)) && b.desc.name[0]);
		MUST(memchr(b.desc.text, 0, sizeof(b.desc.text)));
		MUST(b.native_len <= SHUNT_NATIVE_MAX);
		inside(&b, b.native, b.native_len);
		if (b.nic)
			inside(&b, b.nic, b.nic_len);
		bundle_close(&b);
	} else {
		MUST(ctl.why.text && strstr(ctl.why.text, "a.shunt"));
	}
	ctl_forget(&ctl);
	return 0;
}
