/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * domain.h - one domain: the pool, the worker that has it, and the former one, which may still hold
 * rings of before
 */
#pragma once

#include "former.h"
#include "maps.h"
#include "phase.h"
#include "pool.h"
#include "worker.h"

struct ledger_dead;
struct store;

struct domain {
	__u32 id;
	enum domain_phase phase;
	struct store *store;
	struct maps *maps;
	struct pool pool;
	struct worker worker;
	struct former former;
	__u64 seat_ns;     /* how long a core has a seat that another domain wants, too */
	__u64 seat_wanted; /* cores whose seat one does (seats.c) */
	__u64 seat_away;   /* cores that wait for another domain to leave the seat (seats.c) */
	bool copies;      /* zero copy failed on one of its queues */
	__u32 damaged_by; /* the user whose workers damaged the domain's
			   * former memory, + 1, until users.c knows; 0: none */
	char why[240];  /* why it cannot be made, as told */
	__u64 step_ns;  /* DOMAIN_RECLAIM: when the present step began */
};

/* The domain's value of the map "agent". */
static inline struct shunt_agent *agent_of(const struct domain *d)
{
	return &d->maps->agent[d->id];
}

/* The receive queue that feeds it, the first of several. */
static inline __u32 domain_queue(const struct domain *d)
{
	return queue_of(d->maps, d->id, 0);
}

/* Before the domain is adopted or made: forgets all
 * but the processes that may hold its former rings. */
void domain_forget(struct domain *d, __u64 now_ns);
/* Takes over what the store has of the domain, if it is whole and of this load. */
bool domain_adopt(struct domain *d, const struct shunt_pins *pins, unsigned int ifindex);
/* Makes memory and sockets. -EBUSY: the queue's old rings are still held. */
int domain_make(struct domain *d, const struct shunt_pins *pins, unsigned int ifindex,
		const struct shunt_geometry *g);
/* The last step of that. */
void domain_is_made(struct domain *d);
/* The domain cannot be made; err: -EBUSY, or another reason. */
void domain_is_not_made(struct domain *d, int err);
/* The domain's queues may have been in use, and a page was bound
 * there to see: they are, or will be free the next time. */
void domain_was_tried(struct domain *d, bool busy);
/* geometry.c */
void domain_geometry(struct shunt_geometry *g, const struct shunt_cfg *cfg,
		     const struct shunt_domain *dom, __u32 mtu);
/* Is the geometry what the configuration wants, as far as
 * that says? Another version may have counted other frames. */
bool domain_geometry_serves(const struct shunt_geometry *g, const struct shunt_cfg *cfg,
			    const struct shunt_domain *dom);
/* Lets go of the domain's pool: here, and in the keeper. */
void domain_let_go(struct domain *d);
/* As domain_let_go(), but first XDP stops feeding the
 * rings, and the worker is asked to drain and leave them. */
void domain_give_up(struct domain *d);
/* As domain_give_up(), if the worker has damaged the frames: no process keeps any of them. */
void domain_discard(struct domain *d);
/* Frees the frames, even if processes have them open or mapped. */
void domain_empty_frames(const struct domain *d);

/* Counts as lost all requests that were under way when the
 * former rings vanished. Only while there are no rings. */
void domain_count_lost(struct domain *d);
/* Writes the list of cores that are up, in the order that XDP needs: what stops first. */
void domain_set_up(struct domain *d, __u64 up);
/* The kernel's counts of what the rings refused, into the map. */
void domain_count_refused(struct domain *d);
/* The slot and cores of the worker that died; all slots
 * and cores, if no other process has a core here. */
struct ledger_dead domain_dead(const struct domain *d);
/* Sets right the memory and view that a worker finds; the dead one may have written over them. */
void domain_set_right(struct domain *d, const struct ledger_dead *dead);
/* Counts of done and backlog that agree with the rings. Only while no core is up. */
void domain_settle_counts(struct domain *d);
