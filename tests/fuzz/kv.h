/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kv.h - a key-value store under a fuzzer: datagrams to it, and what must hold for its answers
 */
#pragma once

#include <arpa/inet.h>

#include "apps/kv/internal.h"
#include "input.h"

struct kv_answer {
	unsigned int seen; /* datagrams of this answer so far */
	size_t room;
};

/* An empty store but for three keys. Made once: a thousand
 * parts of it would take longer than most inputs. */
static inline struct kv *kv_fresh(void)
{
	const struct kv_options o = { .engine = "hash", .memory = 1 << 17 };
	static struct kv *kv;
	struct why why = { 0 };

	MUST(kv || !kv_open(&kv, &o, &why));
	kv->engine->flush(kv);
	MUST(!kv->engine->items(kv));
	kv->cas = 0;
	for (int i = 0; i < 3; i++) {
		struct kv_key key = { (char[]){ 'k', '0' + i }, 2 };
		struct kv_item it = { .flags = i, .data = "12345", .len = 5 };
		uint64_t cas;

		MUST(kv_set(kv, &key, KV_SET, &it, 0, &cas) == KV_OK);
	}
	return kv;
}

/* The request's number, the datagram's and how many there are; 0. */
static inline unsigned int kv_check(struct kv_answer *a, const uint8_t *datagram, size_t len)
{
	uint16_t h[4];

	MUST(len > KV_HEADER && len <= a->room && len <= KV_DATAGRAM);
	memcpy(h, datagram, sizeof(h));
	MUST(h[0] == htons(0xa55a) && ntohs(h[1]) == a->seen && !h[3]);
	a->seen++;
	return ntohs(h[2]);
}

static inline void kv_emitted(void *ctx, const void *datagram, size_t len)
{
	struct kv_answer *a = ctx;

	MUST(kv_check(a, datagram, len) > a->seen);
}

/* A datagram with this after its header. The answer is made
 * where the request is, as workers have it, or elsewhere. */
static inline void kv_ask(struct kv *kv, const void *body, size_t len, size_t room, bool in_place)
{
	uint16_t head[4] = { htons(0xa55a), 0, htons(1), 0 };
	size_t most = in_place && room > KV_HEADER + len ? room : KV_HEADER + len, n;
	uint8_t *req = malloc(most), *reply = in_place ? req : malloc(room ? room : 1);
	struct kv_answer a = { .room = room };

	MUST(req && reply);
	if (in_place)
		room = a.room = most;
	memcpy(req, head, sizeof(head));
	memcpy(req + sizeof(head), body, len);
	n = kv_handle(kv, req, KV_HEADER + len, reply, room, kv_emitted, &a);
	MUST(n ? kv_check(&a, reply, n) == a.seen : !a.seen);
	free(req);
	if (!in_place)
		free(reply);
}
