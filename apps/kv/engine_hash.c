// SPDX-License-Identifier: BSD-2-Clause
/*
 * engine_hash.c - keys and values in memory: a table of
 * chains, a lock for each of a thousand parts of it
 *
 * Its order, for scans, is the table's. A scan copies an item at a time out of a part's lock, so
 * that it can be preempted between items; each item is as it was at one moment.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define PARTS 1024
#define BUCKETS_LEAST 4 /* a part */
#define NO_MEMORY "no memory for the table"

struct entry {
	struct entry *next;
	uint64_t hash, cas;
	uint32_t flags, expires, len;
	uint8_t key_len;
	char data[]; /* key, value */
};

struct part {
	pthread_spinlock_t lock;
	uint32_t buckets, items; /* a power of two */
	struct entry **bucket;
} __attribute__((aligned(64)));

struct table {
	struct part part[PARTS];
	_Atomic size_t used;
	size_t most;
};

static struct part *part_of(struct table *t, uint64_t hash)
{
	return &t->part[hash >> 54];
}

static struct entry **find(struct part *p, uint64_t hash, const struct kv_key *key)
{
	struct entry **e = &p->bucket[hash & (p->buckets - 1)];

	while (*e && ((*e)->hash != hash || (*e)->key_len != key->len ||
		      memcmp((*e)->data, key->data, key->len)))
		e = &(*e)->next;
	return e;
}

static struct kv_item item_of(const struct entry *e)
{
	return (struct kv_item){ e->cas, e->flags, e->expires, e->len, e->data + e->key_len };
}

static void hash_read(struct kv *kv, const struct kv_key *key, kv_visit visit, void *ctx)
{
	uint64_t hash = kv_hash_of(key);
	struct part *p = part_of(kv->state, hash);
	struct entry *e;

	pthread_spin_lock(&p->lock);
	e = *find(p, hash, key);
	if (e) {
		struct kv_item it = item_of(e);

		visit(ctx, key, &it);
	}
	pthread_spin_unlock(&p->lock);
}

static size_t size_of(size_t key, size_t value)
{
	return sizeof(struct entry) + key + value;
}

static void drop(struct table *t, struct part *p, struct entry **at)
{
	struct entry *e = *at;

	*at = e->next;
	p->items--;
	t->used -= size_of(e->key_len, e->len);
	free(e);
}

/* Twice the buckets, if there is memory for them; else chains are longer. */
static void grow(struct part *p)
{
	struct entry **more = calloc(p->buckets * 2, sizeof(*more)), *e;

	if (!more)
		return;
	for (uint32_t b = 0; b < p->buckets; b++) {
		while ((e = p->bucket[b])) {
			p->bucket[b] = e->next;
			e->next = more[e->hash & (p->buckets * 2 - 1)];
			more[e->hash & (p->buckets * 2 - 1)] = e;
		}
	}
	free(p->bucket);
	p->bucket = more;
	p->buckets *= 2;
}

static struct entry *make(struct table *t, uint64_t hash, const struct kv_key *key,
			  const struct kv_item *it)
{
	struct entry *e = t->used + size_of(key->len, it->len) <= t->most
				  ? malloc(size_of(key->len, it->len))
				  : NULL;

	if (!e)
		return NULL;
	*e = (struct entry){ .hash = hash, .cas = it->cas, .flags = it->flags,
			     .expires = it->expires,
			     .len = it->len, .key_len = key->len };
	memcpy(e->data, key->data, key->len);
	memcpy(e->data + key->len, it->data, it->len);
	return e;
}

static int put(struct table *t, struct part *p, struct entry **at, uint64_t hash,
	       const struct kv_key *key, const struct kv_item *it)
{
	struct entry *e = make(t, hash, key, it);

	if (!e)
		return -ENOMEM;
	if (*at)
		drop(t, p, at);
	e->next = *at;
	*at = e;
	t->used += size_of(key->len, it->len);
	if (++p->items > p->buckets)
		grow(p);
	return 0;
}

static int hash_update(struct kv *kv, const struct kv_key *key, kv_decide decide, void *ctx,
		       struct kv_item *stored)
{
	uint64_t hash = kv_hash_of(key);
	struct table *t = kv->state;
	struct part *p = part_of(t, hash);
	struct kv_item old, it;
	struct entry **at;
	int err = 0;

	pthread_spin_lock(&p->lock);
	at = find(p, hash, key);
	if (*at)
		old = item_of(*at);
	switch (decide(ctx, *at ? &old : NULL, &it)) {
	case KV_STORE:
		it.cas = ++kv->cas;
		err = put(t, p, at, hash, key, &it);
		break;
	case KV_TOUCH:
		(*at)->expires = it.expires;
		break;
	case KV_DELETE:
		drop(t, p, at);
		break;
	default:
		break;
	}
	*stored = it;
	pthread_spin_unlock(&p->lock);
	return err;
}

/* A place in a part: nr items of the bucket are behind it. */
struct place {
	uint32_t bucket, nr;
};

static struct entry *next_of(const struct part *p, struct place *at)
{
	for (; at->bucket < p->buckets; at->bucket++, at->nr = 0) {
		struct entry *e = p->bucket[at->bucket];

		for (uint32_t i = 0; e && i < at->nr; i++)
			e = e->next;
		if (e)
			return e;
	}
	return NULL;
}

/* Copies the item at that place or the next one, and goes
 * past it; false: there is none, or no memory. */
static bool copy_next(struct part *p, struct place *at, struct entry **copy, size_t *room)
{
	struct entry *e;
	size_t size;

	pthread_spin_lock(&p->lock);
	e = next_of(p, at);
	size = e ? size_of(e->key_len, e->len) : 0;
	if (size > *room) {
		free(*copy);
		*copy = malloc(size);
		*room = *copy ? size : 0;
	}
	if (e && *copy) {
		memcpy(*copy, e, size);
		at->nr++;
	}
	pthread_spin_unlock(&p->lock);
	return e && *copy;
}

static void hash_scan(struct kv *kv, const struct kv_key *from, size_t n, kv_visit visit, void *ctx)
{
	struct table *t = kv->state;
	uint64_t hash = kv_hash_of(from);
	uint32_t part = hash >> 54, parts = 0;
	struct place at = { 0 }; /* from the start of the part that the
				  * key is in: so each item comes once */
	struct entry *copy = NULL;
	size_t room = 0;

	while (n && parts < PARTS) {
		if (copy_next(&t->part[part], &at, &copy, &room)) {
			struct kv_key key = { copy->data, copy->key_len };
			struct kv_item it = item_of(copy);

			visit(ctx, &key, &it);
			n--;
		} else {
			at = (struct place){ 0 };
			part = (part + 1) % PARTS;
			parts++;
		}
		shunt_safepoint(); /* the one place where a scan may
				    * be preempted: no lock is held */
		if (n % KV_LOOK == 0)
			gap_work();
	}
	free(copy);
}

static void hash_flush(struct kv *kv)
{
	struct table *t = kv->state;

	for (int i = 0; i < PARTS; i++) {
		pthread_spin_lock(&t->part[i].lock);
		for (uint32_t b = 0; b < t->part[i].buckets; b++) {
			while (t->part[i].bucket[b])
				drop(t, &t->part[i], &t->part[i].bucket[b]);
		}
		pthread_spin_unlock(&t->part[i].lock);
	}
}

static uint64_t hash_items(struct kv *kv)
{
	struct table *t = kv->state;
	uint64_t n = 0;

	for (int i = 0; i < PARTS; i++)
		n += t->part[i].items;
	return n;
}

static void hash_close(struct kv *kv)
{
	struct table *t = kv->state;

	for (int i = 0; i < PARTS; i++) {
		for (uint32_t b = 0; t->part[i].bucket && b < t->part[i].buckets; b++) {
			while (t->part[i].bucket[b])
				drop(t, &t->part[i], &t->part[i].bucket[b]);
		}
		free(t->part[i].bucket);
	}
	free(t);
}

static int hash_open(struct kv *kv, const struct kv_options *o, struct why *why)
{
	struct table *t = aligned_alloc(64, sizeof(*t));

	if (!t)
		return why_fail(why, -ENOMEM, NO_MEMORY);
	memset(t, 0, sizeof(*t));
	kv->state = t;
	t->most = o->memory ? o->memory : SIZE_MAX;
	for (int i = 0; i < PARTS; i++) {
		pthread_spin_init(&t->part[i].lock, PTHREAD_PROCESS_PRIVATE);
		t->part[i].buckets = BUCKETS_LEAST;
		t->part[i].bucket = calloc(BUCKETS_LEAST, sizeof(struct entry *));
		if (!t->part[i].bucket)
			return why_fail(why, -ENOMEM, NO_MEMORY);
	}
	return 0;
}

const struct kv_engine kv_hash = {
	.name = "hash", .open = hash_open, .close = hash_close, .read = hash_read,
	.update = hash_update, .scan = hash_scan, .flush = hash_flush, .items = hash_items,
};
