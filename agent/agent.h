/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * agent.h - the agent as a whole
 */
#pragma once

#include <stdbool.h>

#include "cost.h"
#include "domain.h"
#include "maps.h"
#include "nudge.h"
#include "options.h"
#include "peer.h"
#include "pins.h"
#include "refusal.h"
#include "users.h"

#define PEERS_MAX 256

struct role;
struct store;

struct agent {
	struct options opts;
	const struct role *role;
	void *own;               /* the memory of the role alone: shared_of(), host_of(), nicd.c */
	char **argv;
	__u32 pid;
	struct store *store;
	int keeper, signals, netlink, listener;
	struct nudge nudge;
	struct cost cost;
	int trial;               /* keeper.h; -1: the place is ours */
	bool ending;             /* it only gives everything up */
	bool had[SHUNT_DOMAINS]; /* the store had something of the domain when we started */

	struct shunt_pins pins;
	struct maps maps;        /* maps.agent: NULL while shunt is not loaded */
	unsigned int ifindex;    /* 0: there is no such interface */
	__u32 mtu;
	struct domain domain[SHUNT_DOMAINS];
	struct peer peer[PEERS_MAX];
	unsigned int npeers;     /* places from this one on are free */
	struct user user[USERS_MAX];
	struct refusal refusal[REFUSALS_MAX];
	__u32 turned_away;       /* connections in this tick: too many, and
				  * nobody is let in before the next */

	__u64 now_ns;            /* of this turn */
	__u64 ticked_ns;         /* last tick; 0: it is due at once */
	__u64 watch_ns;          /* next look at running requests, if the role watches any */
	__u64 watch_slack_ns;    /* so much earlier will do */
	unsigned int calm;       /* looks in a row that found no request over its quantum */
	/* the request that the core was last sent a signal for */
	__u64 signalled[SHUNT_DOMAINS][SHUNT_CORES];
	__u64 check_ns;          /* next look at interface and pins; ~0: at some tick */
	__u64 checked_ns;        /* last look */
	__u64 holes_ns;          /* next look at the frames */
	__u64 make_ns;           /* next attempt to make domains */
	__u64 sockets_ns;        /* next look whether XDP finds all sockets */
	bool served;             /* a worker has come since we started */
	bool busy;               /* a step can be done at once */
	bool nudged;             /* somebody has written maps, or may have */
	bool addrs_due;          /* links or addresses have changed */
	bool refused;            /* another shuntd serves the interface: time to end */
	char why[240];           /* why shuntd waits, as last told */
};

/* agent.c: looks whether interface and maps are those that we serve, and takes over what fits. */
void agent_check(struct agent *a);
/* Makes what is missing. */
void agent_begin_to_serve(struct agent *a);
/* Makes the domains that are missing and can be made. */
void agent_make_domains(struct agent *a);
/* XDP finds all sockets again, whoever took them out of the map. */
void agent_put_back_sockets(struct agent *a);
void agent_give_up(struct agent *a, const char *why);
