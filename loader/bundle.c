// SPDX-License-Identifier: BSD-2-Clause
/*
 * bundle.c - finds, reads and checks a policy's bundle
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

#include "build.h"
#include "bundle.h"
#include "forbid.h"
#include "file.h"

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
	else if (!build_exe_dir(exe, sizeof(exe)))
		snprintf(buf, len, "%s/%s", exe, i == 1 ? "bpf" : "../lib/shunt/policies");
	return buf;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && !strcmp(s + n - m, end);
}

static int find_builtin(struct ctl *ctl, const char *name, char *path, size_t len)
{
	char dir[PATH_MAX];

	for (int i = 0; i < BUNDLE_DIRS; i++) {
		if (!bundle_dir(i, dir, sizeof(dir))[0])
			continue;
		if ((size_t)snprintf(path, len, "%s/%s.o", dir, name) < len && !access(path, F_OK))
			return 0;
	}
	fail(ctl, -ENOENT, "unknown policy '%s'", name);
	hint(ctl, "'shunt policies' lists the built-in ones; a file is given as ./%s.c or ./%s.shunt",
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

static int check_desc(struct ctl *ctl, const char *path, struct shunt_policy_desc *d)
{
	size_t len;

	if (d->abi != SHUNT_ABI) {
		fail(ctl, -EPROTO, "'%s' was built for ABI %u, this shunt has ABI %u", path, d->abi,
		     SHUNT_ABI);
		hint(ctl, "build it again: shunt build FILE.c");
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
		fail(ctl, -EINVAL, "the policy in '%s' has no sound name", path);
		hint(ctl, "SHUNT_POLICY(\"name\", ...): 1 to %d of a-z 0-9 _ -", SHUNT_NAME_LEN - 1);
		return -EINVAL;
	}
	return 0;
}

static int parse_bundle(struct ctl *ctl, struct bundle *b, Elf *elf)
{
	char name[128];
	const void *desc;
	size_t len = 0;
	GElf_Ehdr eh;
	int err;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh) || eh.e_machine != EM_BPF) {
		fail(ctl, -EINVAL, "'%s' is no BPF object", b->path);
		hint(ctl, "make one with: shunt build FILE.c");
		return -EINVAL;
	}
	desc = find_section(b, elf, SHUNT_POLICY_SEC, &len);
	if (!desc || len != sizeof(b->desc)) {
		fail(ctl, -EINVAL, "'%s' holds no policy: its section '%s' is %s", b->path,
		     SHUNT_POLICY_SEC, desc ? "of the wrong size" : "missing");
		hint(ctl, "a policy names itself with one SHUNT_POLICY(name, flags, text)");
		return -EINVAL;
	}
	memcpy(&b->desc, desc, sizeof(b->desc));
	err = check_desc(ctl, b->path, &b->desc);
	if (err)
		return err;
	snprintf(name, sizeof(name), "%s.%s", SHUNT_NATIVE_SEC, bundle_arch());
	b->native = find_section(b, elf, name, &b->native_len);
	if (!b->native) {
		fail(ctl, -EINVAL, "'%s' has no native code for this machine (section '%s')",
		     b->path, name);
		hint(ctl, "build it here: shunt build FILE.c");
		return -EINVAL;
	}
	b->nic = find_section(b, elf, SHUNT_NIC_SEC, &b->nic_len);
	err = native_check(ctl, b->path, b->native, b->native_len);
	return err ? err : forbid_check(ctl, b);
}

int bundle_read(struct ctl *ctl, const char *path, const char *name, struct bundle *b)
{
	Elf *elf;
	int err;

	memset(b, 0, sizeof(*b));
	b->path = strdup(name);
	err = b->path ? file_read(ctl, path, &b->data, &b->len) : fail(ctl, -ENOMEM, "no memory");
	if (err) {
		bundle_close(b);
		return err;
	}
	elf_version(EV_CURRENT);
	elf = elf_memory(b->data, b->len);
	err = elf ? parse_bundle(ctl, b, elf) :
		    fail(ctl, -EINVAL, "'%s' is no BPF object: %s", name, elf_errmsg(-1));
	elf_end(elf);
	if (err)
		bundle_close(b);
	return err;
}

int bundle_open(struct ctl *ctl, const char *policy, struct bundle *b)
{
	char path[PATH_MAX];
	int err;

	if (ends_with(policy, ".c"))
		return build_bundle(ctl, policy, NULL, b);
	if (strchr(policy, '/') || ends_with(policy, ".shunt") || ends_with(policy, ".o"))
		return bundle_read(ctl, policy, policy, b);
	err = find_builtin(ctl, policy, path, sizeof(path));
	return err ? err : bundle_read(ctl, path, path, b);
}

void bundle_close(struct bundle *b)
{
	if (!b)
		return;
	free(b->path);
	free(b->data);
	memset(b, 0, sizeof(*b));
}
