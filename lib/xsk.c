// SPDX-License-Identifier: BSD-2-Clause
/*
 * xsk.c - AF_XDP sockets by the bare system calls
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xsk.h"

#ifndef SOL_XDP
#define SOL_XDP 283
#endif

static int set(int fd, int option, const void *value, socklen_t len)
{
	return setsockopt(fd, SOL_XDP, option, value, len) ? -errno : 0;
}

int xsk_another(void)
{
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

int xsk_own_rings(int fd, const struct shunt_geometry *g)
{
	int err = set(fd, XDP_UMEM_FILL_RING, &g->fill_ring, sizeof(g->fill_ring));

	return err ? err : set(fd, XDP_UMEM_COMPLETION_RING, &g->fill_ring, sizeof(g->fill_ring));
}

int xsk_first(void *memory, const struct shunt_geometry *g)
{
	struct xdp_umem_reg reg = {
		.addr = (unsigned long)memory,
		.len = shunt_frames_len(g),
		.chunk_size = g->chunk,
	};
	int fd = xsk_another(), err;

	if (fd < 0)
		return fd;
	err = set(fd, XDP_UMEM_REG, &reg, sizeof(reg));
	if (!err)
		err = xsk_own_rings(fd, g);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int xsk_rings(int fd, __u32 rx, __u32 tx)
{
	int err = rx ? set(fd, XDP_RX_RING, &rx, sizeof(rx)) : 0;

	if (!err && tx)
		err = set(fd, XDP_TX_RING, &tx, sizeof(tx));
	return err;
}

static int bind_to(int fd, unsigned int ifindex, __u32 queue, __u16 flags, __u32 shared)
{
	struct sockaddr_xdp to = {
		.sxdp_family = AF_XDP,
		.sxdp_flags = flags,
		.sxdp_ifindex = ifindex,
		.sxdp_queue_id = queue,
		.sxdp_shared_umem_fd = shared,
	};

	return bind(fd, (struct sockaddr *)&to, sizeof(to)) ? -errno : 0;
}

int xsk_bind_first(int fd, unsigned int ifindex, __u32 queue, __u16 mode)
{
	return bind_to(fd, ifindex, queue, mode | XDP_USE_NEED_WAKEUP, 0);
}

bool xsk_is_refusal(int err)
{
	switch (err) {
	case 0:
	case -EBUSY:
	case -EPERM:
	case -ENOMEM:
	case -ENOBUFS:
	case -ENODEV:
		return false;
	}
	return true;
}

int xsk_bind_shared(int fd, unsigned int ifindex, __u32 queue, int first)
{
	return bind_to(fd, ifindex, queue, XDP_SHARED_UMEM, first);
}

/* By a socket with memory of one frame, which is bound, and closed at once. */
static int try_queue(void *page, unsigned int ifindex, __u32 queue)
{
	const struct shunt_geometry g = { .nframes = 1, .chunk = 4096, .fill_ring = 2 };
	int fd = xsk_first(page, &g), err;

	if (fd < 0)
		return fd;
	err = xsk_rings(fd, 2, 0);
	if (!err)
		err = xsk_bind_first(fd, ifindex, queue, XDP_COPY);
	close(fd);
	return err;
}

bool xsk_is_busy(unsigned int ifindex, __u32 queue)
{
	size_t len = sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err = page == MAP_FAILED ? -ENOMEM : try_queue(page, ifindex, queue);

	if (page != MAP_FAILED)
		munmap(page, len);
	return err == -EBUSY;
}

bool xsk_is_zero_copy(int fd)
{
	struct xdp_options o = { 0 };
	socklen_t len = sizeof(o);

	return getsockopt(fd, SOL_XDP, XDP_OPTIONS, &o, &len) || o.flags & XDP_OPTIONS_ZEROCOPY;
}

int xsk_stats(int fd, struct xdp_statistics *out)
{
	socklen_t len = sizeof(*out);

	if (getsockopt(fd, SOL_XDP, XDP_STATISTICS, out, &len))
		return -errno;
	return len == sizeof(*out) ? 0 : -EPROTO; /* kernel before 5.9: no rx_ring_full */
}

int xsk_kick(int fd)
{
	if (sendto(fd, NULL, 0, MSG_DONTWAIT, NULL, 0) >= 0)
		return 0;
	return errno == EBUSY || errno == ENOBUFS ? -EAGAIN : -errno;
}

void xsk_wake(int fd)
{
	recvfrom(fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}
