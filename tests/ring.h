/* SPDX-License-Identifier: BSD-2-Clause */
/* ring.h - AF_XDP rings in plain memory, for what plays the kernel itself */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "lib/ring.h"

/* A ring of size entries, descriptors or addresses (there is room for either). free(r->map) ends
 * it. */
static inline void make_ring(struct shunt_ring *r, uint32_t size)
{
	size_t len = 192 + size * sizeof(struct xdp_desc);

	r->map = aligned_alloc(64, len);
	memset(r->map, 0, len);
	r->prod = r->map;
	r->cons = (uint32_t *)((char *)r->map + 64);
	r->flags = (uint32_t *)((char *)r->map + 128);
	r->desc = (struct xdp_desc *)((char *)r->map + 192);
	r->mask = size - 1;
}
