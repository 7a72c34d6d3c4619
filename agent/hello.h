/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hello.h - what shuntd says to the NIC for the cores of its host: HELLO, and what it makes of the
 * answers
 *
 * The key stays here. A worker is given an epoch and its cookie, and can ask whether the NIC is
 * there.
 */
#pragma once

#include "agent.h"

/* link, epochs: descriptors of the maps "wire_link" and "wire_epoch". -errno, with the reason in
 * "why". */
int hello_begin(struct agent *a, int link, int epochs, char *why, size_t len);
void hello_end(struct agent *a);
/* The socket on which answers come; -1: there is none. */
int hello_fd(const struct agent *a);
void hello_hear(struct agent *a);
/* A frame of this length that came in at that function. */
void hello_take(struct agent *a, const void *frame, size_t len, int ifindex);
/* What is due to be said, or said again. */
void hello_tick(struct agent *a);

/* The next worker is another process, with epochs of its own. */
void hello_forget(struct agent *a);
/* The worker's core is there. */
void hello_up(struct agent *a, __u32 core);
