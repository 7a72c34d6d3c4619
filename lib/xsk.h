/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xsk.h - making the AF_XDP sockets of a domain
 *
 * libxdp makes sockets and rings in one piece; here they are made in one process and mapped in
 * another.
 *
 * The kernel copies packets into frames, or the driver receives into them (zero copy). Then the
 * driver holds frames that no ring shows, and whose the others are, the ledger alone tells.
 */
#pragma once

#include <linux/if_xdp.h>
#include <stdbool.h>

#include "layout.h"

/* The first socket of a queue: registers the memory, has fill and completion ring, is not bound. */
int xsk_first(void *memory, const struct shunt_geometry *g);
/* Another one. Both return the socket, or -errno. */
int xsk_another(void);
/* For one that is bound to another interface or queue than
 * the first: fill and completion ring of its own. */
int xsk_own_rings(int fd, const struct shunt_geometry *g);
/* Sizes of receive and send ring; 0: none. */
int xsk_rings(int fd, __u32 rx, __u32 tx);
/* The first of a queue: mode is XDP_COPY, XDP_ZEROCOPY, or 0: as the driver can. The driver is
 * woken where rings say so (ring_needs_wakeup()). -EBUSY: the queue has other sockets, or somebody
 * still maps rings of earlier ones. */
int xsk_bind_first(int fd, unsigned int ifindex, __u32 queue, __u16 mode);
/* Is that -errno of a bind the driver's answer to the mode, and no lack of memory, rights or a
 * free queue? */
bool xsk_is_refusal(int err);
/* Another one, on the first one's memory; of another queue: with rings of its own. */
int xsk_bind_shared(int fd, unsigned int ifindex, __u32 queue, int first);
/* Would xsk_bind_first() find the queue in use? Costs a page, not all of a domain's
 * memory. False: the queue was free, and is again in a moment. */
bool xsk_is_busy(unsigned int ifindex, __u32 queue);
/* Does the driver of a bound socket receive into frames? Also yes where the kernel does not say:
 * nothing may be inferred from rings then. */
bool xsk_is_zero_copy(int fd);
int xsk_stats(int fd, struct xdp_statistics *out);
/* Hands up to 32 descriptors of the send ring to the kernel. 0, -EAGAIN: come again, or -errno. */
int xsk_kick(int fd);
/* Has a driver without copying look at the fill ring of the socket's queue. */
void xsk_wake(int fd);
