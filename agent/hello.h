/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hello.h - HELLOs that shuntd sends to the NIC for the cores of its host, and the answers to them
 *
 * The key stays here. A worker is given an epoch and its cookie, and can ask whether the NIC is
 * there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "host_opts.h"

struct hello;
struct why;

/* link, epochs: descriptors of the maps "wire_link" and "wire_epoch". NULL, with the reason in
 * "why". The options stay where they are until hello_end(). */
struct hello *hello_begin(const struct host_opts *o, int link, int epochs, struct why *why);
void hello_end(struct hello *h);
/* The socket on which answers come. */
int hello_fd(const struct hello *h);
void hello_hear(struct hello *h, __u64 now_ns);
/* A frame of this length that came in at that function. */
void hello_take(struct hello *h, const void *frame, size_t len, int ifindex, __u64 now_ns);
/* Sends the messages that are due, for the first time or again. */
void hello_tick(struct hello *h, __u64 now_ns);
/* Is there a message without an answer? */
bool hello_goes_on(const struct hello *h);

/* The next worker is another process, with epochs of its own. */
void hello_forget(struct hello *h);
/* The worker's core is there. */
void hello_up(struct hello *h, __u32 core, __u64 now_ns);
