// SPDX-License-Identifier: BSD-2-Clause
/*
 * xdp.c - runs an XDP program that was compiled for this machine
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <sanitizer/asan_interface.h>

#include "bpf/bpf_helpers.h"
#include "xdp.h"

#define MAPS 32
#define LOW ((void *)0x20000000) /* struct xdp_md has addresses of 32 bits */
#define OUT_OF_PACKET 22

struct map {
	const void *id;
	size_t value_size;
	uint32_t entries;
	uint8_t *values;
	const void **inner; /* of a map of maps */
	bool sockets;
};

static struct map maps[MAPS];
static struct xdp_run last;
static uint8_t *room;

uint64_t xdp_clock;
uint32_t xdp_seed;
uint32_t xdp_records;
bool xdp_no_grow;

static struct map *find(const void *id)
{
	for (int i = 0; i < MAPS && maps[i].id; i++) {
		if (maps[i].id == id)
			return &maps[i];
	}
	return NULL;
}

static struct map *add(const void *id)
{
	struct map *m = find(id);

	for (int i = 0; !m && i < MAPS; i++) {
		if (!maps[i].id)
			m = &maps[i];
	}
	if (!m)
		abort();
	m->id = id;
	return m;
}

void *xdp_map(const void *id, size_t value_size, uint32_t entries)
{
	struct map *m = add(id);

	if (!m->values)
		m->values = aligned_alloc(64, (value_size * entries + 63) & ~63UL);
	if (!m->values)
		abort();
	memset(m->values, 0, value_size * entries);
	m->value_size = value_size;
	m->entries = entries;
	return m->values;
}

void xdp_map_in(const void *outer, uint32_t at, const void *inner)
{
	struct map *m = add(outer);

	if (!m->inner)
		m->inner = calloc(64, sizeof(*m->inner));
	if (!m->inner || at >= 64)
		abort();
	m->entries = 64;
	m->inner[at] = inner;
}

void xdp_sockets(const void *id, uint32_t entries)
{
	struct map *m = add(id);

	m->sockets = true;
	m->entries = entries;
}

void *xdp_lookup(const void *id, const void *key)
{
	struct map *m = find(id);
	uint32_t at;

	if (!m || m->sockets)
		abort(); /* the harness forgot one */
	memcpy(&at, key, sizeof(at));
	if (at >= m->entries)
		return NULL;
	return m->inner ? (void *)m->inner[at] : m->values + at * m->value_size;
}

long xdp_redirect(const void *id, uint32_t key, uint64_t flags)
{
	struct map *m = find(id);

	if (!m || !m->sockets)
		abort();
	if (key >= m->entries)
		return flags & 3;
	last.map = id;
	last.key = key;
	return XDP_REDIRECT;
}

/* --- the frame: what is not part of it is poisoned -------------------------------------------- */

static uint8_t *at_of(uint32_t address)
{
	return (uint8_t *)(uintptr_t)address;
}

static void fence(const struct xdp_md *ctx)
{
	ASAN_UNPOISON_MEMORY_REGION(room, XDP_ROOM);
	ASAN_POISON_MEMORY_REGION(room, at_of(ctx->data_meta) - room);
	ASAN_POISON_MEMORY_REGION(at_of(ctx->data_end), room + XDP_ROOM - at_of(ctx->data_end));
}

long xdp_adjust_head(struct xdp_md *ctx, int by)
{
	uint8_t *data = at_of(ctx->data) + by;
	size_t meta = ctx->data - ctx->data_meta;

	if (data < room + meta || data > at_of(ctx->data_end) - 14)
		return -EINVAL;
	if (meta) {
		ASAN_UNPOISON_MEMORY_REGION(room, XDP_ROOM);
		memmove(data - meta, at_of(ctx->data_meta), meta);
	}
	ctx->data = (uintptr_t)data;
	ctx->data_meta = ctx->data - meta;
	fence(ctx);
	return 0;
}

long xdp_adjust_tail(struct xdp_md *ctx, int by)
{
	uint8_t *end = at_of(ctx->data_end) + by;
	uint8_t *was = at_of(ctx->data_end);

	if (end > room + XDP_ROOM - 320 || end < at_of(ctx->data) + 14 || (by > 0 && xdp_no_grow))
		return -EINVAL;
	ctx->data_end = (uintptr_t)end;
	fence(ctx);
	if (by > 0)
		memset(was, 0, by);
	return 0;
}

long xdp_adjust_meta(struct xdp_md *ctx, int by)
{
	uint8_t *meta = at_of(ctx->data_meta) + by;
	long len = at_of(ctx->data) - meta;

	if (meta < room || len < 0 || len & 3 || len > 32)
		return -EINVAL;
	ctx->data_meta = (uintptr_t)meta;
	fence(ctx);
	return 0;
}

static bool within(const struct xdp_md *ctx, uint32_t at, uint32_t len)
{
	return (uint64_t)at + len <= ctx->data_end - ctx->data;
}

long xdp_load_bytes(struct xdp_md *ctx, uint32_t at, void *to, uint32_t len)
{
	if (!within(ctx, at, len))
		return -OUT_OF_PACKET;
	memcpy(to, at_of(ctx->data) + at, len);
	return 0;
}

long xdp_store_bytes(struct xdp_md *ctx, uint32_t at, const void *from, uint32_t len)
{
	if (!within(ctx, at, len))
		return -OUT_OF_PACKET;
	memcpy(at_of(ctx->data) + at, from, len);
	return 0;
}

/* As programs here call it: what is added, nothing that is taken away. */
long xdp_csum_diff(const void *from, uint32_t from_len, const void *to, uint32_t to_len,
		   uint32_t seed)
{
	uint64_t sum = seed;
	uint16_t pair;

	if (from_len || to_len % 4)
		return -EINVAL;
	for (uint32_t i = 0; i < to_len; i += 2) {
		memcpy(&pair, (const char *)to + i, sizeof(pair));
		sum += pair;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* --- time, chance ----------------------------------------------------------------------------- */

uint64_t xdp_now(void)
{
	return xdp_clock += 50;
}

uint32_t xdp_random(void)
{
	xdp_seed = xdp_seed * 1664525 + 1013904223;
	return xdp_seed ^ xdp_seed >> 16;
}

long xdp_record(const void *map, const void *data, uint64_t len, uint64_t flags)
{
	xdp_records++;
	return 0;
}

struct xdp_run xdp_run(int (*prog)(struct xdp_md *), const void *frame, size_t len)
{
	struct xdp_md ctx = { 0 };

	if (!room) {
		room = mmap(LOW, XDP_ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0);
		if (room != LOW)
			abort();
	}
	if (len > XDP_ROOM - XDP_HEADROOM - 320 || len < 14)
		abort();
	ASAN_UNPOISON_MEMORY_REGION(room, XDP_ROOM);
	memset(room, 0xa5, XDP_ROOM);
	memcpy(room + XDP_HEADROOM, frame, len);
	ctx.data = ctx.data_meta = (uintptr_t)room + XDP_HEADROOM;
	ctx.data_end = ctx.data + len;
	fence(&ctx);
	last = (struct xdp_run){ 0 };
	last.verdict = prog(&ctx);
	last.data = at_of(ctx.data);
	last.end = at_of(ctx.data_end);
	last.meta = at_of(ctx.data_meta);
	return last;
}
