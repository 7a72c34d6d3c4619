/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.h - a value cut into runs: pieces of a known size, and what stands between them
 */
#pragma once

#include "rpcgen.h"

/* What is written for each kind of value, to decode or to encode it. */
struct writer {
	/* Checks that so many bytes are left. */
	void (*check)(FILE *out, int depth, uint32_t size);
	/* One value of a known size (no struct, no array, no typedef), "off" behind p. */
	void (*fixed)(FILE *out, int depth, const struct decl *d, const char *place,
		      const char *off);
	/* A string or opaque<>, and p behind it. */
	void (*varying)(FILE *out, int depth, const struct decl *d, const char *place);
};

/* Writes statements for the whole value; p is behind it in the end. */
void run_write(FILE *out, const struct writer *w, const struct decl *d, const char *place);
void run_indent(FILE *out, int depth);
