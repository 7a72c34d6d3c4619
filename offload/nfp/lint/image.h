/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * image.h - the ELF file behind an object: sections and symbols, all of them bounded
 */
#pragma once

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <gelf.h>

#include "lint.h"

struct section {
	const char *name; /* never NULL */
	GElf_Shdr header;
	const void *data; /* NULL: none in the file */
	size_t len;
	const void **rels; /* of code: each instruction's relocation,
			    * or NULL; NULL: there is none */
};

struct elf_image {
	Elf *elf;
	struct section *sections;
	int nsections;
	const struct section *symtab;
	struct btf *btf; /* NULL: none */
};

void image_free(struct elf_image *image);
/* -1: there is none. */
int image_find(const struct elf_image *image, const char *name);
int image_nsymbols(const struct elf_image *image);
/* False: there is no such symbol. The symbol's name is never NULL. */
bool image_symbol(const struct elf_image *image, int i, GElf_Sym *sym, const char **name);
/* False: an instruction refers to nothing outside of its
 * function. off is in the section, and a multiple of 8. */
bool image_rel(const struct section *code, __u64 off, Elf64_Rel *rel);
/* Is it a section that libbpf makes a map of? */
bool image_is_data(const char *section);
