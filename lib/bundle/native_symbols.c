// SPDX-License-Identifier: BSD-2-Clause
/*
 * native_symbols.c - the symbols of a policy's native code, as dlsym() will read and find them
 *
 * dlsym() trusts the object's hash table, so every chain of it is followed here first.
 */
#include <errno.h>
#include <string.h>

#include <shunt/native.h>

#include "native.h"

#define MOST 64 /* symbols, buckets, words of the filter: a policy exports some names */

struct hash {
	/* as DT_GNU_HASH begins; first: of its symbols */
	uint32_t buckets, first, filter_words, shift;
	uint64_t filter_at, buckets_at, chains_at;
};

static bool read_at(const struct native *n, uint64_t addr, void *to, size_t len)
{
	const void *at = native_at(n, addr, len, PF_R);

	if (at)
		memcpy(to, at, len);
	return at;
}

static bool read_hash(const struct native *n, uint64_t addr, struct hash *h)
{
	if (!read_at(n, addr, h, 4 * sizeof(uint32_t)) || !h->buckets || h->buckets > MOST ||
	    h->first > MOST || !h->filter_words || h->filter_words > MOST ||
	    h->filter_words & (h->filter_words - 1) || h->shift > 31)
		return false;
	h->filter_at = addr + 4 * sizeof(uint32_t);
	h->buckets_at = h->filter_at + h->filter_words * 8;
	h->chains_at = h->buckets_at + h->buckets * 4;
	return native_at(n, addr, h->chains_at - addr, PF_R);
}

/* The symbol of that number, and its name; NULL: there is no such. */
static const char *read_symbol(const struct native *n, const struct native_tables *t, uint32_t i,
			       Elf64_Sym *sym)
{
	const char *names = native_at(n, t->names, t->names_len, PF_R);

	if (!read_at(n, t->symbols + i * sizeof(*sym), sym, sizeof(*sym)) ||
	    sym->st_name >= t->names_len)
		return NULL;
	return names + sym->st_name; /* the last byte is 0 */
}

static int check_symbol(const struct native *n, const struct native_tables *t, uint32_t i)
{
	Elf64_Sym sym;
	const char *name = read_symbol(n, t, i, &sym);
	int type = name ? ELF64_ST_TYPE(sym.st_info) : 0;

	if (!name)
		return native_refuse(n, "has a symbol without a name", NULL);
	if (sym.st_shndx == SHN_UNDEF)
		return native_refuse(n, "calls or reads something it does not define:", name);
	if (type == STT_GNU_IFUNC)
		return native_refuse(n, "runs when it is loaded: symbol", name);
	/* Symbols that are local, hidden or at 0: a loader passes over them, or not, by its age. */
	if (ELF64_ST_BIND(sym.st_info) != STB_GLOBAL || sym.st_shndx >= SHN_LORESERVE ||
	    !sym.st_value || ELF64_ST_VISIBILITY(sym.st_other) != STV_DEFAULT ||
	    (type != STT_FUNC && type != STT_OBJECT) ||
	    !native_at(n, sym.st_value, sym.st_size, type == STT_FUNC ? PF_X : PF_R))
		return native_refuse(n,
				     "has a symbol that is no function and no constant of its own:",
				     name);
	return 0;
}

/* Follows one chain to its end; *steps counts, as chains may run into each other. */
static int check_chain(const struct native *n, const struct native_tables *t, const struct hash *h,
		       uint32_t i, int *steps)
{
	uint32_t word = 0;
	int err = 0;

	for (; !err && !(word & 1); i++) {
		if (++*steps > MOST || i < h->first ||
		    !read_at(n, h->chains_at + (i - h->first) * 4ULL, &word, 4))
			return native_refuse(n, "has a broken table of symbols", NULL);
		err = check_symbol(n, t, i);
	}
	return err;
}

static uint32_t hash_of(const char *name)
{
	uint32_t h = 5381;

	while (*name)
		h = h * 33 + (unsigned char)*name++;
	return h;
}

/* As the dynamic loader looks, in tables that were checked. */
static bool find(const struct native *n, const struct native_tables *t, const struct hash *h,
		 const char *name, Elf64_Sym *sym)
{
	uint32_t key = hash_of(name), i, word;
	uint64_t filter;

	if (!read_at(n, h->filter_at + (key / 64 & (h->filter_words - 1)) * 8ULL, &filter, 8) ||
	    !(filter >> key % 64 & filter >> (key >> h->shift) % 64 & 1) ||
	    !read_at(n, h->buckets_at + key % h->buckets * 4ULL, &i, 4) || !i)
		return false;
	do {
		const char *found = read_symbol(n, t, i, sym);

		if (!found || !read_at(n, h->chains_at + (i - h->first) * 4ULL, &word, 4))
			return false;
		if ((word ^ key) >> 1 == 0 && !strcmp(found, name))
			return true;
		i++;
	} while (!(word & 1));
	return false;
}

/* *found: is it there? */
static int check_export(const struct native *n, const struct native_tables *t, const struct hash *h,
			const char *name, int type, size_t bytes, bool needed, uint64_t *found)
{
	Elf64_Sym sym;

	*found = 0;
	if (!find(n, t, h, name, &sym))
		return needed ? native_refuse(n, "lacks", name) : 0;
	if (ELF64_ST_TYPE(sym.st_info) != type || sym.st_size < bytes)
		return native_refuse(n, "has something else than it should as", name);
	*found = sym.st_value;
	return 0;
}

/* The symbols that are looked for: a policy's functions, its descriptor, and its slot's number. */
static int check_exports(const struct native *n, const struct native_tables *t,
			 const struct hash *h, struct native_found *found)
{
	uint64_t at;
	size_t desc = sizeof(struct shunt_policy_desc);
	int err = check_export(n, t, h, SHUNT_SYM_DESC, STT_OBJECT, desc, true, &at);

	*found = (struct native_found){ 0 };
	for (unsigned int i = 0; !err && i < SHUNT_NR_OPS; i++) {
		err = check_export(n, t, h, shunt_op(i)->symbol, STT_FUNC, 1, shunt_op(i)->need,
				   &at);
		found->ops |= (uint32_t)!!at << i;
	}
	if (!err)
		err = check_export(n, t, h, SHUNT_SYM_SLOT, STT_OBJECT, sizeof(uint32_t), false,
				   &at);
	if (!err && at)
		found->slot_at =
			(const uint8_t *)native_at(n, at, sizeof(uint32_t), PF_R) - n->data;
	return err;
}

int native_check_symbols(const struct native *n, const struct native_tables *t,
			 struct native_found *found)
{
	const char *names = native_at(n, t->names, t->names_len, PF_R);
	int err = 0, steps = 0;
	struct hash h;
	uint32_t i = 0;

	if (!t->names_len || !names || names[t->names_len - 1] || !read_hash(n, t->hash, &h))
		return native_refuse(n, "has a broken table of symbols", NULL);
	/* Symbols that are not to be found by name. */
	for (i = 1; !err && i < h.first; i++)
		err = check_symbol(n, t, i);
	for (uint32_t b = 0; !err && b < h.buckets; b++) {
		read_at(n, h.buckets_at + b * 4ULL, &i, 4);
		if (i)
			err = check_chain(n, t, &h, i, &steps);
	}
	return err ? err : check_exports(n, t, &h, found);
}
