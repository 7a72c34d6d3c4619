/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * at_bind.h - LD_PRELOAD: a program's AF_XDP sockets pass by at_bind() before they are bound, with
 * the fill ring of those that have one
 *
 * A driver with zero copy takes frames from that ring at the bind.
 */
#pragma once

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <linux/if_xdp.h>

#ifndef SOL_XDP
#define SOL_XDP 283
#endif

struct fill_ring {
	char *at; /* NULL: the socket has none */
	size_t len;
	uint32_t *prod, *cons;
};

/* The including program has it. False: the socket is not bound, with EINVAL. */
static bool at_bind(const struct sockaddr_xdp *to, const struct fill_ring *fill);

static struct fill_ring fill_map(int fd)
{
	struct fill_ring f = { 0 };
	struct xdp_mmap_offsets at;
	socklen_t len = sizeof(at);

	if (getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &len))
		return f;
	f.len = at.fr.desc + sizeof(uint64_t);
	f.at = mmap(NULL, f.len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, XDP_UMEM_PGOFF_FILL_RING);
	if (f.at == MAP_FAILED) {
		f.at = NULL;
		return f;
	}
	f.prod = (uint32_t *)(f.at + at.fr.producer);
	f.cons = (uint32_t *)(f.at + at.fr.consumer);
	return f;
}

static bool passes(int fd, const struct sockaddr_xdp *to)
{
	struct fill_ring fill = fill_map(fd);
	bool may = at_bind(to, &fill);

	if (fill.at)
		munmap(fill.at, fill.len);
	return may;
}

__attribute__((visibility("default"))) int bind(int fd, const struct sockaddr *to, socklen_t len)
{
	static int (*next)(int fd, const struct sockaddr *to, socklen_t len);
	int err = errno;

	if (!next)
		next = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind");
	if (to->sa_family == AF_XDP && !passes(fd, (const struct sockaddr_xdp *)to)) {
		errno = EINVAL;
		return -1;
	}
	errno = err;
	return next(fd, to, len);
}
