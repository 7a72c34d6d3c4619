// SPDX-License-Identifier: BSD-2-Clause
/*
 * kv.c - a datagram in, datagrams out
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define DATAGRAMS_MAX 65535

static void put_header(char *to, const char *req, unsigned int nr, unsigned int of)
{
	uint16_t h[3] = { htons(nr), htons(of), 0 };

	memcpy(to, req, 2); /* the request's number */
	memcpy(to + 2, h, sizeof(h));
}

/* Cuts the reply into datagrams; the last one stays. */
static size_t deliver(const struct kv_out *o, const char *req, char *reply, size_t room,
		      kv_emit emit, void *ctx)
{
	size_t piece = (room < KV_DATAGRAM ? room : KV_DATAGRAM) - KV_HEADER, at = 0, len;
	size_t of = (o->len + piece - 1) / piece, nr = 0;
	char number[2], datagram[KV_DATAGRAM];

	if (!o->len)
		return 0;
	memcpy(number, req, 2); /* reply may be where the request is */
	for (; nr + 1 < of; nr++, at += piece) {
		put_header(datagram, number, nr, of);
		memcpy(datagram + KV_HEADER, o->data + at, piece);
		emit(ctx, datagram, KV_HEADER + piece);
	}
	len = o->len - at;
	memmove(reply + KV_HEADER, o->data + at, len);
	put_header(reply, number, nr, of);
	return KV_HEADER + len;
}

static void answer(struct kv *kv, const char *req, size_t len, struct kv_out *o)
{
	uint16_t of;

	memcpy(&of, req + 4, sizeof(of));
	if (of != htons(1))
		out_printf(o, "SERVER_ERROR multi-packet request not supported\r\n");
	else if (len > KV_HEADER && (uint8_t)req[KV_HEADER] == 0x80)
		kv_binary(kv, req + KV_HEADER, len - KV_HEADER, o);
	else
		kv_text(kv, req + KV_HEADER, len - KV_HEADER, o);
}

size_t kv_handle(struct kv *kv, const void *req, size_t len, void *reply, size_t room, kv_emit emit,
		 void *ctx)
{
	struct kv_out o;
	size_t n;

	if (len <= KV_HEADER || room <= KV_HEADER + 64) {
		kv->malformed++;
		return 0;
	}
	out_init(&o);
	answer(kv, req, len, &o);
	if (o.failed || o.len / (room - KV_HEADER) >= DATAGRAMS_MAX) {
		o.failed = false;
		o.len = 0;
		out_printf(&o, "SERVER_ERROR out of memory writing reply\r\n");
	}
	n = deliver(&o, req, reply, room, emit, ctx);
	out_free(&o);
	return n;
}

/* The keys of the start, and values of which each is another. */
static int fill(struct kv *kv, const struct kv_options *o)
{
	char key[KV_KEY_MAX + 32], *value = malloc(o->value_size + 32);
	struct kv_item it = { .data = value, .len = o->value_size };
	enum kv_status st = KV_OK;
	uint64_t cas;

	if (!value)
		return -ENOMEM;
	for (size_t i = 0; i < o->fill && st == KV_OK; i++) {
		struct kv_key k = { key, 0 };

		k.len = snprintf(key, sizeof(key), "k%0*zu", (int)o->key_size - 1, i);
		for (size_t at = 0; at < o->value_size; at++)
			value[at] = 'a' + (at + i) % 26;
		st = kv_set(kv, &k, KV_SET, &it, 0, &cas);
	}
	free(value);
	if (kv->engine->filled)
		kv->engine->filled(kv);
	return st == KV_OK ? 0 : -ENOMEM;
}

int kv_open(struct kv **ret, const struct kv_options *o, struct why *why)
{
	static const struct kv_engine *const engines[] = {
		&kv_hash,
#ifdef KV_ROCKSDB
		&kv_rocksdb,
#endif
	};
	struct kv *kv = calloc(1, sizeof(*kv));
	int err;

	if (!kv)
		return why_fail(why, -ENOMEM, "no memory");
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		if (!strcmp(engines[i]->name, o->engine))
			kv->engine = engines[i];
	}
	if (!kv->engine) {
		free(kv);
		return why_fail(why, -EINVAL, "no engine '%s' here (hash"
#ifdef KV_ROCKSDB
				", rocksdb"
#else
				"; rocksdb: librocksdb-dev was not there when this was built"
#endif
				")", o->engine);
	}
	kv_begin(kv);
	err = kv->engine->open(kv, o, why);
	if (!err && o->fill) {
		err = fill(kv, o);
		if (err)
			why_fail(why, err, "no memory for %zu keys", o->fill);
	}
	if (err) {
		kv_close(kv);
		return err;
	}
	*ret = kv;
	return 0;
}

void kv_close(struct kv *kv)
{
	if (!kv)
		return;
	if (kv->state)
		kv->engine->close(kv);
	free(kv);
}
