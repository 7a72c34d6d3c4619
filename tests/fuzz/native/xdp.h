/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xdp.h - what runs an XDP program that was compiled for this machine: maps, a frame, the clock
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>

#define XDP_HEADROOM 256
#define XDP_ROOM 4096 /* of a frame, with headroom and what may be appended */

/* Memory for a map, zeroed; the same again: zeroed anew. */
void *xdp_map(const void *map, size_t value_size, uint32_t entries);
/* The inner map at that place of a map of maps. */
void xdp_map_in(const void *outer, uint32_t at, const void *inner);
/* Keys below so many have a socket. */
void xdp_sockets(const void *map, uint32_t entries);

/*
 * Runs it with a frame; what lies around the frame must not be touched. The frame afterwards is at
 * data … data_end of the result, its metadata before it, until the next run.
 */
struct xdp_run {
	int verdict;
	uint8_t *data, *end, *meta;
	const void *map; /* redirected to: the map */
	uint32_t key;    /* redirected to: the key in the map */
};
struct xdp_run xdp_run(int (*prog)(struct xdp_md *), const void *frame, size_t len);

extern uint64_t xdp_clock;  /* the harness moves it */
extern uint32_t xdp_seed;
extern uint32_t xdp_records; /* written to ring buffers so far */
extern bool xdp_no_grow;    /* a frame can't be made longer, as by a driver
			     * that copied it into a small buffer */
