// SPDX-License-Identifier: BSD-2-Clause
/*
 * native.c - may a policy's native code run in a worker: an ELF shared object that needs nothing
 *
 * No constructors, no relocations, no writable data, nothing of other objects: then mapping it runs
 * and changes nothing, and calling it depends on its arguments alone.
 *
 * Judged is what dlopen() goes by, which is program headers and PT_DYNAMIC, and whatever is not
 * known to be harmless there is refused. A section table tells dlopen() nothing, so it tells
 * nothing here, and libelf, which starts from it, is of no help.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "native.h"

#define ROOM (16ULL << 20)    /* addresses: some segments, each on pages
			       * of its own of at most ALIGN_MOST */
#define ALIGN_MOST (2u << 20) /* linkers' largest for x86-64; aarch64: 64 KiB */
#define GOT_WORDS 4           /* that linkers reserve for the dynamic loader, used or not */

#ifdef __aarch64__
#define MACHINE EM_AARCH64
#else
#define MACHINE EM_X86_64
#endif
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BYTE_ORDER_HERE ELFDATA2LSB
#else
#define BYTE_ORDER_HERE ELFDATA2MSB
#endif

static int read_headers(struct native *n)
{
	static const unsigned char sysv[EI_NIDENT] = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
						       ELFCLASS64,
						       BYTE_ORDER_HERE, EV_CURRENT, ELFOSABI_SYSV };
	Elf64_Ehdr *eh = &n->eh;

	if (n->len < sizeof(*eh))
		return native_refuse(n, "is no shared object", NULL);
	memcpy(eh, n->data, sizeof(*eh));
	/* for an ifunc, which is refused by its name below */
	if (eh->e_ident[EI_OSABI] == ELFOSABI_GNU)
		eh->e_ident[EI_OSABI] = ELFOSABI_SYSV;
	if (memcmp(eh->e_ident, sysv, EI_NIDENT) || eh->e_type != ET_DYN ||
	    eh->e_version != EV_CURRENT)
		return native_refuse(n, "is no shared object", NULL);
	if (eh->e_machine != MACHINE)
		return native_refuse(n, "is for another processor", NULL);
	if (eh->e_phentsize != sizeof(n->seg[0]) || !eh->e_phnum || eh->e_phnum > NATIVE_SEGMENTS ||
	    eh->e_phoff % 8 || eh->e_phoff > n->len ||
	    eh->e_phnum * sizeof(n->seg[0]) > n->len - eh->e_phoff)
		return native_refuse(n, "has broken program headers", NULL);
	memcpy(n->seg, n->data + eh->e_phoff, eh->e_phnum * sizeof(n->seg[0]));
	return 0;
}

/* One part that is mapped; end is where the pages of the one before it end. */
static int check_load(const struct native *n, const Elf64_Phdr *s, uint64_t *end)
{
	uint64_t mask = s->p_align - 1;

	if (s->p_align < 4096 || s->p_align > ALIGN_MOST || s->p_align & mask ||
	    (s->p_vaddr - s->p_offset) & mask || s->p_offset > n->len ||
	    s->p_filesz > n->len - s->p_offset || s->p_vaddr > ROOM || s->p_memsz > ROOM ||
	    !(s->p_flags & PF_R))
		return native_refuse(n, "has a segment that cannot be mapped", NULL);
	if ((s->p_vaddr & ~mask) < *end)
		return native_refuse(n, "has segments that lie over each other", NULL);
	if (s->p_flags & PF_W && s->p_flags & PF_X)
		return native_refuse(n, "could change its own code", NULL);
	if (s->p_filesz != s->p_memsz)
		return native_refuse(n, "has writable data", NULL);
	*end = (s->p_vaddr + s->p_memsz + mask) & ~mask;
	return 0;
}

/* Inside of a writable part, up to the end of its last
 * page: all else would be made read-only with it. */
static bool is_sound_relro(const struct native *n, const Elf64_Phdr *relro)
{
	for (int i = 0; i < n->eh.e_phnum; i++) {
		const Elf64_Phdr *s = &n->seg[i];
		uint64_t mask = s->p_align - 1;

		if (s->p_type == PT_LOAD && s->p_flags & PF_W && relro->p_vaddr >= s->p_vaddr &&
		    relro->p_vaddr <= s->p_vaddr + s->p_memsz && relro->p_memsz <= ROOM &&
		    relro->p_vaddr + relro->p_memsz <= ((s->p_vaddr + s->p_memsz + mask) & ~mask))
			return true;
	}
	return false;
}

static int check_segment(const struct native *n, const Elf64_Phdr *s)
{
	const void *at = native_at(n, s->p_vaddr, s->p_filesz, PF_R);
	char type[16];

	switch (s->p_type) {
	case PT_NULL:
	case PT_LOAD:
		return 0;
	case PT_DYNAMIC: /* older loaders write into it */
		at = native_at(n, s->p_vaddr, s->p_filesz, PF_R | PF_W);
		if (at && s->p_offset < n->len && at == n->data + s->p_offset)
			return 0;
		break;
	case PT_GNU_EH_FRAME:
		if (at)
			return 0;
		break;
	case PT_PHDR: /* where others read them, once it is mapped */
		if (at == n->data + n->eh.e_phoff && s->p_memsz == n->eh.e_phnum * sizeof(*s))
			return 0;
		break;
	case PT_GNU_RELRO:
		if (is_sound_relro(n, s))
			return 0;
		break;
	case PT_GNU_STACK:
		return s->p_flags & PF_X
			       ? native_refuse(n, "wants stacks that can be executed", NULL)
			       : 0;
	case PT_TLS:
		return native_refuse(n, "has variables of each thread", NULL);
	default:
		snprintf(type, sizeof(type), "%#x", s->p_type);
		return native_refuse(n,
				     "has a segment of a type that a policy does not need:", type);
	}
	return native_refuse(n, "has broken program headers", NULL);
}

/* The only one of its type; NULL: none or several. */
static const Elf64_Phdr *only(const struct native *n, uint32_t type)
{
	const Elf64_Phdr *found = NULL;

	for (int i = 0; i < n->eh.e_phnum; i++) {
		if (n->seg[i].p_type != type)
			continue;
		if (found)
			return NULL;
		found = &n->seg[i];
	}
	return found;
}

static int check_segments(const struct native *n)
{
	uint64_t end = 0;
	int err = 0;

	for (int i = 0; !err && i < n->eh.e_phnum; i++) {
		if (n->seg[i].p_type == PT_LOAD)
			err = check_load(n, &n->seg[i], &end);
	}
	for (int i = 0; !err && i < n->eh.e_phnum; i++)
		err = check_segment(n, &n->seg[i]);
	if (err)
		return err;
	/* Without, the loader makes every stack of the process executable. */
	if (!only(n, PT_GNU_STACK))
		return native_refuse(n, "wants stacks that can be executed", NULL);
	if (!only(n, PT_DYNAMIC))
		return native_refuse(n, "is no shared object", NULL);
	return 0;
}

static bool is_within(uint64_t addr, const Elf64_Phdr *s, uint64_t mask)
{
	return s && addr >= s->p_vaddr && addr < ((s->p_vaddr + s->p_memsz) & ~mask);
}

/* Only the linker's words for the loader may be writable: PT_DYNAMIC, and the
 * GOT's first words, which hold the address of PT_DYNAMIC, or nothing. */
static int check_writable(const struct native *n, const Elf64_Phdr *s)
{
	const Elf64_Phdr *dynamic = only(n, PT_DYNAMIC), *relro = only(n, PT_GNU_RELRO);
	uint64_t word = 0;
	int got = 0;

	for (uint64_t at = s->p_vaddr; at < s->p_vaddr + s->p_memsz; at += sizeof(word)) {
		const void *here = native_at(n, at, sizeof(word), PF_W);

		if (is_within(at, dynamic, 0) || is_within(at, relro, s->p_align - 1))
			continue;
		if (here)
			memcpy(&word, here, sizeof(word));
		if (!here || (word && word != dynamic->p_vaddr) || ++got > GOT_WORDS)
			return native_refuse(n, "has writable data", NULL);
	}
	return 0;
}

/* Tags of PT_DYNAMIC: what is taken, and of what else is refused, why. */
enum { HASH, STRTAB, SYMTAB, STRSZ, SYMENT, NEEDED_TAGS, OLD_HASH = NEEDED_TAGS, PLTGOT, FLAGS,
       FLAGS_1, TAGS };
static const int64_t tags[TAGS] = { DT_GNU_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT,
				    DT_HASH, DT_PLTGOT, DT_FLAGS, DT_FLAGS_1 };
static const struct { int64_t tag; const char *what; } refused[] = {
	{ DT_NEEDED, "needs another shared object" },
	{ DT_INIT, "runs when it is loaded (DT_INIT)" },
	{ DT_INIT_ARRAY, "runs when it is loaded (DT_INIT_ARRAY)" },
	{ DT_PREINIT_ARRAY, "runs when it is loaded (DT_PREINIT_ARRAY)" },
	{ DT_FINI, "runs when it is unloaded (DT_FINI)" },
	{ DT_FINI_ARRAY, "runs when it is unloaded (DT_FINI_ARRAY)" },
	{ DT_PLTRELSZ, "runs or looks for functions when it is loaded (an ifunc, or a call of "
		       "something else's)" },
	{ DT_JMPREL, "runs or looks for functions when it is loaded (an ifunc, or a call of "
		     "something else's)" },
	{ DT_RELA, "has addresses that are filled in when it is loaded" },
	{ DT_REL, "has addresses that are filled in when it is loaded" },
	{ 36 /* DT_RELR */, "has addresses that are filled in when it is loaded" },
	{ DT_TEXTREL, "has code that is changed when it is loaded" },
};

static int check_tag(const struct native *n, const Elf64_Dyn *d, uint64_t *value,
		     unsigned int *seen)
{
	char tag[24];

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (d->d_tag == refused[i].tag)
			return native_refuse(n, refused[i].what, NULL);
	}
	for (int i = 0; i < TAGS; i++) {
		if (d->d_tag != tags[i])
			continue;
		if (*seen & 1u << i)
			return native_refuse(n, "says something twice to the dynamic loader", NULL);
		*seen |= 1u << i;
		value[i] = d->d_un.d_val;
		return 0;
	}
	snprintf(tag, sizeof(tag), "%#llx", (unsigned long long)d->d_tag);
	return native_refuse(n,
			     "says something to the dynamic loader that a policy need not say: tag",
			     tag);
}

static int check_dynamic(const struct native *n, struct native_tables *t)
{
	const Elf64_Phdr *s = only(n, PT_DYNAMIC);
	unsigned int seen = 0, needed = (1u << NEEDED_TAGS) - 1;
	uint64_t value[TAGS] = { 0 }, at = 0;
	Elf64_Dyn d = { .d_tag = DT_NULL };
	int err = 0;

	for (; !err && at + sizeof(d) <= s->p_filesz; at += sizeof(d)) {
		memcpy(&d, n->data + s->p_offset + at, sizeof(d));
		if (d.d_tag == DT_NULL)
			break;
		err = check_tag(n, &d, value, &seen);
	}
	if (err)
		return err;
	if (at + sizeof(d) > s->p_filesz || (seen & needed) != needed ||
	    value[SYMENT] != sizeof(Elf64_Sym))
		return native_refuse(n, "has no sound list for the dynamic loader", NULL);
	if (value[FLAGS] & ~(uint64_t)(DF_SYMBOLIC | DF_BIND_NOW) ||
	    value[FLAGS_1] & ~(uint64_t)DF_1_NOW)
		return native_refuse(n,
				     "wants something of the dynamic loader that a policy does not "
				     "need",
				     NULL);
	*t = (struct native_tables){ value[HASH], value[SYMTAB], value[STRTAB], value[STRSZ] };
	return 0;
}

int native_check(struct why *why, const char *path, const void *data, size_t len,
		 struct native_found *found)
{
	struct native n = { .why = why, .path = path, .data = data, .len = len };
	struct native_tables tables;
	int err;

	if (len > SHUNT_NATIVE_MAX) {
		why_fail(why, -E2BIG, "the native code of '%s' has %zu bytes, at most %d fit", path,
			 len, SHUNT_NATIVE_MAX);
		why_hint(why, "a policy is a page of C: large tables belong into knobs or state");
		return -E2BIG;
	}
	err = read_headers(&n);
	if (!err)
		err = check_segments(&n);
	if (!err)
		err = check_dynamic(&n, &tables);
	for (int i = 0; !err && i < n.eh.e_phnum; i++) {
		if (n.seg[i].p_type == PT_LOAD && n.seg[i].p_flags & PF_W)
			err = check_writable(&n, &n.seg[i]);
	}
	return err ? err : native_check_symbols(&n, &tables, found);
}
