/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * internal.h - what the files of kv/ share
 */
#pragma once

#include <stdatomic.h>
#include <time.h>

#include "kv.h"

#ifndef KV_NO_SHUNT
#include <shunt/preempt.h>

#include "../gap.h"
#else /* a test without the library */
static inline void gap_work(void) { }
static inline void shunt_safepoint(void) { }
static inline void shunt_nopreempt_begin(void) { }
static inline void shunt_nopreempt_end(void) { }
#endif

#define KV_LOOK 32 /* items of a scan between looks for gaps: some 8 us */

struct kv_key {
	const char *data;
	size_t len;
};

struct kv_item {
	uint64_t cas;
	uint32_t flags, expires; /* seconds of the store's clock; 0: never */
	size_t len;
	const char *data;
};

enum kv_change { KV_KEEP, KV_STORE, KV_TOUCH /* as STORE, but the same cas */, KV_DELETE };

typedef void (*kv_visit)(void *ctx, const struct kv_key *key, const struct kv_item *it);

/*
 * The change of a key, decided by its present item (NULL: none): fills *it for KV_STORE and
 * KV_TOUCH. it->data must last until the update returns.
 */
typedef enum kv_change (*kv_decide)(void *ctx, const struct kv_item *old, struct kv_item *it);

struct kv_engine {
	const char *name;
	int (*open)(struct kv *kv, const struct kv_options *o, struct why *why);
	void (*close)(struct kv *kv);
	/* Calls visit if the key is there; the item lasts until visit returns. */
	void (*read)(struct kv *kv, const struct kv_key *key, kv_visit visit, void *ctx);
	/* Reads, decides and changes as one step. 0, -ENOMEM; *stored is the item as it is now. */
	int (*update)(struct kv *kv, const struct kv_key *key, kv_decide decide, void *ctx,
		      struct kv_item *stored);
	/* At most n items from key on, in the engine's
	 * order. Has safepoints: visit holds no lock. */
	void (*scan)(struct kv *kv, const struct kv_key *from, size_t n, kv_visit visit, void *ctx);
	void (*flush)(struct kv *kv);
	uint64_t (*items)(struct kv *kv);
	void (*filled)(struct kv *kv); /* the keys of the start are there; may be NULL */
};

extern const struct kv_engine kv_hash, kv_rocksdb;

struct kv {
	const struct kv_engine *engine;
	void *state;
	uint64_t began; /* ns */
	_Atomic uint64_t cas, cmd_get, cmd_set, get_hits, get_misses, cmd_touch, cmd_scan,
		malformed;
};

void kv_begin(struct kv *kv); /* its clock */
/* seconds since the store began, from 2 on */
uint32_t kv_now(const struct kv *kv);
uint32_t kv_expiry(const struct kv *kv, int64_t exptime); /* as memcached reads it */
bool kv_expired(const struct kv *kv, const struct kv_item *it);
uint64_t kv_hash_of(const struct kv_key *key);

/* --- a reply in the making: small ones on the stack, the rest on the heap --- */
struct kv_out {
	char *data;
	size_t len, room;
	bool failed; /* no memory: becomes an error */
	char small[KV_DATAGRAM];
};

void out_init(struct kv_out *o);
void out_add(struct kv_out *o, const void *data, size_t len);
void __attribute__((format(printf, 2, 3))) out_printf(struct kv_out *o, const char *fmt, ...);
void out_free(struct kv_out *o);

/* --- what both protocols do --- */
enum kv_status { KV_OK, KV_NOT_FOUND, KV_EXISTS, KV_NOT_STORED, KV_NOT_NUMBER, KV_TOO_LARGE,
		 KV_NO_MEMORY };

enum kv_mode { KV_SET, KV_ADD, KV_REPLACE, KV_APPEND, KV_PREPEND, KV_CAS };

/* cas 0: whatever it is now. */
enum kv_status kv_set(struct kv *kv, const struct kv_key *key, enum kv_mode mode,
		      const struct kv_item *it, uint64_t cas, uint64_t *now_cas);
enum kv_status kv_delete(struct kv *kv, const struct kv_key *key, uint64_t cas);
struct kv_delta {
	uint64_t by, initial;
	bool down, create; /* create: if it is not there, as initial */
	uint32_t expires;
	uint64_t value, cas; /* out */
};
enum kv_status kv_delta(struct kv *kv, const struct kv_key *key, struct kv_delta *d, uint64_t cas);
enum kv_status kv_touch(struct kv *kv, const struct kv_key *key, uint32_t expires);

struct kv_stat {
	const char *name;
	char value[32];
};
int kv_stats(struct kv *kv, struct kv_stat *s, int room);

void kv_text(struct kv *kv, const char *at, size_t len, struct kv_out *o);
void kv_binary(struct kv *kv, const char *at, size_t len, struct kv_out *o);
