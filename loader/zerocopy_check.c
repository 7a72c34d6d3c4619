// SPDX-License-Identifier: BSD-2-Clause
/*
 * zerocopy_check.c - tries AF_XDP sockets without copying before anything is loaded
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "xsk.h"
#include "zerocopy.h"
#include "zerocopy_check.h"

#define TRIAL_FRAMES 64

/* A socket as shuntd will make it, on memory that is gone again when this returns. */
static int try_queue(struct ctl *ctl, const struct setup *s, __u32 queue)
{
	const struct shunt_geometry g = {
		.nframes = TRIAL_FRAMES, .chunk = s->cfg.chunk, .fill_ring = 2 * TRIAL_FRAMES,
	};
	void *memory = mmap(NULL, shunt_frames_len(&g), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err, fd;

	if (memory == MAP_FAILED)
		return -errno;
	fd = xsk_first(memory, &g);
	err = fd < 0 ? fd : xsk_rings(fd, TRIAL_FRAMES, TRIAL_FRAMES);
	if (!err)
		err = xsk_bind_first(fd, ctl->ifindex, queue, XDP_ZEROCOPY);
	if (fd >= 0)
		close(fd);
	munmap(memory, shunt_frames_len(&g));
	return err;
}

int zerocopy_check(struct ctl *ctl, const struct setup *s, const char *cure)
{
	__u32 queue;
	int err = 0;

	for (queue = 0; queue < SHUNT_QUEUES; queue++) {
		err = setup_serves(s, queue) ? try_queue(ctl, s, queue) : 0;
		if (err)
			break;
	}
	if (!err)
		return 0;
	if (err == -EBUSY) {
		fail(ctl, err, "somebody's AF_XDP sockets are on queue %u of '%s'", queue,
		     ctl->ifname);
		hint(ctl, "stop whoever has them: see 'ss -a --xdp'");
		return err;
	}
	if (!xsk_is_refusal(err))
		return fail_bpf(ctl, err, "cannot make an AF_XDP socket on '%s'", ctl->ifname);
	if (cure)
		hint(ctl, "%s", cure);
	return zerocopy_refused(&ctl->why, ctl->ifname, queue, err);
}
