/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * steered.h - counts of what was steered to cores: requests that a core's ring refused are not
 * under way
 *
 * sent - done is what a core has yet to do, and policies decide by it. XDP counts a request as sent
 * before its ring has it: the kernel fills rings at the end of its round of packets, and a CPU may
 * be taken away in between for longer than any limit. So sent alone does not tell what a ring
 * refused. The producer index tells what arrived there, and the socket how many its ring refused:
 *
 *   base + producer index + refused = sent, less those that are on their way to the ring
 */
#pragma once

#include <linux/types.h>

struct domain;

/* A core's counts at the tick before, to see that nothing moves. */
struct steered_seen {
	__u32 prod, done;
};

/* Sets the core's done from the entries in its ring.
 * Only while no core is up; sent: XDP's own count. */
void steered_settle(struct domain *d, __u32 core, __u32 sent);
/* running: requests that cores of the domain run, or that are parked, at most. */
void steered_heal(const struct domain *d, struct steered_seen *seen, __u32 core, __u32 running);
