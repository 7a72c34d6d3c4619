// SPDX-License-Identifier: BSD-2-Clause
/*
 * ops.c - the commands that change a key, each as one step of the engine
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

struct change {
	struct kv *kv;
	enum kv_mode mode;
	struct kv_item it;
	uint64_t cas;
	enum kv_status status;
	char *joined;
	struct kv_delta *delta;
};

static const struct kv_item *alive(const struct change *c, const struct kv_item *old)
{
	return old && !kv_expired(c->kv, old) ? old : NULL;
}

static bool join(struct change *c, const struct kv_item *old, struct kv_item *it)
{
	const struct kv_item *a = c->mode == KV_APPEND ? old : &c->it,
			     *b = c->mode == KV_APPEND ? &c->it : old;

	if (old->len + c->it.len > KV_VALUE_MAX) {
		c->status = KV_TOO_LARGE;
		return false;
	}
	c->joined = malloc(a->len + b->len + 1);
	if (!c->joined) {
		c->status = KV_NO_MEMORY;
		return false;
	}
	memcpy(c->joined, a->data, a->len);
	memcpy(c->joined + a->len, b->data, b->len);
	*it = (struct kv_item){ .flags = old->flags, .expires = old->expires, .data = c->joined,
				.len = a->len + b->len };
	return true;
}

static enum kv_change decide_set(void *ctx, const struct kv_item *old, struct kv_item *it)
{
	struct change *c = ctx;

	old = alive(c, old);
	c->status = KV_NOT_STORED;
	if (c->mode == KV_CAS && !old) {
		c->status = KV_NOT_FOUND;
		return KV_KEEP;
	}
	if (c->mode == KV_ADD ? !!old : c->mode != KV_SET && !old)
		return KV_KEEP;
	if (c->cas && old && old->cas != c->cas) {
		c->status = KV_EXISTS;
		return KV_KEEP;
	}
	if (c->cas && !old) {
		c->status = KV_NOT_FOUND;
		return KV_KEEP;
	}
	c->status = KV_OK;
	*it = c->it;
	if ((c->mode == KV_APPEND || c->mode == KV_PREPEND) && !join(c, old, it))
		return KV_KEEP;
	return KV_STORE;
}

enum kv_status kv_set(struct kv *kv, const struct kv_key *key, enum kv_mode mode,
		      const struct kv_item *it, uint64_t cas, uint64_t *now_cas)
{
	struct change c = { .kv = kv, .mode = mode, .it = *it, .cas = cas };
	struct kv_item stored = { 0 };

	kv->cmd_set++;
	if (it->len > KV_VALUE_MAX)
		return KV_TOO_LARGE;
	if (kv->engine->update(kv, key, decide_set, &c, &stored))
		c.status = KV_NO_MEMORY;
	free(c.joined);
	*now_cas = stored.cas;
	return c.status;
}

static enum kv_change decide_delete(void *ctx, const struct kv_item *old, struct kv_item *it)
{
	struct change *c = ctx;

	old = alive(c, old);
	c->status = !old ? KV_NOT_FOUND : c->cas && c->cas != old->cas ? KV_EXISTS : KV_OK;
	return c->status == KV_OK ? KV_DELETE : KV_KEEP;
}

enum kv_status kv_delete(struct kv *kv, const struct kv_key *key, uint64_t cas)
{
	struct change c = { .kv = kv, .cas = cas };
	struct kv_item stored;

	kv->engine->update(kv, key, decide_delete, &c, &stored);
	return c.status;
}

/* As memcached has it: digits, up to 64 bits of them; white
 * space may be before them, anything after white space. */
static bool number_of(const struct kv_item *it, uint64_t *value)
{
	size_t i = 0, first;

	while (i < it->len && isspace((unsigned char)it->data[i]))
		i++;
	i += i < it->len && it->data[i] == '+';
	*value = 0;
	for (first = i; i < it->len && isdigit((unsigned char)it->data[i]); i++) {
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(it->data[i] - '0'), value))
			return false;
	}
	return i > first && (i == it->len || isspace((unsigned char)it->data[i]));
}

/* The number as text. The item does not become shorter: memcached writes a number in place, with
 * spaces after it. */
static bool write_number(struct change *c, uint64_t value, size_t least, struct kv_item *it)
{
	char digits[24];
	size_t n = snprintf(digits, sizeof(digits), "%" PRIu64, value), len = n > least ? n : least;

	c->joined = malloc(len);
	if (!c->joined) {
		c->status = KV_NO_MEMORY;
		return false;
	}
	memset(c->joined, ' ', len);
	memcpy(c->joined, digits, n);
	it->data = c->joined;
	it->len = len;
	return true;
}

static enum kv_change decide_delta(void *ctx, const struct kv_item *old, struct kv_item *it)
{
	struct change *c = ctx;
	struct kv_delta *d = c->delta;
	uint64_t value;

	old = alive(c, old);
	c->status = KV_NOT_FOUND;
	if (!old && !d->create)
		return KV_KEEP;
	if (!old) {
		d->value = d->initial;
		*it = (struct kv_item){ .expires = d->expires };
	} else {
		c->status = !old->len ? KV_NOT_NUMBER : c->cas && c->cas != old->cas ? KV_EXISTS :
			    !number_of(old, &value) ? KV_NOT_NUMBER : KV_OK;
		if (c->status != KV_OK)
			return KV_KEEP;
		d->value = !d->down ? value + d->by : value > d->by ? value - d->by : 0;
		*it = (struct kv_item){ .flags = old->flags, .expires = old->expires };
	}
	c->status = KV_OK;
	return write_number(c, d->value, old ? old->len : 0, it) ? KV_STORE : KV_KEEP;
}

enum kv_status kv_delta(struct kv *kv, const struct kv_key *key, struct kv_delta *d, uint64_t cas)
{
	struct change c = { .kv = kv, .cas = cas, .delta = d };
	struct kv_item stored = { 0 };

	if (kv->engine->update(kv, key, decide_delta, &c, &stored))
		c.status = KV_NO_MEMORY;
	free(c.joined);
	d->cas = stored.cas;
	return c.status;
}

static enum kv_change decide_touch(void *ctx, const struct kv_item *old, struct kv_item *it)
{
	struct change *c = ctx;

	old = alive(c, old);
	c->status = old ? KV_OK : KV_NOT_FOUND;
	if (!old)
		return KV_KEEP;
	*it = *old;
	it->expires = c->it.expires;
	return KV_TOUCH;
}

enum kv_status kv_touch(struct kv *kv, const struct kv_key *key, uint32_t expires)
{
	struct change c = { .kv = kv, .it.expires = expires };
	struct kv_item stored;

	kv->cmd_touch++;
	if (kv->engine->update(kv, key, decide_touch, &c, &stored))
		return KV_NO_MEMORY;
	return c.status;
}

int kv_stats(struct kv *kv, struct kv_stat *s, int room)
{
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{ "pid", getpid() }, { "uptime", kv_now(kv) - 2 }, { "time", time(NULL) },
		{ "pointer_size", 8 * sizeof(void *) }, { "curr_items", kv->engine->items(kv) },
		{ "cmd_get", kv->cmd_get }, { "cmd_set", kv->cmd_set },
		{ "cmd_touch", kv->cmd_touch },
		{ "cmd_scan", kv->cmd_scan }, { "get_hits", kv->get_hits },
		{ "get_misses", kv->get_misses },
		{ "malformed", kv->malformed },
	};
	int n = 0;

	for (; n < (int)(sizeof(numbers) / sizeof(numbers[0])) && n < room; n++) {
		s[n].name = numbers[n].name;
		snprintf(s[n].value, sizeof(s[n].value), "%" PRIu64, numbers[n].value);
	}
	if (n < room) {
		s[n].name = "engine";
		snprintf(s[n++].value, sizeof(s[0].value), "%s", kv->engine->name);
	}
	if (n < room) {
		s[n].name = "version";
		snprintf(s[n++].value, sizeof(s[0].value), "%s", SHUNT_VERSION);
	}
	return n;
}
