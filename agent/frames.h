/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frames.h - collecting the frames that a dead worker had
 */
#pragma once

#include <stdbool.h>

#include "rings.h"

/* Are all send rings empty, and have all frames that were sent come back? sent: of all send rings, what
 * the kernel took as good. */
bool frames_are_back(const struct rings *r, __u32 sent);

struct harvest {
	__u32 *frame;  /* room for geo.nframes numbers: frames in no ring */
	__u32 n;
	__u32 last;    /* frame + 1 in no ring, not in the list, that the kernel may have kept aside if
			  a receive ring has ever refused a packet; 0: none */
	__u32 cons;    /* of the fill ring, when it was looked at */
};

/*
 * Finds the frames that are in no ring. Nobody but XDP uses the rings. -EBADMSG: they make no
 * sense. Whether a ring refused something must be asked after this.
 */
int frames_find(const struct rings *r, struct harvest *h);
/* Gives n frames to the kernel; all or (no room) none: -ENOSPC. */
int frames_give(struct rings *r, const __u32 *frame, __u32 n);
