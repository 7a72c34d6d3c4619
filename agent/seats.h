/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seats.h - the CPUs that domains share: what shuntd does so that each seat is somebody's who lives
 * and leaves it to others
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

struct agent;
struct peer;

/* Opens the seats of the load, if it has some, and takes over what the store has of them. */
void seats_open(struct agent *a);
void seats_close(struct agent *a);
/* Before its WELCOME: a worker of a domain that has a seat gets what it needs to move it. 0, or
 * -errno: nobody listens, or not now. */
int seats_tell(struct agent *a, struct peer *p);
/* In each turn of the loop: nobody is on who has no worker. */
void seats_turn(struct agent *a);
/* At each tick: nobody stays on for too long while others wait. */
void seats_tick(struct agent *a);
/* The time between ticks, at most. */
__u64 seats_pace(const struct agent *a);
