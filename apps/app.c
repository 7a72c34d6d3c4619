// SPDX-License-Identifier: BSD-2-Clause
/*
 * app.c - the applications, whatever brings them requests
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "gap.h"
#include "spin.h"
#include "work.h"

const char app_help[] =
	"      --app NAME        spin (default) or kv\n"
	"      --engine NAME     kv: hash (default) or rocksdb\n"
	"      --path PATH       rocksdb: a folder that it makes, on tmpfs\n"
	"      --memory BYTES    hash: for keys and values (1 GiB)\n"
	"      --fill N          kv: N keys that are there from the start\n"
	"      --key-size N      of those (16)\n"
	"      --value-size N    of those (64)\n";

void app_defaults(struct app_options *o)
{
	*o = (struct app_options){ .name = "spin",
				   .kv = { .engine = "hash", .memory = 1 << 30, .key_size = 16,
							   .value_size = 64 } };
}

static int size_option(size_t *to, const char *what, const char *arg, size_t least, size_t most,
		       const char *program)
{
	char *end;
	unsigned long long n = strtoull(arg, &end, 0);

	if (end == arg || *end || arg[0] == '-' || n < least || n > most) {
		fprintf(stderr, "%s: --%s: '%s' is no number from %zu to %zu\n", program, what, arg,
			least, most);
		return -EINVAL;
	}
	*to = n;
	return 0;
}

int app_option(struct app_options *o, int c, const char *arg, const char *program)
{
	switch (c) {
	case 1001:
		o->name = arg;
		if (!strcmp(arg, "spin") || !strcmp(arg, "kv"))
			return 0;
		fprintf(stderr, "%s: what is the application '%s'? (spin, kv)\n", program, arg);
		return -EINVAL;
	case 1002: o->kv.engine = arg; return 0;
	case 1003: o->kv.path = arg; return 0;
	case 1004: return size_option(&o->kv.fill, "fill", arg, 0, 1000000000, program);
	case 1005: return size_option(&o->kv.key_size, "key-size", arg, 2, KV_KEY_MAX, program);
	case 1006:
		return size_option(&o->kv.value_size, "value-size", arg, 0, KV_VALUE_MAX, program);
	case 1007:
		return size_option(&o->kv.memory, "memory", arg, 1 << 16, (size_t)1 << 46, program);
	default: return -ENOENT;
	}
}

int app_open(struct app *a, const struct app_options *o, const char *program)
{
	struct why why = { 0 };
	int err;

	*a = (struct app){ .name = o->name };
	if (strcmp(o->name, "kv")) {
		work_calibrate(o->compared);
		return 0;
	}
	err = kv_open(&a->kv, &o->kv, &why);
	if (err)
		fprintf(stderr, "%s: %s\n", program, why_text(&why));
	why_forget(&why);
	return err;
}

void app_close(struct app *a)
{
	kv_close(a->kv);
}

static size_t spin_handle(const void *req, size_t len, void *reply, size_t room,
			  uint64_t arrival_ns, kv_emit emit, void *ctx)
{
	struct spin_msg *m = reply;

	if (len < sizeof(*m) || len > room)
		return 0;
	memmove(reply, req, len);
	if (m->spin_ns > SPIN_MAX_NS)
		return 0;
	work_ns(m->spin_ns, true);
	if (m->replies == SPIN_NO_REPLY)
		return 0;
	m->sojourn_ns = arrival_ns ? work_since_ns(arrival_ns) : 0;
	for (int i = 1; i < m->replies; i++)
		emit(ctx, reply, len);
	return len;
}

size_t app_handle(struct app *a, const void *req, size_t len, void *reply, size_t room,
		  uint64_t arrival_ns, kv_emit emit, void *ctx)
{
	size_t n = a->kv ? kv_handle(a->kv, req, len, reply, room, emit, ctx)
			 : spin_handle(req, len, reply, room, arrival_ns, emit, ctx);

	gap_served();
	return n;
}
