// SPDX-License-Identifier: BSD-2-Clause
/*
 * holds.c - LD_PRELOAD: shuntd takes its AF_XDP sockets for ones without copying, and a driver for
 * one that holds frames
 *
 * The veth of the tests copies, so its rings say whose each frame is. Of each fill ring HELD frames
 * are taken at the bind, as a driver does for packets to come: they are in no ring, and in no
 * worker's list. Nobody may ever give them to the kernel again.
 *
 * REFUSED=QUEUE: there it is a driver that does nothing but copy, where another queue's did more.
 */
#include <stdlib.h>

#include "at_bind.h"

/* Is that the queue where sockets that need not be copied to are refused? */
static bool is_refused(const struct sockaddr_xdp *to)
{
	const char *queue = getenv("REFUSED");
	static bool copies; /* of the last queue that was bound first */

	if (!(to->sxdp_flags & XDP_SHARED_UMEM))
		copies = to->sxdp_flags & XDP_COPY;
	return queue && !copies && to->sxdp_queue_id == strtoul(queue, NULL, 10);
}

/* The kernel has not looked into the ring yet: frames that its end is moved before are taken. */
static void take(const struct fill_ring *fill)
{
	const char *held = getenv("HELD");
	uint32_t n = held ? strtoul(held, NULL, 10) : 0;

	if (fill->at && *fill->prod - *fill->cons > n)
		*fill->prod -= n;
}

static bool at_bind(const struct sockaddr_xdp *to, const struct fill_ring *fill)
{
	if (is_refused(to))
		return false;
	take(fill);
	return true;
}

__attribute__((visibility("default"))) int getsockopt(int fd, int level, int name, void *value,
						      socklen_t *len)
{
	static int (*next)(int fd, int level, int name, void *value, socklen_t *len);
	int err;

	if (!next)
		next = (int (*)(int, int, int, void *, socklen_t *))dlsym(RTLD_NEXT, "getsockopt");
	err = next(fd, level, name, value, len);
	if (!err && getenv("HELD") && level == SOL_XDP && name == XDP_OPTIONS &&
	    *len >= sizeof(struct xdp_options))
		((struct xdp_options *)value)->flags |= XDP_OPTIONS_ZEROCOPY;
	return err;
}
