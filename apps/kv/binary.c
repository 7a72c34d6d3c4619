// SPDX-License-Identifier: BSD-2-Clause
/*
 * binary.c - memcached's binary protocol
 */
#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

enum opcode {
	OP_GET = 0x00, OP_SET, OP_ADD, OP_REPLACE, OP_DELETE, OP_INCR, OP_DECR, OP_QUIT, OP_FLUSH,
	OP_GETQ, OP_NOOP, OP_VERSION, OP_GETK, OP_GETKQ, OP_APPEND, OP_PREPEND, OP_STAT, OP_SETQ,
	OP_ADDQ, OP_REPLACEQ, OP_DELETEQ, OP_INCRQ, OP_DECRQ, OP_QUITQ, OP_FLUSHQ, OP_APPENDQ,
	OP_PREPENDQ, OP_TOUCH = 0x1c, OP_GAT, OP_GATQ, OP_SCANSUM = 0x60,
	/* ours: extras are 32 bits, how many */
};

enum {
	ST_OK = 0, ST_NOT_FOUND, ST_EXISTS, ST_TOO_LARGE, ST_INVALID, ST_NOT_STORED, ST_NOT_NUMBER,
	ST_UNKNOWN = 0x81, ST_NO_MEMORY = 0x82,
};

struct head {
	uint8_t magic, opcode;
	uint16_t keylen;
	uint8_t extlen, type;
	uint16_t status; /* of requests: reserved */
	uint32_t bodylen, opaque;
	uint64_t cas;
} __attribute__((packed));

struct bin {
	struct kv *kv;
	struct kv_out *o;
	struct head h; /* in host order */
	const char *ext;
	struct kv_key key, value;
	bool quiet, found, with_key;
};

static void reply(struct bin *b, uint16_t status, uint64_t cas, const struct kv_key *ext,
		  const struct kv_key *key, const struct kv_key *value)
{
	size_t e = ext ? ext->len : 0, k = key ? key->len : 0, v = value ? value->len : 0;
	struct head h = { .magic = 0x81, .opcode = b->h.opcode, .keylen = htons(k), .extlen = e,
			  .status = htons(status), .bodylen = htonl(e + k + v),
			  .opaque = b->h.opaque, .cas = htobe64(cas) };

	out_add(b->o, &h, sizeof(h));
	if (e)
		out_add(b->o, ext->data, e);
	if (k)
		out_add(b->o, key->data, k);
	if (v)
		out_add(b->o, value->data, v);
}

static void fail(struct bin *b, uint16_t status)
{
	static const char *const texts[] = { "", "Not found", "Data exists for key.", "Too large.",
		"Invalid arguments", "Not stored.",
		"Non-numeric server-side value for incr or decr" };
	const char *text = status == ST_UNKNOWN     ? "Unknown command"
			   : status == ST_NO_MEMORY ? "Out of memory"
						    : texts[status];
	struct kv_key v = { text, strlen(text) };

	reply(b, status, 0, NULL, NULL, &v);
}

static void done(struct bin *b, enum kv_status st, uint64_t cas, const struct kv_key *value)
{
	static const uint16_t codes[] = { ST_OK, ST_NOT_FOUND, ST_EXISTS, ST_NOT_STORED,
					  ST_NOT_NUMBER,
					  ST_TOO_LARGE, ST_NO_MEMORY };

	if (st != KV_OK)
		fail(b, codes[st]);
	else if (!b->quiet)
		reply(b, ST_OK, cas, NULL, NULL, value);
}

static uint32_t ext32(const struct bin *b, int at)
{
	uint32_t x;

	memcpy(&x, b->ext + at, 4);
	return ntohl(x);
}

static uint64_t ext64(const struct bin *b, int at)
{
	uint64_t x;

	memcpy(&x, b->ext + at, 8);
	return be64toh(x);
}

static void visit_get(void *ctx, const struct kv_key *key, const struct kv_item *it)
{
	struct bin *b = ctx;
	uint32_t flags = htonl(it->flags);
	struct kv_key ext = { (char *)&flags, 4 }, value = { it->data, it->len };

	if (kv_expired(b->kv, it))
		return;
	b->found = true;
	reply(b, ST_OK, it->cas, &ext, b->with_key ? key : NULL, &value);
}

static void get(struct bin *b)
{
	b->with_key = b->h.opcode == OP_GETK || b->h.opcode == OP_GETKQ;
	b->kv->cmd_get++;
	b->kv->engine->read(b->kv, &b->key, visit_get, b);
	if (b->found)
		b->kv->get_hits++;
	else
		b->kv->get_misses++;
	if (b->found || b->quiet)
		return;
	if (b->with_key)
		reply(b, ST_NOT_FOUND, 0, NULL, &b->key, NULL);
	else
		fail(b, ST_NOT_FOUND);
}

static void set(struct bin *b, enum kv_mode mode)
{
	struct kv_item it = { .data = b->value.data, .len = b->value.len };
	uint64_t cas;
	enum kv_status st;

	if (b->h.extlen) {
		it.flags = ext32(b, 0);
		it.expires = kv_expiry(b->kv, (int32_t)ext32(b, 4));
	}
	st = kv_set(b->kv, &b->key, mode, &it, b->h.cas, &cas);
	/* The binary protocol's word for "not stored" depends on the command. */
	if (st == KV_NOT_STORED && mode != KV_APPEND && mode != KV_PREPEND)
		st = mode == KV_ADD ? KV_EXISTS : KV_NOT_FOUND;
	done(b, st, cas, NULL);
}

static void delta(struct bin *b, bool down)
{
	struct kv_delta d = { .by = ext64(b, 0), .initial = ext64(b, 8), .down = down,
			      .create = ext32(b, 16) != 0xffffffff };
	enum kv_status st;
	uint64_t be;
	struct kv_key value = { (char *)&be, 8 };

	if (d.create)
		d.expires = kv_expiry(b->kv, (int32_t)ext32(b, 16));
	st = kv_delta(b->kv, &b->key, &d, b->h.cas);
	be = htobe64(d.value);
	done(b, st, d.cas, &value);
}

static void visit_touched(void *ctx, const struct kv_key *key, const struct kv_item *it)
{
	struct bin *b = ctx;
	uint32_t flags = htonl(it->flags);
	struct kv_key ext = { (char *)&flags, 4 };

	b->found = true;
	if (!b->quiet)
		reply(b, ST_OK, it->cas, &ext, NULL, NULL);
}

static void touch(struct bin *b)
{
	enum kv_status st = kv_touch(b->kv, &b->key, kv_expiry(b->kv, (int32_t)ext32(b, 0)));

	if (b->h.opcode != OP_TOUCH)
		get(b);
	else if (st == KV_OK)
		b->kv->engine->read(b->kv, &b->key, visit_touched, b);
	if (b->h.opcode == OP_TOUCH && !b->found)
		fail(b, ST_NOT_FOUND);
}

static void stat(struct bin *b)
{
	struct kv_stat s[24];
	int n = kv_stats(b->kv, s, 24);

	for (int i = 0; i < n && !b->key.len; i++) {
		struct kv_key name = { s[i].name, strlen(s[i].name) },
			      value = { s[i].value, strlen(s[i].value) };

		reply(b, ST_OK, 0, NULL, &name, &value);
	}
	reply(b, ST_OK, 0, NULL, NULL, NULL);
}

struct sum {
	struct kv *kv;
	uint64_t items, bytes;
};

static void visit_sum(void *ctx, const struct kv_key *key, const struct kv_item *it)
{
	struct sum *s = ctx;

	s->items += !kv_expired(s->kv, it);
	s->bytes += it->len;
}

static void scansum(struct bin *b)
{
	struct sum s = { .kv = b->kv };
	uint32_t n = ext32(b, 0);
	uint64_t be[2];
	struct kv_key value = { (char *)be, sizeof(be) };

	b->kv->cmd_scan++;
	b->kv->engine->scan(b->kv, &b->key, n < KV_SCAN_MAX ? n : KV_SCAN_MAX, visit_sum, &s);
	be[0] = htobe64(s.items);
	be[1] = htobe64(s.bytes);
	done(b, KV_OK, 0, &value);
}

/* Quiet commands are the others, but for their number. */
static uint8_t loud(uint8_t op, bool *quiet)
{
	*quiet = true;
	switch (op) {
	case OP_GETQ: return OP_GET;
	case OP_GETKQ: return OP_GETK;
	case OP_GATQ: return OP_GAT;
	case OP_SETQ: return OP_SET;
	case OP_ADDQ: return OP_ADD;
	case OP_REPLACEQ: return OP_REPLACE;
	case OP_DELETEQ: return OP_DELETE;
	case OP_INCRQ: return OP_INCR;
	case OP_DECRQ: return OP_DECR;
	case OP_FLUSHQ: return OP_FLUSH;
	case OP_APPENDQ: return OP_APPEND;
	case OP_PREPENDQ: return OP_PREPEND;
	}
	*quiet = false;
	return op;
}

/* Bytes of extras, and whether there must be, may be or can't be (1, -1, 0) a key and a value. */
static bool shape(const struct bin *b, unsigned int ext, int key, int value)
{
	return b->h.extlen == ext && (key < 0 || !!b->key.len == key) &&
	       (value < 0 || value == !!b->value.len) && b->key.len <= KV_KEY_MAX;
}

static bool dispatch(struct bin *b)
{
	switch (loud(b->h.opcode, &b->quiet)) {
	case OP_GET:
	case OP_GETK: return shape(b, 0, 1, 0) && (get(b), true);
	case OP_SET: return shape(b, 8, 1, -1) && (set(b, KV_SET), true);
	case OP_ADD: return shape(b, 8, 1, -1) && (set(b, KV_ADD), true);
	case OP_REPLACE: return shape(b, 8, 1, -1) && (set(b, KV_REPLACE), true);
	case OP_APPEND: return shape(b, 0, 1, -1) && (set(b, KV_APPEND), true);
	case OP_PREPEND: return shape(b, 0, 1, -1) && (set(b, KV_PREPEND), true);
	case OP_DELETE:
		return shape(b, 0, 1, 0) &&
		       (done(b, kv_delete(b->kv, &b->key, b->h.cas), 0, NULL), true);
	case OP_INCR: return shape(b, 20, 1, 0) && (delta(b, false), true);
	case OP_DECR: return shape(b, 20, 1, 0) && (delta(b, true), true);
	case OP_TOUCH:
	case OP_GAT: return shape(b, 4, 1, 0) && (touch(b), true);
	case OP_FLUSH:
		if ((b->h.extlen && b->h.extlen != 4) || b->key.len || b->value.len ||
		    (b->h.extlen && ext32(b, 0)))
			return false;
		b->kv->engine->flush(b->kv);
		done(b, KV_OK, 0, NULL);
		return true;
	case OP_NOOP: return shape(b, 0, 0, 0) && (done(b, KV_OK, 0, NULL), true);
	case OP_VERSION: {
		struct kv_key v = { SHUNT_VERSION, strlen(SHUNT_VERSION) };

		return shape(b, 0, 0, 0) && (done(b, KV_OK, 0, &v), true);
	}
	case OP_STAT: return shape(b, 0, -1, 0) && (stat(b), true);
	case OP_SCANSUM: return shape(b, 4, 1, 0) && (scansum(b), true);
	default:
		fail(b, ST_UNKNOWN);
		return true;
	}
}

/* Executes a datagram's requests one after the other. */
void kv_binary(struct kv *kv, const char *at, size_t len, struct kv_out *o)
{
	while (len >= sizeof(struct head)) {
		struct bin b = { .kv = kv, .o = o };
		size_t body;

		memcpy(&b.h, at, sizeof(b.h));
		body = ntohl(b.h.bodylen);
		b.h.keylen = ntohs(b.h.keylen);
		b.h.cas = be64toh(b.h.cas);
		if (b.h.magic != 0x80 || body > len - sizeof(b.h) ||
		    b.h.keylen + (size_t)b.h.extlen > body)
			break;
		b.ext = at + sizeof(b.h);
		b.key = (struct kv_key){ b.ext + b.h.extlen, b.h.keylen };
		b.value = (struct kv_key){ b.key.data + b.key.len, body - b.h.extlen - b.h.keylen };
		if (!dispatch(&b))
			fail(&b, ST_INVALID);
		at += sizeof(b.h) + body;
		len -= sizeof(b.h) + body;
	}
	if (len)
		kv->malformed++;
}
