// SPDX-License-Identifier: BSD-2-Clause
/*
 * type.c - sizes of types on the wire, and their names in C
 */
#include <ctype.h>
#include <string.h>

#include "rpcgen.h"

static uint32_t size_of_one(const struct decl *d)
{
	uint64_t sum = 0;

	switch (d->kind) {
	case KIND_HYPER:
	case KIND_UHYPER:
	case KIND_DOUBLE:
		return 8;
	case KIND_OPAQUE:
		return (d->bound + 3) & ~3u;
	case KIND_STRING:
	case KIND_BYTES:
	case KIND_VOID:
		return 0;
	case KIND_NAMED:
		return type_size(&d->of->decl);
	case KIND_STRUCT:
		for (const struct field *f = d->of->fields; f; f = f->next) {
			uint32_t size = type_size(&f->decl);

			if (!size)
				return 0;
			sum += size;
		}
		return sum < UINT32_MAX ? sum : UINT32_MAX;
	default:
		return 4;
	}
}

uint32_t type_size(const struct decl *d)
{
	uint64_t size = (uint64_t)size_of_one(d) * (d->n ? d->n : 1);

	return size < UINT32_MAX ? size : UINT32_MAX;
}

#define FAR_TOO_MUCH (1ULL << 40)

static uint64_t times(uint64_t size, uint32_t n)
{
	uint64_t all = size * (n ? n : 1);

	return all < FAR_TOO_MUCH ? all : FAR_TOO_MUCH;
}

uint64_t type_least(const struct decl *d)
{
	uint64_t sum = 0;

	switch (d->kind) {
	case KIND_STRING:
	case KIND_BYTES:
		return times(4, d->n); /* a length of 0 */
	case KIND_NAMED:
		return times(type_least(&d->of->decl), d->n);
	case KIND_STRUCT:
		for (const struct field *f = d->of->fields; f; f = f->next)
			sum += type_least(&f->decl);
		return times(sum < FAR_TOO_MUCH ? sum : FAR_TOO_MUCH, d->n);
	default:
		return type_size(d);
	}
}

bool type_has_views(const struct decl *d)
{
	return d->kind != KIND_VOID && !type_size(d);
}

struct decl type_resolve(const struct decl *d)
{
	struct decl inner;

	if (d->kind != KIND_NAMED || d->n)
		return *d;
	inner = type_resolve(&d->of->decl);
	snprintf(inner.name, sizeof(inner.name), "%s", d->name);
	return inner;
}

void type_declare(FILE *out, const struct decl *d, const char *name)
{
	static const char *const simple[] = {
		[KIND_VOID] = "void", [KIND_INT] = "int32_t", [KIND_UINT] = "uint32_t",
		[KIND_HYPER] = "int64_t", [KIND_UHYPER] = "uint64_t", [KIND_FLOAT] = "float",
		[KIND_DOUBLE] = "double", [KIND_BOOL] = "bool",
		[KIND_STRING] = "struct shunt_rpc_bytes", [KIND_BYTES] = "struct shunt_rpc_bytes",
		[KIND_OPAQUE] = "uint8_t",
	};

	if (d->kind == KIND_ENUM || d->kind == KIND_STRUCT)
		fprintf(out, "%s %s %s", d->kind == KIND_ENUM ? "enum" : "struct", d->of->name,
			name);
	else
		fprintf(out, "%s %s", d->kind == KIND_NAMED ? d->of->name : simple[d->kind], name);
	if (d->kind == KIND_OPAQUE)
		fprintf(out, "[%u]", d->bound);
	if (d->n)
		fprintf(out, "[%u]", d->n);
}

void lower_name(char *to, const char *name, uint32_t version)
{
	size_t n = 0;

	for (; name[n]; n++)
		to[n] = tolower((unsigned char)name[n]);
	sprintf(to + n, "_%u", version);
}
