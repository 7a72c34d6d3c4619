// SPDX-License-Identifier: BSD-2-Clause
/*
 * replies.c - replies that are kept for calls which a client sends again
 *
 * A client that hears nothing sends its call once more, with the same number (xid). Whoever asked
 * is known by address and port; program, version and procedure tell a call from another one that
 * happens to have the number. A call that is still being answered is not begun a second time.
 *
 * Sets of WAYS places, each set under a lock of its own. The oldest reply of a set makes room. A
 * call that is being answered keeps its place, unless it has had it for longer than any reply is
 * kept: then its handler never returned (SHUNT_ABANDON).
 */
#include "replies.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 8
#define KEPT_NS 120000000000ULL /* a client has given up long before */
#define REPLY_MAX 4096          /* bytes: no frame has more */
#define REPLIES_MAX (1u << 20)

struct key {
	uint32_t xid, program, version, procedure;
	struct sockaddr_in6 from; /* or a sockaddr_in, and zeros */
};

struct reply {
	struct key key;
	uint64_t turn;  /* of the place: another call has another */
	uint64_t at_ns; /* when the call came; 0: the place is free */
	int32_t len;    /* of the reply; -1: the call is being answered */
	uint8_t data[REPLY_MAX];
};

struct set {
	_Atomic uint32_t lock;
	uint64_t turns;
	struct reply way[WAYS];
};

static struct set *sets;
static uint32_t nsets; /* a power of two */

int replies_open(unsigned int n)
{
	nsets = 1;
	while (nsets * WAYS < n && nsets * WAYS < REPLIES_MAX)
		nsets *= 2;
	sets = calloc(nsets, sizeof(*sets)); /* pages that are never used are never there */
	return sets ? 0 : -ENOMEM;
}

void replies_close(void)
{
	free(sets);
	sets = NULL;
}

/* Requests of this core wait for the holder, so it is not preempted. */
static void lock(struct set *s)
{
	shunt_nopreempt_begin();
	while (atomic_exchange_explicit(&s->lock, 1, memory_order_acquire))
		;
}

static void unlock(struct set *s)
{
	atomic_store_explicit(&s->lock, 0, memory_order_release);
	shunt_nopreempt_end();
}

static bool key_of(const struct shunt_rpc_call *call, struct key *key)
{
	unsigned int len = sizeof(key->from);

	memset(key, 0, sizeof(*key));
	key->xid = call->xid;
	key->program = call->program;
	key->version = call->version;
	key->procedure = call->procedure;
	return !shunt_client(call->req, (struct sockaddr *)&key->from, &len);
}

static struct set *set_of(const struct key *key)
{
	uint64_t h = key->xid * 0x9e3779b97f4a7c15ULL;
	const uint8_t *at = (const uint8_t *)&key->from;
	uint32_t word;

	for (size_t i = 0; i < sizeof(key->from); i += 4) {
		memcpy(&word, at + i, 4);
		h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
	}
	return &sets[h >> 40 & (nsets - 1)];
}

static bool is_kept(const struct reply *r, uint64_t now)
{
	return r->at_ns && now < r->at_ns + KEPT_NS;
}

/* The place for a new call; NULL: all are of calls that are being answered. */
static struct reply *find_room(struct set *s, uint64_t now)
{
	struct reply *oldest = NULL;

	for (int i = 0; i < WAYS; i++) {
		struct reply *r = &s->way[i];

		if (!is_kept(r, now))
			return r;
		if (r->len >= 0 && (!oldest || r->at_ns < oldest->at_ns))
			oldest = r;
	}
	return oldest;
}

static struct reply *find(struct set *s, const struct key *key, uint64_t now)
{
	for (int i = 0; i < WAYS; i++) {
		if (is_kept(&s->way[i], now) && !memcmp(&s->way[i].key, key, sizeof(*key)))
			return &s->way[i];
	}
	return NULL;
}

/* The reply of before, in the frame of the call that came again. */
static long repeat(const struct shunt_rpc_call *call, const struct reply *r)
{
	if (r->len < 0 || (uint32_t)r->len > call->req->room)
		return SHUNT_NO_REPLY;
	memcpy(call->req->data, r->data, r->len);
	return r->len;
}

static void take(struct set *s, struct reply *r, const struct key *key, uint64_t now,
		 struct replies_place *place)
{
	r->key = *key;
	r->at_ns = now;
	r->len = -1;
	r->turn = ++s->turns;
	*place = (struct replies_place){ r, r->turn };
}

bool replies_begin(const struct shunt_rpc_call *call, struct replies_place *place, long *len)
{
	uint64_t now = call->req->arrival_ns;
	struct reply *r;
	struct key key;
	struct set *s;

	if (!key_of(call, &key))
		return true;
	s = set_of(&key);
	lock(s);
	r = find(s, &key, now);
	if (r) {
		*len = repeat(call, r);
	} else {
		struct reply *room = find_room(s, now);

		if (room)
			take(s, room, &key, now, place);
	}
	unlock(s);
	return !r;
}

void replies_end(const struct replies_place *place, const void *reply, long len)
{
	struct reply *r = place->at;
	struct set *s;

	if (!r)
		return;
	s = &sets[((char *)r - (char *)sets) / sizeof(*sets)];
	lock(s);
	if (r->turn == place->turn) {
		if (reply && len <= REPLY_MAX) {
			memcpy(r->data, reply, len);
			r->len = len;
		} else {
			r->at_ns = 0;
		}
	}
	unlock(s);
}
