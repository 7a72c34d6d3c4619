// SPDX-License-Identifier: BSD-2-Clause
/*
 * out.c - a reply in the making
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

void out_init(struct kv_out *o)
{
	o->data = o->small;
	o->len = 0;
	o->room = sizeof(o->small);
	o->failed = false;
}

void out_free(struct kv_out *o)
{
	if (o->data != o->small)
		free(o->data);
}

static bool out_grow(struct kv_out *o, size_t len)
{
	size_t room = (o->len + len) * 2;
	char *more = o->data == o->small ? malloc(room) : realloc(o->data, room);

	if (!more) {
		o->failed = true;
		return false;
	}
	if (o->data == o->small)
		memcpy(more, o->small, o->len);
	o->data = more;
	o->room = room;
	return true;
}

void out_add(struct kv_out *o, const void *data, size_t len)
{
	if (o->failed || (o->len + len > o->room && !out_grow(o, len)))
		return;
	memcpy(o->data + o->len, data, len);
	o->len += len;
}

void out_printf(struct kv_out *o, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	out_add(o, text, n < (int)sizeof(text) ? n : (int)sizeof(text) - 1);
}
