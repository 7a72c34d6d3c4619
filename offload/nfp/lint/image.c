// SPDX-License-Identifier: BSD-2-Clause
/*
 * image.c - reads the ELF file: sections, symbols, functions, BTF. Nothing in it is believed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

#define SECTIONS 4096
#define FUNCS 4096

void image_free(struct elf_image *image)
{
	if (!image)
		return;
	btf__free(image->btf);
	for (int i = 0; i < image->nsections; i++)
		free(image->sections[i].rels);
	free(image->sections);
	elf_end(image->elf);
	free(image);
}

int image_find(const struct elf_image *image, const char *name)
{
	for (int i = 0; i < image->nsections; i++) {
		if (!strcmp(image->sections[i].name, name))
			return i;
	}
	return -1;
}

bool image_is_data(const char *section)
{
	return !strcmp(section, ".data") || !strncmp(section, ".data.", 6) ||
	       !strcmp(section, ".rodata") || !strncmp(section, ".rodata.", 8) ||
	       !strcmp(section, ".bss");
}

static int read_sections(struct lint_object *o, size_t names)
{
	struct elf_image *image = o->image;
	Elf_Scn *scn = NULL;
	size_t n;

	if (elf_getshdrnum(image->elf, &n) || n > SECTIONS)
		return -EINVAL;
	image->sections = calloc(n ? n : 1, sizeof(*image->sections));
	if (!image->sections)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct section *s = &image->sections[i];
		const char *name;

		s->name = "";
		image->nsections = i + 1;
		scn = elf_getscn(image->elf, i);
		if (!scn || !gelf_getshdr(scn, &s->header))
			return -EINVAL;
		name = elf_strptr(image->elf, names, s->header.sh_name);
		s->name = name ? name : "";
		if (s->header.sh_type == SHT_NOBITS || s->header.sh_type == SHT_NULL)
			continue;
		if (s->header.sh_offset > o->len ||
		    s->header.sh_size > o->len - s->header.sh_offset)
			return -EINVAL;
		s->data = (const char *)o->data + s->header.sh_offset;
		s->len = s->header.sh_size;
		if (s->header.sh_type == SHT_SYMTAB)
			image->symtab = s;
	}
	return 0;
}

int image_nsymbols(const struct elf_image *image)
{
	size_t n = image->symtab ? image->symtab->len / sizeof(Elf64_Sym) : 0;

	return n > 1 << 20 ? 1 << 20 : n;
}

bool image_symbol(const struct elf_image *image, int i, GElf_Sym *sym, const char **name)
{
	*name = "";
	if (i < 0 || i >= image_nsymbols(image))
		return false;
	memcpy(sym, (const char *)image->symtab->data + i * sizeof(*sym), sizeof(*sym));
	*name = elf_strptr(image->elf, image->symtab->header.sh_link, sym->st_name);
	if (!*name)
		*name = "";
	return true;
}

static int read_btf(struct elf_image *image)
{
	int i = image_find(image, ".BTF");
	const struct section *s = i < 0 ? NULL : &image->sections[i];

	if (!s || !s->data || !s->len)
		return 0;
	image->btf = btf__new(s->data, s->len);
	if (libbpf_get_error(image->btf)) {
		image->btf = NULL;
		return -EINVAL;
	}
	return 0;
}

static bool is_code(const struct section *s)
{
	return s->data && s->header.sh_type == SHT_PROGBITS && (s->header.sh_flags & SHF_EXECINSTR);
}

/* Found by instruction: functions are linked into each program that calls them. */
static int index_rels(struct elf_image *image, const struct section *rels)
{
	struct section *code;

	if (rels->header.sh_type != SHT_REL || !rels->data ||
	    rels->header.sh_info >= (unsigned int)image->nsections)
		return 0;
	code = &image->sections[rels->header.sh_info];
	if (!is_code(code) || code->len < 8)
		return 0;
	if (!code->rels)
		code->rels = calloc(code->len / 8, sizeof(*code->rels));
	if (!code->rels)
		return -ENOMEM;
	for (size_t n = 0; n < rels->len / sizeof(Elf64_Rel); n++) {
		const char *at = (const char *)rels->data + n * sizeof(Elf64_Rel);
		Elf64_Rel rel;

		memcpy(&rel, at, sizeof(rel));
		if (rel.r_offset % 8 == 0 && rel.r_offset / 8 < code->len / 8)
			code->rels[rel.r_offset / 8] = at;
	}
	return 0;
}

bool image_rel(const struct section *code, __u64 off, Elf64_Rel *rel)
{
	const void *at = code->rels ? code->rels[off / 8] : NULL;

	if (at)
		memcpy(rel, at, sizeof(*rel));
	return at;
}

static int add_func(struct lint_object *o, const GElf_Sym *sym, const char *name)
{
	const struct section *s = &o->image->sections[sym->st_shndx];
	struct lint_func *f;

	if (sym->st_value % 8 || sym->st_size % 8 || !sym->st_size || sym->st_value > s->len ||
	    sym->st_size > s->len - sym->st_value || sym->st_size / 8 > LINT_INSNS ||
	    o->nfuncs == FUNCS)
		return -EINVAL;
	f = reallocarray(o->funcs, o->nfuncs + 1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	o->funcs = f;
	f += o->nfuncs++;
	*f = (struct lint_func){ .at = { sym->st_shndx, sym->st_value }, .ninsns = sym->st_size / 8,
				 .global = GELF_ST_BIND(sym->st_info) != STB_LOCAL };
	snprintf(f->name, sizeof(f->name), "%s", name);
	return 0;
}

static int read_funcs(struct lint_object *o)
{
	const char *name;
	GElf_Sym sym;
	int err = 0;

	for (int i = 0; !err && image_symbol(o->image, i, &sym, &name); i++) {
		if (GELF_ST_TYPE(sym.st_info) == STT_FUNC && sym.st_shndx < o->image->nsections &&
		    is_code(&o->image->sections[sym.st_shndx]))
			err = add_func(o, &sym, name);
	}
	return err;
}

int image_read(struct lint_object *o, struct why *why)
{
	struct elf_image *image = calloc(1, sizeof(*image));
	GElf_Ehdr head;
	size_t names;
	int err;

	if (!image)
		return -ENOMEM;
	o->image = image;
	elf_version(EV_CURRENT);
	image->elf = elf_memory(o->data, o->len);
	if (!image->elf || elf_kind(image->elf) != ELF_K_ELF || !gelf_getehdr(image->elf, &head) ||
	    head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_machine != EM_BPF ||
	    head.e_type != ET_REL)
		return why_fail(why, -EINVAL, "it is no BPF object");
	if (head.e_ident[EI_DATA] != ELFDATA2LSB)
		return why_fail(why, -EINVAL, "it is big-endian; cards are little-endian");
	if (elf_getshdrstrndx(image->elf, &names))
		return why_fail(why, -EINVAL, "its section names are missing");
	err = read_sections(o, names);
	if (err == -EINVAL)
		return why_fail(why, err,
				"its sections reach beyond its end: it is cut off or corrupt");
	if (!err)
		err = read_btf(image);
	if (err == -EINVAL)
		return why_fail(why, err, "its type information (.BTF) is corrupt");
	for (int i = 0; !err && i < image->nsections; i++)
		err = index_rels(image, &image->sections[i]);
	if (!err)
		err = read_funcs(o);
	if (err == -EINVAL)
		why_fail(why, err, "its functions reach beyond their section");
	return err;
}
