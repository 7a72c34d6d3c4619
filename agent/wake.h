/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wake.h - the agent sleeps while no request comes, runs or waits; XDP wakes it
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

struct agent;
struct ring_buffer;

struct wake {
	int fd;                   /* the map "wake"; -1: the agent never sleeps */
	struct ring_buffer *ring; /* the same, mapped */
	bool asleep;
	__u64 arrived, up;        /* at the last look: requests, and cores as a sum */
	__u64 busy_ns;            /* when there was something to do last */
};

void wake_none(struct wake *w);
/* The maps are open, and ours to write. */
void wake_open(struct agent *a);
void wake_close(struct wake *w);
/* At each tick: falls asleep after some calm, wakes up if there is something to do after all. */
void wake_tick(struct agent *a);
/* There will be something to do, of which XDP does not know. */
void wake_up(struct agent *a);
/* XDP says that a request has come. */
void wake_hear(struct agent *a);
