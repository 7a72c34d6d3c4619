// SPDX-License-Identifier: BSD-2-Clause
/*
 * bound.c - LD_PRELOAD: notes how many frames a fill ring has when its AF_XDP socket is bound
 *
 * A driver with zero copy takes frames at the bind, and some never ask again. A line a socket that
 * has a fill ring goes to the file named by BOUND_LOG: "queue QUEUE frames N".
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "at_bind.h"

static bool at_bind(const struct sockaddr_xdp *to, const struct fill_ring *fill)
{
	const char *path = getenv("BOUND_LOG");
	int out = path && fill->at ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644)
				   : -1;

	if (out >= 0) {
		dprintf(out, "queue %u frames %u\n", to->sxdp_queue_id, *fill->prod);
		close(out);
	}
	return true;
}
