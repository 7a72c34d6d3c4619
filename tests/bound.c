// SPDX-License-Identifier: BSD-2-Clause
/*
 * bound.c - LD_PRELOAD: notes how many frames a fill ring has when its AF_XDP socket is bound
 *
 * A driver with zero copy takes frames at the bind, and some never ask again. A line a socket that
 * has a fill ring goes to the file named by BOUND_LOG: "queue QUEUE frames N".
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_xdp.h>

#ifndef SOL_XDP
#define SOL_XDP 283
#endif

/* Sockets without a fill ring cannot have it mapped. */
static void note(int fd, const struct sockaddr_xdp *to)
{
	const char *path = getenv("BOUND_LOG");
	struct xdp_mmap_offsets at;
	socklen_t len = sizeof(at);
	char *ring;
	int out;

	if (!path || getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &len))
		return;
	len = at.fr.desc + sizeof(uint64_t);
	ring = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, XDP_UMEM_PGOFF_FILL_RING);
	if (ring == MAP_FAILED)
		return;
	out = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (out >= 0) {
		dprintf(out, "queue %u frames %u\n", to->sxdp_queue_id,
			*(uint32_t *)(ring + at.fr.producer));
		close(out);
	}
	munmap(ring, len);
}

__attribute__((visibility("default"))) int bind(int fd, const struct sockaddr *to, socklen_t len)
{
	static int (*next)(int fd, const struct sockaddr *to, socklen_t len);
	int err = errno;

	if (!next)
		next = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind");
	if (to->sa_family == AF_XDP)
		note(fd, (const struct sockaddr_xdp *)to);
	errno = err;
	return next(fd, to, len);
}
