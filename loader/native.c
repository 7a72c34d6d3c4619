// SPDX-License-Identifier: BSD-2-Clause
/*
 * native.c - may a policy's native code run in a worker: an ELF shared object that needs nothing
 *
 * No undefined symbols, no writable data, no constructors: then mapping it runs nothing, and
 * calling it depends on its arguments alone.
 */
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include <shunt/native.h>

#include "bundle.h"

static int refuse(struct ctl *ctl, const char *path, const char *what, const char *name)
{
	fail(ctl, -EINVAL, "the native code of '%s' %s%s%s%s", path, what, name ? " '" : "",
	     name ? name : "", name ? "'" : "");
	hint(ctl, "a policy has no globals and calls nothing but what shunt/policy.h offers");
	return -EINVAL;
}

static int check_section(struct ctl *ctl, const char *path, const GElf_Shdr *sh, const char *name)
{
	static const char *const code[] = { ".init_array", ".fini_array", ".preinit_array", ".init",
					    ".fini", ".ctors", ".dtors" };
	/* What the linker writes for the dynamic loader, not the policy. */
	static const char *const linker[] = { ".dynamic", ".got", ".got.plt" };

	for (size_t i = 0; i < sizeof(code) / sizeof(code[0]); i++) {
		if (!strcmp(name, code[i]) && sh->sh_size)
			return refuse(ctl, path, "runs when it is loaded: section", name);
	}
	if (!(sh->sh_flags & SHF_ALLOC) || !(sh->sh_flags & SHF_WRITE) || !sh->sh_size)
		return 0;
	for (size_t i = 0; i < sizeof(linker) / sizeof(linker[0]); i++) {
		if (!strcmp(name, linker[i]))
			return 0;
	}
	return refuse(ctl, path, "has writable data: section", name);
}

/* Counts the functions that a worker needs; refuses what somebody else would have to define. */
static int check_symbols(struct ctl *ctl, const char *path, Elf *elf, Elf_Scn *scn,
			 const GElf_Shdr *sh, int *needed)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	const char *name;
	GElf_Sym sym;

	for (int i = 1; data && gelf_getsym(data, i, &sym); i++) {
		name = elf_strptr(elf, sh->sh_link, sym.st_name);
		if (!name)
			return refuse(ctl, path, "has a symbol without a name", NULL);
		if (sym.st_shndx == SHN_UNDEF)
			return refuse(ctl, path, "calls or reads something it does not define:",
				      name);
		if (GELF_ST_TYPE(sym.st_info) == STT_GNU_IFUNC)
			return refuse(ctl, path, "runs when it is loaded: symbol", name);
		*needed += GELF_ST_TYPE(sym.st_info) == STT_FUNC &&
			   (!strcmp(name, SHUNT_SYM_STEER) || !strcmp(name, SHUNT_SYM_SELECT));
	}
	return 0;
}

static int check_dynamic(struct ctl *ctl, const char *path, Elf_Scn *scn)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Dyn dyn;

	for (int i = 0; data && gelf_getdyn(data, i, &dyn); i++) {
		if (dyn.d_tag == DT_NEEDED)
			return refuse(ctl, path, "needs another shared object", NULL);
		if (dyn.d_tag == DT_INIT || dyn.d_tag == DT_FINI || dyn.d_tag == DT_TEXTREL)
			return refuse(ctl, path, "runs or writes when it is loaded", NULL);
	}
	return 0;
}

/* A relocation whose value a function of the object computes runs that function, symbol or not. */
static int check_relocations(struct ctl *ctl, const char *path, Elf_Scn *scn, const GElf_Ehdr *eh)
{
	__u32 runs = eh->e_machine == EM_AARCH64 ? R_AARCH64_IRELATIVE : R_X86_64_IRELATIVE;
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Rela r;

	for (int i = 0; data && gelf_getrela(data, i, &r); i++) {
		if (GELF_R_TYPE(r.r_info) == runs)
			return refuse(ctl, path, "runs when it is loaded: a function that chooses another (ifunc)",
				      NULL);
	}
	return 0;
}

static int check_elf(struct ctl *ctl, const char *path, Elf *elf)
{
	Elf_Scn *scn = NULL;
	GElf_Ehdr eh;
	GElf_Shdr sh;
	size_t names;
	const char *name;
	int err = 0, needed = 0;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh) || eh.e_type != ET_DYN ||
	    elf_getshdrstrndx(elf, &names))
		return refuse(ctl, path, "is no shared object", NULL);
	while (!err && (scn = elf_nextscn(elf, scn))) {
		if (!gelf_getshdr(scn, &sh))
			return refuse(ctl, path, "has a broken section table", NULL);
		name = elf_strptr(elf, names, sh.sh_name);
		err = check_section(ctl, path, &sh, name ? name : "");
		if (!err && sh.sh_type == SHT_DYNSYM)
			err = check_symbols(ctl, path, elf, scn, &sh, &needed);
		if (!err && sh.sh_type == SHT_RELA)
			err = check_relocations(ctl, path, scn, &eh);
		if (!err && sh.sh_type == SHT_DYNAMIC)
			err = check_dynamic(ctl, path, scn);
	}
	if (!err && needed != 2)
		err = refuse(ctl, path, "lacks steer() or select()", NULL);
	return err;
}

int native_check(struct ctl *ctl, const char *path, const void *data, size_t len)
{
	char *copy;
	Elf *elf;
	int err;

	if (len > SHUNT_NATIVE_MAX) {
		fail(ctl, -E2BIG, "the native code of '%s' has %zu bytes, at most %d fit", path, len,
		     SHUNT_NATIVE_MAX);
		hint(ctl, "a policy is a page of C: large tables belong into knobs or state");
		return -E2BIG;
	}
	/* libelf wants memory that is aligned, which a section of another file is not. */
	copy = malloc(len ? len : 1);
	if (!copy)
		return fail(ctl, -ENOMEM, "no memory");
	memcpy(copy, data, len);
	elf_version(EV_CURRENT);
	elf = elf_memory(copy, len);
	err = elf ? check_elf(ctl, path, elf) : refuse(ctl, path, "is no shared object", NULL);
	elf_end(elf);
	free(copy);
	return err;
}
