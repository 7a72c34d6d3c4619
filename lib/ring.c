// SPDX-License-Identifier: BSD-2-Clause
/*
 * ring.c - maps AF_XDP rings
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "ring.h"

#ifndef SOL_XDP
#define SOL_XDP 283
#endif

static const struct xdp_ring_offset *offsets_of(const struct xdp_mmap_offsets *all,
						enum shunt_ring_kind kind, off_t *page)
{
	switch (kind) {
	case SHUNT_RING_RX:
		*page = XDP_PGOFF_RX_RING;
		return &all->rx;
	case SHUNT_RING_TX:
		*page = XDP_PGOFF_TX_RING;
		return &all->tx;
	case SHUNT_RING_FILL:
		*page = XDP_UMEM_PGOFF_FILL_RING;
		return &all->fr;
	default:
		*page = XDP_UMEM_PGOFF_COMPLETION_RING;
		return &all->cr;
	}
}

int shunt_ring_map(struct shunt_ring *r, int fd, enum shunt_ring_kind kind, __u32 size)
{
	bool frames = kind == SHUNT_RING_FILL || kind == SHUNT_RING_COMP;
	struct xdp_mmap_offsets all;
	const struct xdp_ring_offset *off;
	socklen_t len = sizeof(all);
	off_t page;

	memset(r, 0, sizeof(*r));
	if (!size || (size & (size - 1)))
		return -EINVAL;
	if (getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &all, &len))
		return -errno;
	if (len != sizeof(all))
		return -EPROTO; /* kernel before 5.4: rings without flags */
	off = offsets_of(&all, kind, &page);
	r->map_len = off->desc + size * (frames ? sizeof(__u64) : sizeof(struct xdp_desc));
	r->map = mmap(NULL, r->map_len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
		      page);
	if (r->map == MAP_FAILED) {
		r->map = NULL;
		return -errno;
	}
	/* A child that has it would keep the socket, and so the queue, as long as it lives. */
	if (madvise(r->map, r->map_len, MADV_DONTFORK)) {
		int err = -errno;

		shunt_ring_unmap(r);
		return err;
	}
	r->prod = (__u32 *)((char *)r->map + off->producer);
	r->cons = (__u32 *)((char *)r->map + off->consumer);
	r->flags = (__u32 *)((char *)r->map + off->flags);
	r->desc = (struct xdp_desc *)((char *)r->map + off->desc);
	r->mask = size - 1;
	return 0;
}

void shunt_ring_unmap(struct shunt_ring *r)
{
	if (r->map)
		munmap(r->map, r->map_len);
	memset(r, 0, sizeof(*r));
}
