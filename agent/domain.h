/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * domain.h - one domain: its memory, its sockets, and where its worker stands
 */
#pragma once

#include <stdbool.h>

#include "frames.h"
#include "maps.h"
#include "store.h"
#include "suspect.h"

enum domain_life {
	DOMAIN_OFF,    /* nothing made */
	DOMAIN_BUSY,   /* cannot be made: rings of before are still held by somebody */
	DOMAIN_FREE,   /* waits for a worker */
	DOMAIN_TAKEN,  /* has one */
	DOMAIN_LEFT,   /* had one that said goodbye and lives: what it had is nobody else's yet */
	DOMAIN_BURIAL, /* had one: its requests are counted, its frames collected */
};

/* What is next to do for a worker that is gone. Each step may be done twice. */
enum burial_step {
	BURIAL_NONE,
	BURIAL_DECIDE, /* what became of its requests */
	BURIAL_COUNT,  /* add it to the agent's counts */
	BURIAL_DRAIN,  /* send what it had sent, wait for the frames to come back */
	BURIAL_FRAMES, /* collect the frames that are in no ring */
};

/*
 * What must outlive the agent, in a memfd that keeper and agent alone have. Whatever is added to a
 * count is first written here as the sum, so that doing it again changes nothing.
 */
struct domain_state {
	__u32 size;         /* of this struct, in the newest version that had it (state.h) */
	__u32 ready;        /* memory and sockets are all made and in the store */
	__u32 map_id;       /* the load (maps.h) that they were made for */
	__u32 ifindex;
	struct shunt_geometry geo;

	__u32 worker_pid;   /* 0: none */
	__u32 worker_cores;
	__u32 burial;       /* enum burial_step */
	__u32 died;         /* of the worker being buried: it did not say BYE */
	__u64 lost[SHUNT_CLASSES];    /* sums to be, from BURIAL_COUNT on */
	__u64 replied[SHUNT_CLASSES];
	__u64 deaths;

	/* What earlier sockets refused; theirs are counted from 0. */
	__u64 refused_cls[SHUNT_CLASSES];
	__u64 refused_core[SHUNT_CORES];
	__u64 no_frame;

	__u32 aside[FRAMES_ASIDE]; /* frame + 1 that the kernel may have in no ring; 0: none … */
	__u32 aside_cons[SHUNT_CORES]; /* … more will be known once a fill ring's consumer is past this */
	__u32 nspare;       /* frames for the next worker's own use */
	__u32 spare[SHUNT_CORES * SHUNT_SPARE];

	__u64 unserved_ns;  /* when the last core went off */
	struct expiring {   /* requests that are being taken out of a ring (expire.c) */
		__u32 ring; /* its slot + 1; 0: none are. Written last of these */
		__u32 cons; /* the ring's consumer before */
		__u64 sum[SHUNT_CLASSES]; /* counts of expired requests after it */
	} expiring;
	__u32 owner;        /* the user whose workers have had this memory, + 1; 0: nobody */
	__u32 left;         /* the worker said goodbye; worker_pid is its process until that has ended */
	__u64 steered_known; /* a bit a core: steered_base is known */
	__u32 steered_base[SHUNT_CORES]; /* requests sent to core i before its ring was made (steered.h) */
};

/* A worker, and what it has in common with the children that it made. */
struct kin {
	__u32 pid, user; /* user: + 1; 0: not known */
	__u64 began; /* clock ticks after the boot; 0: not known */
	__s32 session;
	char name[SHUNT_NAME_LEN];
};

static inline enum domain_life life_of(const struct domain_state *s)
{
	if (s->burial)
		return DOMAIN_BURIAL;
	return !s->worker_pid ? DOMAIN_FREE : s->left ? DOMAIN_LEFT : DOMAIN_TAKEN;
}

struct domain {
	__u32 id;
	enum domain_life life;
	struct store *store;
	struct maps *maps;
	struct domain_state *state;
	struct rings r;
	int memory;                 /* the store's, like the sockets */
	int sock[SHUNT_SLOTS];      /* in the order of WELCOME */
	int view_fd;

	void *witness;              /* a mapping of the frames that nobody touches (holes.c); NULL: there is none */
	bool holes;                 /* frames were taken away from the kernel */
	__u64 bad_frames;           /* requests that made no sense to workers, when we last looked … */
	__u64 made_ns;              /* … and when the frames were made, or taken over */

	int worker;                 /* pidfd, the store's; -1: none */
	void *peer;                 /* its connection (broker.c); NULL: there is none */
	__u64 absent_ns;            /* since when there is no connection */
	bool hung_up;               /* it was the worker that ended it */
	bool told;                  /* and the operator knows */
	bool killed;
	bool spared;                /* it has other rights than its user's (worker_may_be_signalled) */
	bool buried;                /* DOMAIN_LEFT: its worker may come again at once */
	__u64 left_ns;              /* DOMAIN_LEFT: since when */
	__u64 dead_ns;              /* when its death was seen; 0: it lives */
	__u64 up;                   /* cores that it said are up; those hung, too */
	__u64 hung;
	__u64 beat[SHUNT_CORES];    /* last beat seen … */
	__u64 beat_ns[SHUNT_CORES]; /* … and when it moved */

	struct kin kin;             /* the last worker (holders.c) */
	__u64 sought_ns;            /* when a child of it that may hold rings was last looked for … */
	__u32 holder;               /* … and which it was; 0: none */
	struct suspect suspect;     /* what speaks against the policy */
	__u32 user;                 /* whose the worker is, + 1; 0: not known */

	__u32 old_pid;              /* who may hold rings of before, as far as we know; 0: nobody */
	int former;                 /* its pidfd, ours; -1: not known */
	__u32 former_user;          /* whose it is, + 1; 0: not known */
	bool former_left;           /* and it had said goodbye */
	char why[240];              /* why it cannot be made, as told */
	__u64 step_ns;              /* when the present step of the burial began */
};

/* The domain's value of the map "agent". */
static inline struct shunt_agent *agent_of(const struct domain *d)
{
	return &d->maps->agent[d->id];
}

/* Before it is adopted or made, whatever was there: all but the processes that may hold its former rings. */
void domain_forget(struct domain *d, __u64 now_ns);
/* Takes over what the store has of the domain, if it is whole and of this load. */
bool domain_adopt(struct domain *d, const struct shunt_pins *pins, unsigned int ifindex);
/* Makes memory and sockets. -EBUSY: the queue's old rings are still held. */
int domain_make(struct domain *d, const struct shunt_pins *pins, unsigned int ifindex, const struct shunt_geometry *g);
/* view.c: opens and maps the view. 0 or -errno; the descriptor is let go of by domain_let_go(), after a failure, too. */
int view_open(struct domain *d, const struct shunt_pins *pins);
/* geometry.c */
void domain_geometry(struct shunt_geometry *g, const struct shunt_cfg *cfg, const struct shunt_domain *dom,
		     __u32 mtu);
/* Is it what the configuration wants, as far as that says? Another version may have counted other frames. */
bool domain_geometry_serves(const struct shunt_geometry *g, const struct shunt_cfg *cfg, const struct shunt_domain *dom);
/* Parts of these, for host.c, which makes sockets otherwise: */
int domain_make_state(struct domain *d, unsigned int ifindex, const struct shunt_geometry *geo);
int domain_make_memory(struct domain *d);
int domain_map_memory(struct domain *d);
int domain_store_as(struct domain *d, const char *what, int fd);
bool domain_find_state(struct domain *d, unsigned int ifindex);
void domain_is_made(struct domain *d);
void domain_let_go(struct domain *d);

/* All sockets are where XDP finds them. How many were missing, or -errno. */
int domain_put_sockets(struct domain *d);
/* XDP stops feeding the rings, the worker is asked to drain and leave them; we let go of them. */
void domain_give_up(struct domain *d);
/* What was under way when the rings of before vanished is lost. Only while there are none. */
void domain_count_lost(struct domain *d);
/* Writes the list of cores that are up, in the order that XDP needs: what stops first. */
void domain_set_up(struct domain *d, __u64 up);
/* The kernel's counts of what the rings refused, into the map. */
void domain_count_refused(struct domain *d);
/* What a worker must find right in its memory and view; the one before may have written over it. */
void domain_set_right(struct domain *d);
/* Counts of done and backlog that agree with the rings. Only while no core is up. */
void domain_settle_counts(struct domain *d);
