/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peer.h - one connection to the broker
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "broker.h"

struct agent;
struct domain;

/* How far it has come. */
enum peer_stage {
	PEER_NONE,
	PEER_NEW,     /* has yet to say HELLO */
	PEER_WAITING, /* said it; its domain is not ready */
	PEER_WORKER,  /* attached */
	PEER_LEAVING, /* was told to leave rings that are not ours any more */
	PEER_REFUSED, /* reads why, and goes */
	PEER_UNREAD,  /* has ended, but there are descriptors in it that nobody has read */
};

struct peer {
	enum peer_stage stage;
	int fd;
	int pidfd;         /* until it becomes the domain's worker */
	__u32 pid;
	uid_t uid;
	bool allowed;      /* to have a domain that is for no user in particular */
	unsigned int given; /* descriptors that it was sent since it had last read all */
	__u32 heard;       /* messages in this tick */
	bool behind;       /* it has not been told all news */
	const char *waits; /* what for, if not for rings of before */
	__u64 since_ns;    /* of the stage */
	__u32 want;        /* domain, or SHUNT_ANY_DOMAIN */
	__u32 cores;
	char name[SHUNT_NAME_LEN];
	struct domain *domain;
	__u64 policy_gen;  /* that it was sent; 0: none */
};

/* Most descriptors that go with a message. */
#define PEER_FDS (SHUNT_FD_SOCKETS + SHUNT_SLOTS)

/* A message of that type: its head is filled in here. 0, or -errno: nobody listens, or not now. */
int peer_send(struct peer *p, void *msg, size_t len, enum shunt_msg_type type, const int *fd,
	      unsigned int nfd);
/* Is it the connection of its domain's worker? Not if the
 * worker came again on another one, or is being reclaimed. */
bool peer_is_attached(const struct peer *p);
void peer_drop(struct agent *a, struct peer *p);
/* Tells the peer why it gets no domain, and drops it when it has read the message. */
void peer_refuse(struct agent *a, struct peer *p, int err, const char *text);
/* Says in the log why the peer is refused, once. */
void peer_tell_refusal(struct agent *a, int level, const struct peer *p, const char *text);
/* A worker that did not keep to the rules: dropped and counted. */
void peer_bad(struct agent *a, struct peer *p, const char *why);
void peer_count_bad(struct agent *a);
bool peer_has_unread(const struct peer *p);
/* Closes the connection. False: not entirely, as there are
 * descriptors in it that nobody has read. */
bool peer_end(struct peer *p);
