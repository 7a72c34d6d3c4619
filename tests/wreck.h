/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wreck.h - a worker's possible misuse of its memory, rings and messages; at random, by a seed
 */
#pragma once

#include <signal.h>

#include "tests/bare.h"
#include "tests/rng.h"
#include "tests/with_fd.h"

static struct rng rng;

static inline uint32_t any(uint32_t below)
{
	return rng_below(&rng, below);
}

/* Overwrites some bytes of a region, or a whole line of it. */
static inline void scribble(unsigned char *at, size_t len, int times)
{
	while (times--) {
		size_t n = any(4) ? 4 : 64, off = (((uint64_t)any(~0u) << 16) ^ any(1 << 16)) % len;
		int style = any(3);

		for (size_t i = off & ~(size_t)3; i < len && n--; i++)
			at[i] = style == 0 ? 0 : style == 1 ? 255 : any(256);
	}
}

static inline void wreck(const struct given *g)
{
	const struct shunt_geometry *geo = &g->w.geo;
	unsigned char *memory = map(g->fd[SHUNT_FD_MEMORY], shunt_memory_len(geo));
	size_t frames = shunt_frames_len(geo);
	struct shunt_view *view = map(g->fd[SHUNT_FD_VIEW], sizeof(*view));
	struct shunt_ring r;

	scribble((unsigned char *)view, sizeof(*view), 2000);
	scribble((unsigned char *)view->core, geo->ncores * sizeof(view->core[0]), 200);
	scribble(memory, frames, 2000);
	scribble(memory + frames, shunt_memory_len(geo) - frames, 2000);
	for (uint32_t i = 0; i < 2 * shunt_fill_rings(geo); i++) {
		map_ring(&r, g->fd[SHUNT_FD_SOCKETS + i / 2],
			 i % 2 ? SHUNT_RING_COMP : SHUNT_RING_FILL, geo->fill_ring);
		scribble(r.map, r.map_len, any(30));
	}
	for (uint32_t k = 0; k < nsockets(geo); k++) {
		map_ring(&r, g->fd[SHUNT_FD_SOCKETS + k], SHUNT_RING_RX,
			 k < geo->ncores ? geo->core_ring : geo->hold_ring);
		scribble(r.map, r.map_len, any(30));
		if (k >= geo->ncores)
			continue;
		map_ring(&r, g->fd[SHUNT_FD_SOCKETS + k], SHUNT_RING_TX, geo->core_ring);
		scribble(r.map, r.map_len, any(30));
	}
}

static inline void say_up(int fd, uint32_t cores)
{
	for (uint32_t i = 0; i < cores; i++) {
		struct shunt_msg_core m = { .core = i, .tid = getpid() };

		put(fd, &m, sizeof(m), SHUNT_MSG_UP);
	}
}

union message {
	unsigned char byte[4096];
	struct shunt_msg msg;
	struct shunt_msg_hello hello;
	struct shunt_msg_core core;
};

/* A message that is right in itself. */
static inline size_t good_one(union message *m)
{
	size_t len = sizeof(m->msg);

	memset(m, 0, sizeof(*m));
	m->msg = (struct shunt_msg){ SHUNT_MSG_MAGIC, SHUNT_ABI, 1 + any(SHUNT_MSG_BYE) };
	if (m->msg.type == SHUNT_MSG_HELLO) {
		m->hello.domain = any(3) ? SHUNT_ANY_DOMAIN : any(SHUNT_DOMAINS + 4);
		m->hello.cores = any(2) ? any(70) : any(~0u);
		for (int i = 0; i < SHUNT_NAME_LEN; i++)
			m->hello.name[i] = any(256);
		len = sizeof(m->hello);
	} else if (m->msg.type == SHUNT_MSG_UP || m->msg.type == SHUNT_MSG_DOWN) {
		m->core.core = any(2) ? any(4) : any(~0u);
		m->core.tid = any(~0u);
		len = sizeof(m->core);
	}
	return len;
}

/* A message with something wrong: header, length, content, or all of it. */
static inline size_t bad_one(union message *m)
{
	size_t len = good_one(m);

	switch (any(6)) {
	case 0:
		len = any(sizeof(*m));
		break;
	case 1:
		m->byte[any(sizeof(m->msg))] = any(256);
		break;
	case 2:
		len = any(sizeof(*m));
		for (size_t i = 0; i < len; i++)
			m->byte[i] = any(256);
		break;
	case 3:
		m->msg.type = any(65536);
		break;
	case 4:
		len += any(2) ? 4 : -4;
		break;
	default: /* nothing: it may be out of turn */
		break;
	}
	return len;
}
