/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ledger_frames.h - whose each frame was when its worker died, from the stores of ledger.h
 *
 * The frames that a dead process had, by its ledger, go into the lists of its cores, for the next
 * process that gets them. No ring is asked, so it does not matter which frames a driver holds, nor
 * that another process goes on.
 */
#pragma once

#include "ledger_read.h"

/*
 * Before ledger_clear(), and once ledger_read() has decided. seen: geo.nframes bytes, of any
 * content. A move that a dead core had begun is ended. A frame that is in a ring, or with a living
 * process, or was named before, is given to nobody. Done again, it changes nothing. How many frames
 * found no room in a list: the worker wrote what it liked.
 */
__u32 ledger_take_back(struct rings *r, const struct ledger_dead *d, unsigned char *seen);

/* The list of that core, as far as it is one. */
static inline __u32 ledger_listed(const struct rings *r, __u32 core)
{
	__u32 n = peek(r->ctl->free[core].n);

	return n <= SHUNT_FREE_ROOM ? n : SHUNT_FREE_ROOM;
}

/* Puts a frame into the list of that core, or of another one that is dead. False: all are full. */
bool ledger_list(struct rings *r, const struct ledger_dead *d, __u32 core, __u32 frame);
