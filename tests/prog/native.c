// SPDX-License-Identifier: BSD-2-Clause
/*
 * native.c - takes the section with native code out of a policy's object and loads it from memory
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "ingress.h"
#include "native.h"

/* The data of one section; it lives as long as elf. */
static Elf_Data *section(Elf *elf, const char *object, const char *name)
{
	Elf_Scn *at = NULL;
	GElf_Shdr header;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		die("'%s' has no section names", object);
	while ((at = elf_nextscn(elf, at))) {
		if (gelf_getshdr(at, &header) &&
		    !strcmp(elf_strptr(elf, names, header.sh_name), name))
			return elf_rawdata(at, NULL);
	}
	die("'%s' has no section '%s'", object, name);
}

static void *load_memory(const char *object, const Elf_Data *code)
{
	char path[32];
	void *handle;
	int fd = memfd_create("policy", MFD_CLOEXEC);

	if (fd < 0 || write(fd, code->d_buf, code->d_size) != (ssize_t)code->d_size)
		die("cannot copy the native code of '%s': %s", object, strerror(errno));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!handle)
		die("cannot load the native code of '%s': %s", object, dlerror());
	close(fd);
	return handle;
}

void native_load(struct native *n, const char *object)
{
	int fd = open(object, O_RDONLY | O_CLOEXEC);
	char name[sizeof(SHUNT_NATIVE_SEC) + 65];
	struct utsname host;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (fd < 0 || !elf || uname(&host))
		die("cannot read '%s'", object);
	snprintf(name, sizeof(name), "%s.%s", SHUNT_NATIVE_SEC, host.machine);
	n->handle = load_memory(object, section(elf, object, name));
	elf_end(elf);
	close(fd);
	n->desc = dlsym(n->handle, SHUNT_SYM_DESC);
	if (shunt_policy_find(dlsym, n->handle, n->fn) || !n->desc)
		die("the native code of '%s' lacks a function", object);
}

void native_free(struct native *n)
{
	dlclose(n->handle);
}

int native_ask(const struct native *n, enum shunt_ask_op op, struct shunt_view *v,
	       const struct shunt_event *ev)
{
	if (!n->fn[op])
		return -1000;
	switch (op) {
#define ANSWER_int return
#define ANSWER_void
#define ASK(OP, name, type, need, targets, text)                                                   \
	case SHUNT_ASK_##OP:                                                                       \
		ANSWER_##type n->name(v, ev);                                                      \
		return 0;

		SHUNT_POLICY_OPS(ASK)
	default:
		return -1000;
	}
}
