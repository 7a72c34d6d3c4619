/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * handover.h - what a shuntd and its successor say to each other
 *
 * Over the seqpacket socket SOCKET.ctl, which only root may connect to; each asks the kernel
 * whether the other is root.
 *
 *   successor                    the one that serves, or lingers: its keeper
 *   HELLO abi, pid, flags   ->
 *                           <-   INFO flags, or REFUSED text
 *                           <-   ENTRY name, with a descriptor, for each that it holds
 *                           <-   TABLE_END
 *   (checks all of it)
 *   QUIESCE                 ->   its agent ends the step that it is at, and stops
 *                           <-   ENTRY …, TABLE_END: as they are now, for good
 *   (its agent takes over, and writes nothing yet)
 *   READY, from the agent   ->   drops its copies and exits
 *
 * If the hand-over ends before READY, the shuntd that was there first goes on: the connection's end
 * without READY has it start its agent again, and so does a successor that takes too long, whose
 * READY is then refused by the socket; it is told RESUMED. A successor that sees the connection's
 * end without RESUMED, once it has asked for quiet and the agent has ended, is alone and goes on.
 *
 *   END                     ->   an agent gives everything up: workers leave, sockets are closed
 *                           <-   (the connection's end)
 *
 * The fields up to abi are the same in all versions.
 */
#pragma once

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "store.h"

#define HANDOVER_MAGIC 0x6f766f68u /* "hovo" */
#define HANDOVER_VERSION 1
#define HANDOVER_TEXT 360

enum handover_type {
	HANDOVER_HELLO = 1,
	HANDOVER_INFO,
	HANDOVER_REFUSED,
	HANDOVER_ENTRY,
	HANDOVER_TABLE_END,
	HANDOVER_QUIESCE,
	HANDOVER_READY,
	HANDOVER_RESUMED,
	HANDOVER_END,
};

enum handover_flags {
	HANDOVER_LINGERS = 1, /* INFO: it was told to stop, and waits for a successor */
	HANDOVER_REPLACE = 2, /* HELLO: also one that serves is to be replaced */
};

struct handover_msg {
	__u32 magic;
	__u16 version;
	__u16 type;  /* enum handover_type */
	__u32 abi;   /* SHUNT_ABI of the sender */
	__u32 pid;   /* its process: in the other's process namespace it has the same number */
	__u32 flags; /* enum handover_flags */
	__u32 agent; /* INFO: the agent's process; 0: there is none */
	char name[STORE_NAME];
	char text[HANDOVER_TEXT];
};

/* Sends a message, with our ABI and process filled
 * in. fd: -1, or one that goes along. 0, or -errno. */
int handover_send(int sock, enum handover_type type, struct handover_msg *m, int fd);
/* The type of the next message; 0: the other one hung up; -EAGAIN: there is none within so many ms;
 * -EPROTO: no message of ours. *fd: -1, or the descriptor that came along, the caller's. */
int handover_receive(int sock, struct handover_msg *m, int *fd, int ms);

/* Sends all that the store has, then TABLE_END. */
int handover_send_table(int sock, const struct store *s);

/* Is the connected process root's? Then *pid is its number, as we see it. */
bool handover_is_root(int sock, pid_t *pid);

/* The socket's path, of the broker's. 0, or -ENAMETOOLONG. */
int handover_path(const char *socket, char *path, size_t len);
