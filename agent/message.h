/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * message.h - messages of workers
 */
#pragma once

#include <stddef.h>

struct agent;
struct peer;

/* message.c: the type of a message that a worker may send, if it has that type's length; else
 * -EPROTO, or -EPROTONOSUPPORT: it is of another ABI. */
int broker_check(const void *buf, size_t len);
/* broker.c: acts on a message. */
int broker_hear(struct agent *a, struct peer *p, const void *buf);
/* Tries to give a waiting peer its domain. */
void broker_serve(struct agent *a, struct peer *p);
