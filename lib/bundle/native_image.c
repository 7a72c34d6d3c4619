// SPDX-License-Identifier: BSD-2-Clause
/*
 * native_image.c - a policy's native code by address, and why it is refused
 */
#include <errno.h>

#include "native.h"

int native_refuse(const struct native *n, const char *what, const char *name)
{
	why_fail(n->why, -EINVAL, "the native code of '%s' %s%s%s%s", n->path, what,
		 name ? " '" : "", name ? name : "", name ? "'" : "");
	why_hint(n->why,
		 "a policy has no globals and no tables of pointers, and calls nothing but what "
		 "shunt/policy.h offers");
	return -EINVAL;
}

const void *native_at(const struct native *n, uint64_t addr, uint64_t len, uint32_t flags)
{
	for (int i = 0; i < n->eh.e_phnum; i++) {
		const Elf64_Phdr *s = &n->seg[i];

		if (s->p_type == PT_LOAD && (s->p_flags & flags) == flags && addr >= s->p_vaddr &&
		    len <= s->p_filesz && addr - s->p_vaddr <= s->p_filesz - len)
			return n->data + s->p_offset + (addr - s->p_vaddr);
	}
	return NULL;
}
