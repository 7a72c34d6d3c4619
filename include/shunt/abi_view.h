/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * abi_view.h - the view of a domain, which XDP, the agent and the domain's worker share
 */
#pragma once

#include <shunt/abi_base.h>

/*
 * View: the state of one domain that policies look at, shared by XDP and the domain's worker.
 * One map a domain ("view0" …), in the map of maps "views"; mapped by the worker, so nothing here
 * is trusted by XDP or the agent.
 */

/* The request that core i runs, and the one that it was about to take: read
 * by the agent when the worker is dead. The order of stores: lib/ledger.h. */
struct shunt_core_run {
	__u64 id;        /* request it runs; 0: none */
	__u64 start_ns;  /* when it got the CPU; 0: the core did not read the clock */
	__u64 intent;    /* SHUNT_INTENT(ring, index) it is popping; 0: none */
	__u32 intent_frame; /* of the entry of intent: its frame, by number */
	__u32 intent_id;    /* of the entry of intent: lower half of its request's number */
	__u32 frame;     /* of the request that it runs, by number */
	__u32 base;      /* ended[cls] of this core when the request started, mod 2^32 */
	__u32 tx_end;    /* send ring's producer once the reply is in (with tx_set) */
	__u32 beat;      /* counts the turns of the core's loop: silent = hung */
	__u32 tid;       /* thread, for signals */
	__u8 cls;
	__u8 intent_cls;
	__u8 tx_set;
	__u8 held;       /* 1: it came through a hold queue, so sent and done know nothing of it */
	__u8 queue;      /* class that it is queued as: cls, or what it was demoted to */
	__u8 state;      /* enum shunt_core_state */
	__u8 signal;     /* the signal that stops a request of this thread; 0: none must be sent */
	__u8 slot;       /* of the process that writes this line: 0 … SHUNT_WORKERS - 1 */
	__u16 asks;      /* SHUNT_ASKS(generation, function) of
			  * the policy that it is in; 0: in none */
	__u16 intent_off; /* where in the frame the packet begins, its metadata below it */
} __shunt_line;

enum shunt_core_state {
	SHUNT_CORE_OFF,
	SHUNT_CORE_BUSY,
	SHUNT_CORE_IDLE,
	SHUNT_CORE_ASLEEP,
	SHUNT_CORE_AWAY, /* another domain's core is on the seat (abi_seat.h) */
};

/* The policy function (enum shunt_ask_op) that a core is in, with
 * as many bits of the policy's generation as there is room for. */
#define SHUNT_ASKS(gen, op) ((__u16)((gen) << 3 | ((op) + 1)))
#define SHUNT_ASKS_GEN(asks) ((asks) >> 3)
#define SHUNT_ASKS_OP(asks) (((asks) & 7) - 1)

/* ring: slot of the socket (core, or SHUNT_HOLD_SLOT + class); index: of its consumer, mod 2^32 */
#define SHUNT_INTENT(ring, index) (1ULL << 63 | (__u64)(ring) << 32 | (__u32)(index))

/*
 * Marks: orders to yield, each addressed to one request. A mark for a request that has ended, or
 * that runs elsewhere by now, stops nobody.
 *
 * Order: id = 0, deadline_ns, id, and last of all look = 1, each after the one before. The core
 * clears look first, then reads the marks: what it misses sets look again.
 */
enum shunt_marker { SHUNT_MARK_XDP, SHUNT_MARK_AGENT, SHUNT_NR_MARKERS };

struct shunt_mark {
	__u64 id;          /* of the request; 0: none */
	__u64 deadline_ns; /* when its quantum ends */
};

/* The held request for which XDP wrote its mark: when it is the head
 * of its class, its arrival need not be fetched from the packet. */
struct shunt_mark_for {
	__u64 arrival_ns; /* 0: none */
	__u32 seq;        /* it is the head while deq[cls] is this */
	__u32 cls;
};

/* A request's number and the core's epoch, for "came". */
#define SHUNT_CAME(epoch, seq) ((__u64)(epoch) << 32 | (__u32)(seq))

struct shunt_core_mark {
	__u32 look;   /* XDP, agent, core: 1 = there may be a
		       * reason to yield. Safepoints read this */
	__u32 pad;
	struct shunt_mark_for held; /* XDP: belongs to its mark, and is written with its deadline */
	__u64 came;   /* XDP, wire transport: SHUNT_CAME() of the last request on
		       * its way to the core's ring that is to go first; 0: none yet */
	struct shunt_mark by[SHUNT_NR_MARKERS]; /* each by its marker alone */
} __shunt_line;

/* The heads of the queues as core i sees them: parked requests and
 * its own ring included. Written by core i before it asks the policy. */
struct shunt_core_heads {
	__u64 head_ns[SHUNT_CLASSES];   /* arrival of the class's next request */
	__u64 queued_ns[SHUNT_CLASSES]; /* since when it is queued: later,
					 * if it was preempted to the tail */
} __shunt_line;

/* Preemption on core i. Written by core i. */
#define SHUNT_DELAYS 16

enum shunt_way { SHUNT_BY_SAFEPOINT, SHUNT_BY_SIGNAL, SHUNT_WAYS };

struct shunt_core_preempt {
	__u64 yielded[SHUNT_WAYS]; /* requests preempted */
	__u64 resumed;
	__u64 stayed;     /* quantum used up, but the policy named nobody else */
	__u64 late;       /* marks for a request that this core does not run (any more) */
	__u64 demoted;
	__u64 full;       /* not preempted: as many as may be parked were */
	__u64 pad;
	__u64 delay[SHUNT_DELAYS]; /* yields by ns since both quantum was over and the
				    * next one waited: [i] < 64 << i, the last: any */
} __shunt_line;

/* Core i's counts, per class. Written by core i. Sums wrap: take differences. */
struct shunt_core_class {
	__u64 replied;    /* requests answered: the reply is in the send ring */
	__u64 noreply;    /* requests that ended without one */
	__u64 service_ns; /* sum of service times */
	__u64 service_sq; /* sum of (service time in ns)^2, mod 2^64 */
	__u64 wait_ns;    /* sum of waits of held requests (arrival to start) */
	__u64 held;       /* of the ended: came through the hold queue */
	__u64 stolen;     /* of the ended: taken from another core's ring */
	__u64 timed;      /* of the ended: service time was measured */
} __shunt_line;

struct shunt_core_stats {
	__u64 busy_ns;    /* time in handlers */
	__u64 kicks;      /* system calls to send */
	__u64 unfed;      /* claimed by XDP, but nothing came */
	__u64 healed;     /* backlog counts that were set right */
	__u64 send_fail;  /* datagrams of a reply that could not be sent */
	__u64 bad_frame;  /* descriptors or metadata that made no sense */
	__u64 lost_race;  /* pops that another core won */
	__u64 slept;      /* times it blocked in poll() */
	__u64 found;      /* held requests that it found while it had nothing to do */
	__u64 found_late; /* of these: waited more than 100 us beside this idle core */
	__u64 found_max_ns; /* the longest such wait */
	__u64 let_on;     /* times that another one let it on its seat (abi_seat.h) */
	__u64 let_on_ns;  /* sum, from the moves that did so to its first looks */
	__u64 pad[3];
} __shunt_line;

/* Requests that core i found too old: nobody had served for long, or
 * they had waited longer than "expire"; per class. Written by core i. */
struct shunt_core_expired {
	__u64 n[SHUNT_CLASSES];
} __shunt_line;

/* The actor (abi_actor.h) of the request that the run line tells of: read by the agent when the
 * worker is dead. The order of stores: lib/ledger.h. */
struct shunt_core_actor {
	__u32 nr;         /* its number, + 1; 0: the request is no actor's */
	__u32 base;       /* what this core had ended of the actor
			   * when the request started, mod 2^32 */
} __shunt_line;

/* Requests that ended here after their objective; per class. Written by core i, or the NIC. */
struct shunt_core_late {
	__u64 n[SHUNT_CLASSES];
} __shunt_line;

struct shunt_core {
	struct shunt_core_run run;   /* core i */
	struct shunt_core_mark mark; /* XDP, agent; look: core i, too */
	struct shunt_core_stats stats; /* core i */
	struct shunt_core_heads heads; /* core i */
	struct shunt_core_preempt preempt; /* core i */
	struct shunt_core_expired expired; /* core i */
	struct shunt_core_late late; /* core i */
	struct shunt_core_actor actor; /* core i */
	struct shunt_core_class cls[SHUNT_CLASSES]; /* core i */
};

/* A class's rules for preemption. */
struct shunt_view_class {
	__u8 requeue;      /* SHUNT_HEAD or SHUNT_TAIL:
			    * SHUNT_REQUEUE_AUTO is decided by the agent */
	__u8 demote_to;
	__u16 demote_after; /* quanta; 0: never */
};

/* The decisions of plan(), in two banks: one is in force, plan() writes the other one, and one
 * store to "use" puts that one in force. A plan counts only in the generation that "use" names. */
#define SHUNT_PLAN_USE(gen, bank) ((__u64)(gen) << 1 | (bank))
#define SHUNT_PLAN_GEN(use) ((use) >> 1)

struct shunt_plan {
	__u64 use;                                  /* SHUNT_PLAN_USE(generation, bank in force) */
	__u64 word[2][SHUNT_PLANS] __shunt_line;
} __shunt_line;

/* Preempted requests that wait, of one process: written by its cores, one at a time. */
struct shunt_view_parked {
	__u32 cls[SHUNT_CLASSES];
	__u32 held;      /* of these, those from a hold queue */
	__u32 now;       /* all of them */
	__u32 peak;      /* the most there ever were at once */
} __shunt_line;

struct shunt_view {
	__u64 idle __shunt_line;  /* core i sets and clears bit i, XDP clears: atomics only */
	__u64 away;               /* programs of seats (abi_seat.h), by atomics: cores whose
				   * seat this domain does not have */

	__u64 up __shunt_line;    /* agent; XDP sets it right from the domain's */
	__u32 abi;                /* loader */
	__u32 nclasses;           /* loader */
	__u32 ncores_up;          /* agent: entries of order[] */
	__u32 stale;              /* agent: 1 = these rings are being given up: drain and leave */
	__u64 policy_gen;         /* agent: workers fetch the policy when it moves */
	__u8 order[SHUNT_CORES] __shunt_line; /* agent: the cores that are up, ascending */

	__u32 enq[SHUNT_CLASSES] __shunt_line;  /* XDP: held so far */
	__u32 deq[SHUNT_CLASSES] __shunt_line;  /* cores: taken so far */
	__u32 sent[SHUNT_CORES] __shunt_line;   /* XDP: steered to core i so far */
	__u32 done[SHUNT_CORES] __shunt_line;   /* cores, atomic add: of
						 * these, taken to their end */
	struct shunt_view_parked parked[SHUNT_WORKERS]; /* cores of the process in that slot */
	__u32 deferred[SHUNT_CLASSES] __shunt_line; /* cores, one at a time: requests
						     * whose reply comes later (none yet) */
	__u32 deferred_held __shunt_line; /* of deferred: requests from a hold queue */

	__u32 slo_us[SHUNT_CLASSES] __shunt_line;     /* XDP, agent: from the map
						       * slo_us, clamped; 0 = none */
	__u32 quantum_us[SHUNT_CLASSES] __shunt_line; /* XDP, agent: from the map quantum_us,
						       * or the frames of a NIC, clamped */
	struct shunt_view_class cls[SHUNT_CLASSES] __shunt_line; /* agent: from the map classes */
	__u32 preempt __shunt_line;                   /* agent: 1 = requests are preempted */
	__u32 parked_max;                             /* agent: at most SHUNT_PARKED */
	__u32 grace_us;                               /* agent: 0 = requests are sent no signals */
	__u32 hold_age_ms;                            /* agent: requests that waited longer
						       * while no core was up expire; 0: never */
	__u64 serve_from_ns;                          /* agent, worker: requests that arrived
						       * earlier expire; 0: none does */
	__u32 switch_ns;   /* agent: from the move that lets this domain on a seat to its core's
			    * first look, as measured lately; 0: not measured, or no seats */
	__u32 expires;     /* agent: classes with an "expire", a bit each */
	__u16 expire[SHUNT_CLASSES];                  /* agent: requests that waited longer than so
						       * many objectives expire; 0: none does */
	__u64 knob[SHUNT_KNOBS] __shunt_line;         /* loader, agent: from the map knobs */
	__u32 mean_ns[SHUNT_CLASSES] __shunt_line;    /* agent: service times, as it
						       * measures them; 0: not yet */
	__u32 sigma_ns[SHUNT_CLASSES] __shunt_line;   /* agent: their standard deviation */
	__u32 rate[SHUNT_CLASSES] __shunt_line;       /* agent: requests ended a second */
	__u32 admit[SHUNT_CLASSES] __shunt_line;      /* agent: from the map admit, clamped */
	__u32 least[SHUNT_CLASSES] __shunt_line;      /* agent: from the map least, clamped */
	__u64 bad_index __shunt_line;                 /* policies' accessors, atomic add:
						       * numbers beyond what there is */

	/*
	 * A policy's own memory, by its slot: at a switch the policy of before may still run
	 * somewhere and write its own. Before a generation is put in force its slot is zeroed.
	 * "use" of a plan is written then, and after that by plan()'s program.
	 */
	__u64 state[SHUNT_POLICY_SLOTS][SHUNT_STATES] __shunt_line; /* policies: shunt_add, _cas */
	__u64 core_state[SHUNT_POLICY_SLOTS][SHUNT_CORES][SHUNT_CORE_STATES]
		__shunt_line;                         /* policies: shunt_core_add, _cas */
	struct shunt_plan plan[SHUNT_POLICY_SLOTS];   /* plan() */

	struct shunt_core core[SHUNT_CORES];
};

/* Preempted requests of a class, of whichever process. */
static inline __attribute__((always_inline)) __u32 shunt_view_parked(const struct shunt_view *v,
								     __u32 cls)
{
	__u32 n = 0;

	for (int i = 0; i < SHUNT_WORKERS; i++)
		n += __atomic_load_n(&v->parked[i].cls[cls], __ATOMIC_RELAXED);
	return n;
}

/* Has any process of the domain a preempted request? */
static inline __attribute__((always_inline)) __u32
shunt_view_any_parked(const struct shunt_view *v)
{
	__u32 n = 0;

	for (int i = 0; i < SHUNT_WORKERS; i++)
		n |= __atomic_load_n(&v->parked[i].now, __ATOMIC_RELAXED);
	return n;
}

SHUNT_ASSERT(sizeof(struct shunt_core) == 32 * SHUNT_LINE, "core: whole lines");
SHUNT_ASSERT(sizeof(struct shunt_view) % SHUNT_LINE == 0, "view: whole lines");
SHUNT_ASSERT(sizeof(((struct shunt_view *)0)->core_state[0]) == SHUNT_CORES * SHUNT_LINE,
	     "policies have a line a core");
