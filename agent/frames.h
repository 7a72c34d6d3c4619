/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frames.h - collecting the frames that a dead worker had
 */
#pragma once

#include <stdbool.h>

#include "rings.h"

/* Are all send rings empty, and have all frames that were sent come back? sent:
 * for each completion ring, the entries that the kernel took from its send rings. */
bool frames_are_back(const struct rings *r, const __u32 *sent);

/*
 * Marks each frame that is in a fill ring or a receive ring; seen[] has geo.nframes bytes, 0 at
 * first. Nobody but XDP uses the rings. Done in two rounds, FRAMES_FIRST and FRAMES_SECOND; before
 * each of them, all rounds of packets must have ended that were under way. -EBADMSG: the rings make
 * no sense.
 */
enum frames_round { FRAMES_FIRST = 1, FRAMES_SECOND = 2, FRAMES_LAST = 4 };
int frames_mark(const struct rings *r, enum frames_round round, unsigned char *seen);

#define FRAMES_KEPT (2 * SHUNT_CORES) /* two of each fill ring */

struct harvest {
	__u32 *frame;  /* room for geo.nframes numbers: frames in no ring */
	__u32 n;
	/* In no ring either, not in the list, and the kernel may have kept them aside, or just used
	 * them, if a receive ring has ever refused a
	 * packet: number + 1, from the front; 0: none. */
	__u32 kept[FRAMES_KEPT];
};

/* Lists the frames that were never marked. Ask after
 * the marking whether a ring refused something. */
void frames_list(const struct rings *r, const unsigned char *seen, struct harvest *h);
/* Gives n frames to the kernel, each to the fill ring where
 * it is at home; all or (no room) none: -ENOSPC. */
int frames_give(struct rings *r, const __u32 *frame, __u32 n);
/* Where the fill rings stand: SHUNT_CORES of them at most. */
void frames_producers(const struct rings *r, __u32 *prod);
/* As frames_give(), but only to fill rings that stand where they stood: a process that died may
 * have begun to give these frames. */
int frames_give_once(struct rings *r, const __u32 *frame, __u32 n, const __u32 *was);
