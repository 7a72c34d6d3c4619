/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * native.h - a policy's native code as the dynamic loader sees it: by program headers
 */
#pragma once

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <shunt/abi.h>

#include "why.h"

#define NATIVE_SEGMENTS 16

struct native {
	struct why *why;
	const char *path; /* as messages call the bundle */
	const uint8_t *data;
	size_t len;
	Elf64_Ehdr eh;
	Elf64_Phdr seg[NATIVE_SEGMENTS]; /* eh.e_phnum of them */
};

/* native_image.c */
/* Fails: the native code is or does this; name may be NULL. Returns -EINVAL. */
int native_refuse(const struct native *n, const char *what, const char *name);
/* The file's bytes that will be at this address; NULL unless
 * all of them lie in one segment with these flags. */
const void *native_at(const struct native *n, uint64_t addr, uint64_t len, uint32_t flags);

struct native_tables {
	uint64_t hash;    /* addresses: DT_GNU_HASH, */
	uint64_t symbols; /* DT_SYMTAB, */
	uint64_t names;   /* DT_STRTAB */
	uint64_t names_len;
};

/* Found by name in a sound shared object. */
struct native_found {
	uint32_t ops;     /* its functions, a bit of each enum shunt_ask_op */
	uint32_t slot_at; /* where in the file the number of its slot is; 0: nowhere */
};

/* May this shared object run in a worker? */
int native_check(struct why *why, const char *path, const void *data, size_t len,
		 struct native_found *found);

/* native_symbols.c: what dlsym() will read, and find. */
int native_check_symbols(const struct native *n, const struct native_tables *t,
			 struct native_found *found);
