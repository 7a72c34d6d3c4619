/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * control.h - the keeper's end of a hand-over: who comes to the control socket, and what he wants
 * (handover.h)
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include <linux/types.h>

struct options;
struct store;

/* Where the conversation stands. */
enum control_stage {
	CONTROL_NOBODY,
	CONTROL_NEW,      /* connected, and said nothing yet */
	CONTROL_CHECKING, /* has our descriptors, and looks whether it can use them */
	CONTROL_WAITING,  /* asked for quiet; our agent is about to stop */
	CONTROL_QUIET,    /* has them as they are for good, and takes over */
};

/* The next thing for the keeper to do. */
enum control_order {
	CONTROL_NOTHING,
	CONTROL_QUIESCE, /* stop the agent, then control_quiet() */
	CONTROL_RESUME,  /* the successor is gone, or too late: serve again */
	CONTROL_LEAVE,   /* the successor serves */
	CONTROL_END,     /* give everything up */
};

struct control {
	int listener, peer; /* -1: none */
	pid_t pid;          /* the peer's */
	enum control_stage stage;
	__u64 since_ms; /* of the stage */
};

/* The listener, from the store or anew. 0, or -errno (told). */
int control_open(struct control *c, const struct options *o, struct store *s);
void control_remove(const struct options *o);

/* Takes a connection, where there is none: others wait, and may be the successor's to answer. */
void control_accept(struct control *c, __u64 now_ms);
/* Hears one message. lingers: nobody serves, we only keep. */
enum control_order control_hear(struct control *c, const struct options *o, const struct store *s,
				bool lingers, pid_t agent, __u64 now_ms);
/* The agent has stopped: the table as it is for good. */
enum control_order control_quiet(struct control *c, const struct store *s, __u64 now_ms);
/* Time passed. */
enum control_order control_tick(struct control *c, __u64 now_ms);
void control_hang_up(struct control *c);
