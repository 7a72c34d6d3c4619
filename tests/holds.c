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
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <linux/if_xdp.h>

#ifndef SOL_XDP
#define SOL_XDP 283
#endif

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
static void take(int fd)
{
	const char *held = getenv("HELD");
	uint32_t n = held ? strtoul(held, NULL, 10) : 0, *prod, *cons;
	struct xdp_mmap_offsets at;
	socklen_t len = sizeof(at);
	char *ring;

	if (getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &len))
		return;
	len = at.fr.desc + sizeof(uint64_t);
	ring = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, XDP_UMEM_PGOFF_FILL_RING);
	if (ring == MAP_FAILED)
		return; /* the socket has none */
	prod = (uint32_t *)(ring + at.fr.producer);
	cons = (uint32_t *)(ring + at.fr.consumer);
	if (*prod - *cons > n)
		*prod -= n;
	munmap(ring, len);
}

__attribute__((visibility("default"))) int bind(int fd, const struct sockaddr *to, socklen_t len)
{
	static int (*next)(int fd, const struct sockaddr *to, socklen_t len);
	int err = errno;

	if (!next)
		next = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind");
	if (to->sa_family == AF_XDP && is_refused((const struct sockaddr_xdp *)to)) {
		errno = EINVAL;
		return -1;
	}
	if (to->sa_family == AF_XDP)
		take(fd);
	errno = err;
	return next(fd, to, len);
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
