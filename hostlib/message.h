/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * message.h - messages to and from the agent (broker.h), with their descriptors
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "broker.h"

#define FDS_MAX (SHUNT_FD_SOCKETS + SHUNT_SLOTS)

struct shunt;

union any_msg {
	struct shunt_msg msg;
	struct shunt_msg_welcome welcome;
	struct shunt_msg_refused refused;
	struct shunt_msg_policy policy;
	struct shunt_msg_wire wire;
	struct shunt_msg_seats seats;
	struct shunt_msg_actors actors;
};

/* Connects to the agent, and says HELLO. */
int message_hello(struct shunt *s);
int message_send(struct shunt *s, void *msg, size_t len, enum shunt_msg_type type);
/* Tells of a core: UP or DOWN. */
int message_core(struct shunt *s, enum shunt_msg_type type, unsigned int core, uint32_t tid);
/* One message with its descriptors. Returns its length, 0 at the end, or -errno. */
int message_receive(struct shunt *s, union any_msg *m, int *fd, int *nfd);
/* The same, within some seconds; an end is an error. */
int message_wait(struct shunt *s, union any_msg *m, int *fd, int *nfd);
/* Closes descriptors that came with a message. */
void message_close(int *fd, int n);
