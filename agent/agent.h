/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * agent.h - the agent as a whole
 */
#pragma once

#include <poll.h>
#include <sys/types.h>
#include <time.h>

#include "broker.h"
#include "clock.h"
#include "domain.h"
#include "host_opts.h"
#include "peer.h"
#include "refusal.h"
#include "role.h"

#define ALLOW_MAX 16
#define PEERS_MAX 256
#define USERS_MAX 64

struct options {
	const struct role *role;
	struct host_opts host; /* with --role host */
	const char *ifname;
	const char *bpffs;  /* NULL: the usual place */
	char socket[108];
	unsigned int tick_ms;
	unsigned int publish_us; /* between loads published to a card; 0: as services ask for */
	unsigned int card_delay_us; /* an emulated card's: how long a message takes */
	bool verbose;
	bool once;          /* fail rather than wait for shunt load */
	bool replace;       /* take the place of the shuntd that serves */
	bool end;           /* only end the shuntd that serves */
	unsigned int linger_s; /* how long memory and sockets are kept after the end */
	uid_t user[ALLOW_MAX];
	unsigned int nusers;
	gid_t group[ALLOW_MAX];
	unsigned int ngroups;
};

/* A user that connects: how often it may again, and whether its workers may come (users.c). */
struct user {
	uid_t uid;
	__u32 left;
	__u64 seen_ns;     /* when left was counted; 0: nobody */
	__u32 damaged;     /* how often the user's workers have damaged their memory of late */
	__u64 damaged_ns;  /* when they last did */
};

struct agent {
	struct options opts;
	const struct role *role;
	void *own;               /* the memory of the role alone: shared_of(), host_of(), nicd.c */
	char **argv;
	struct store *store;
	int keeper, signals, netlink, listener;
	int trial;               /* keeper.h; -1: the place is ours */
	bool ending;             /* it only gives everything up */
	bool had[SHUNT_DOMAINS]; /* the store had something of the domain when we started */

	struct shunt_pins pins;
	struct maps maps;        /* maps.agent: NULL while shunt is not loaded */
	unsigned int ifindex;    /* 0: there is no such interface */
	__u32 mtu;
	struct domain domain[SHUNT_DOMAINS];
	struct peer peer[PEERS_MAX];
	struct user user[USERS_MAX];
	struct refusal refusal[REFUSALS_MAX];
	__u32 turned_away;       /* connections in this tick: too many, and
				  * nobody is let in before the next */

	__u64 now_ns;            /* of this turn */
	__u64 tick_ns;           /* next tick */
	__u64 watch_ns;          /* next look at running requests; ~0: never */
	/* the request that the core was last sent a signal for */
	__u64 signalled[SHUNT_DOMAINS][SHUNT_CORES];
	__u64 check_ns;          /* next look at what changes seldom */
	__u64 holes_ns;          /* next look at the frames */
	__u64 make_ns;           /* next attempt to make domains */
	__u64 sockets_ns;        /* next look whether XDP finds all sockets */
	bool served;             /* a worker has come since we started */
	bool busy;               /* a step can be done at once */
	bool addrs_due;          /* links or addresses have changed */
	bool refused;            /* another shuntd serves the interface: time to end */
	char why[240];           /* why shuntd waits, as last told */
};

/* run.c: in the agent's process; its exit status. */
int agent_run(const struct options *opts, char **argv, int keeper);

/* agent.c: looks whether interface and maps are those that we serve, and takes over what fits. */
void agent_check(struct agent *a);
/* Makes what is missing. */
void agent_begin_to_serve(struct agent *a);
/* One turn of the loop, and a wait for the next. False: it is time to end. */
bool agent_turn(struct agent *a);
void agent_give_up(struct agent *a, const char *why);

/* peers.c: connections */
int peers_listen(struct agent *a, struct why *why);
void peers_accept(struct agent *a);
/* One message of a peer, and what follows from it. */
void peers_hear(struct agent *a, struct peer *p);
/* Each tick: looks after waiting peers, drops those that waited too long, offers new policies. */
void peers_tick(struct agent *a);
/* Tells all workers, or that of one domain, to leave the rings that they have. */
void peers_tell_leave(struct agent *a, const struct domain *d);
/* Shall the peer be listened to in this turn? */
bool peers_listens_to(const struct peer *p);
bool peers_lets_in(const struct agent *a);

/* users.c: limits; NULL, or why not. May a process of that user connect? */
const char *users_may_come(struct agent *a, uid_t uid);
/* Shall the peer be given the domain's descriptors? */
/* Was it given new memory in the place of damaged memory so often that it has to wait? */
const char *users_pause(struct agent *a, uid_t uid);
const char *users_unread(const struct agent *a, const struct peer *p, const struct domain *d);
bool peer_has_unread(const struct peer *p);
/* Closes the connection. False: not entirely, as there are
 * descriptors in it that nobody has read. */
bool peer_end(struct peer *p);

/* message.c: the type of a message that a worker may send, if it has that type's length; else
 * -EPROTO, or -EPROTONOSUPPORT: it is of another ABI. */
int broker_check(const void *buf, size_t len);
/* broker.c: messages */
int broker_hear(struct agent *a, struct peer *p, const void *buf);
/* Tries to give a waiting peer its domain. */
void broker_serve(struct agent *a, struct peer *p);

/* load.c: tunables into the view of a domain. */
void load_publish(struct agent *a, int domain, struct shunt_view *v);

/* watch.c: as often as the configuration says, looks at each domain that has a worker. */
void watch_running(struct agent *a, void (*look)(struct agent *a, struct domain *d));
/* Marks running requests that are over their quantum while
 * others wait, and signals those that heed no mark. */
void watch_marks(struct agent *a, struct domain *d);
/* A signal to the thread of that core, once for each request. */
void watch_signal(struct agent *a, struct domain *d, __u32 core, __u64 id);
/* addrs.c: whom requests are for, as the kernel has it now, into the map. */
void addrs_refresh(struct agent *a);

/* iface.c: watching the interface. */
int iface_watch(void);
/* Reads what netlink has to say; true if there was something. */
bool iface_changed(int netlink);
void iface_look(const char *ifname, unsigned int *ifindex, __u32 *mtu);
