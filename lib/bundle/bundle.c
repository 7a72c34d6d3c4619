// SPDX-License-Identifier: BSD-2-Clause
/*
 * bundle.c - finds, reads and checks a policy's bundle, for shunt and shunt-sim
 */
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <shunt/sched.h>

#include "bundle.h"
#include "exe.h"
#include "file.h"
#include "native.h"

const char *bundle_arch(void)
{
	static struct utsname host;

	if (!host.machine[0])
		uname(&host);
	return host.machine;
}

const char *bundle_dir(int i, char *buf, size_t len)
{
	const char *env = secure_getenv("SHUNT_OBJECT_PATH");
	char exe[PATH_MAX];

	buf[0] = '\0';
	if (i == 0)
		snprintf(buf, len, "%s", env ? env : "");
	else if (i == 3)
		snprintf(buf, len, "%s/shunt/policies", SHUNT_LIBDIR);
	else if (!exe_dir(exe, sizeof(exe)))
		snprintf(buf, len, "%s/%s", exe, i == 1 ? "bpf" : "../lib/shunt/policies");
	return buf;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && !strcmp(s + n - m, end);
}

bool bundle_is_file(const char *policy)
{
	return strchr(policy, '/') || ends_with(policy, ".shunt") || ends_with(policy, ".o");
}

bool bundle_is_source(const char *policy)
{
	return ends_with(policy, ".c");
}

int bundle_find(struct why *why, const char *name, char *path, size_t len)
{
	char dir[PATH_MAX];

	for (int i = 0; i < BUNDLE_DIRS; i++) {
		if (!bundle_dir(i, dir, sizeof(dir))[0])
			continue;
		if ((size_t)snprintf(path, len, "%s/%s.o", dir, name) < len && !access(path, F_OK))
			return 0;
	}
	why_fail(why, -ENOENT, "unknown policy '%s'", name);
	why_hint(why,
		 "'shunt policies' lists the built-in ones; a file is given as ./%s.c or "
		 "./%s.shunt",
		 name, name);
	return -ENOENT;
}

/* A section's bytes, inside data. NULL: there is none. */
static const void *find_section(const struct bundle *b, Elf *elf, const char *name, size_t *len)
{
	Elf_Scn *scn = NULL;
	size_t names;
	GElf_Shdr sh;
	const char *at;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || sh.sh_type == SHT_NOBITS)
			continue;
		at = elf_strptr(elf, names, sh.sh_name);
		if (!at || strcmp(at, name))
			continue;
		if (sh.sh_offset > b->len || sh.sh_size > b->len - sh.sh_offset)
			return NULL;
		*len = sh.sh_size;
		return (const char *)b->data + sh.sh_offset;
	}
	return NULL;
}

static int check_desc(struct why *why, const char *path, struct shunt_policy_desc *d)
{
	size_t len;

	if (d->abi != SHUNT_ABI) {
		why_fail(why, -EPROTO, "'%s' was built for ABI %u, this shunt has ABI %u", path,
			 d->abi, SHUNT_ABI);
		why_hint(why, "build it again: shunt build FILE.c");
		return -EPROTO;
	}
	d->text[sizeof(d->text) - 1] = '\0';
	for (char *c = d->text; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	len = strnlen(d->name, sizeof(d->name));
	if (!len || len == sizeof(d->name) ||
	    strspn(d->name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != len) {
		why_fail(why, -EINVAL, "the policy in '%s' has no sound name", path);
		why_hint(why, "SHUNT_POLICY(\"name\", ...): 1 to %d of a-z 0-9 _ -",
			 SHUNT_NAME_LEN - 1);
		return -EINVAL;
	}
	return 0;
}

static int parse_bundle(struct why *why, struct bundle *b, Elf *elf)
{
	char name[128];
	const void *desc;
	size_t len = 0;
	GElf_Ehdr eh;
	int err;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh) || eh.e_machine != EM_BPF) {
		why_fail(why, -EINVAL, "'%s' is no BPF object", b->path);
		why_hint(why, "make one with: shunt build FILE.c");
		return -EINVAL;
	}
	desc = find_section(b, elf, SHUNT_POLICY_SEC, &len);
	if (!desc || len != sizeof(b->desc)) {
		why_fail(why, -EINVAL, "'%s' holds no policy: its section '%s' is %s", b->path,
		     SHUNT_POLICY_SEC, desc ? "of the wrong size" : "missing");
		why_hint(why, "a policy names itself with one SHUNT_POLICY(name, flags, text)");
		return -EINVAL;
	}
	memcpy(&b->desc, desc, sizeof(b->desc));
	err = check_desc(why, b->path, &b->desc);
	if (err)
		return err;
	snprintf(name, sizeof(name), "%s.%s", SHUNT_NATIVE_SEC, bundle_arch());
	b->native = find_section(b, elf, name, &b->native_len);
	if (!b->native) {
		why_fail(why, -EINVAL, "'%s' has no native code for this machine (section '%s')",
		     b->path, name);
		why_hint(why, "build it here: shunt build FILE.c");
		return -EINVAL;
	}
	b->nic = find_section(b, elf, SHUNT_NIC_SEC, &b->nic_len);
	b->sched = find_section(b, elf, SHUNT_SCHED_SEC, &b->sched_len);
	return native_check(why, b->path, b->native, b->native_len, &b->found);
}

int bundle_read(struct why *why, const char *path, const char *name, struct bundle *b)
{
	Elf *elf;
	int err;

	memset(b, 0, sizeof(*b));
	b->path = strdup(name);
	err = b->path ? file_read(why, path, &b->data, &b->len)
		      : why_fail(why, -ENOMEM, "no memory");
	if (err) {
		bundle_close(b);
		return err;
	}
	elf_version(EV_CURRENT);
	elf = elf_memory(b->data, b->len);
	err = elf ? parse_bundle(why, b, elf) :
		    why_fail(why, -EINVAL, "'%s' is no BPF object: %s", name, elf_errmsg(-1));
	elf_end(elf);
	if (err)
		bundle_close(b);
	return err;
}

void bundle_close(struct bundle *b)
{
	if (!b)
		return;
	free(b->path);
	free(b->data);
	memset(b, 0, sizeof(*b));
}
