/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slab.h - things of one size by number, from 1; it grows to the most there ever are and stays
 */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slab {
	char *at;
	size_t size;
	uint32_t room, fresh, free; /* free: the first of those given back,
				     * each of which begins with the next */
};

static inline void *slab_at(const struct slab *s, uint32_t i)
{
	return s->at + i * s->size;
}

/* A zeroed element. Pointers that slab_at() returned before may be stale. */
static inline uint32_t slab_take(struct slab *s)
{
	uint32_t i = s->free;

	if (i) {
		memcpy(&s->free, slab_at(s, i), sizeof(s->free));
	} else {
		if (s->fresh + 1 >= s->room) {
			s->room = s->room ? 2 * s->room : 256;
			s->at = realloc(s->at, s->room * s->size);
			if (!s->at) {
				fprintf(stderr, "shunt-sim: no memory\n");
				exit(1);
			}
		}
		i = ++s->fresh;
	}
	memset(slab_at(s, i), 0, s->size);
	return i;
}

static inline void slab_give(struct slab *s, uint32_t i)
{
	memcpy(slab_at(s, i), &s->free, sizeof(s->free));
	s->free = i;
}
