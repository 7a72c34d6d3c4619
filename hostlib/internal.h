/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * internal.h - the parts of libshunt to each other
 *
 * A core's struct is written by its thread alone, but for fields that are marked. Shared with XDP,
 * the agent and other cores are the view, the rings and the memory behind them (abi.h, layout.h).
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <shunt/abi.h>
#include <shunt/native.h>
#include <shunt/shunt.h>

#include "broker.h"
#include "clock.h"
#include "ctx.h"
#include "ledger.h"
#include "preempt.h"
#include "ring.h"
#include "transport.h"
#include "wire.h"

#define FREE_MAX 64          /* frames a core keeps for itself, unless
			      * others hold the fill ring's lock */
#define COMP_KEEP 64         /* where all frames are anybody's: core.comp_keep */
#define ITEMS_KEPT 16        /* later requests of a core before the memory
			      * of one that has ended is used again */
#define KICK_FEW 2           /* replies that may wait for one system call, at first */
#define KICK_MAX 16          /* and in the end */
#define CLAIM_WAIT_NS 50000  /* a claimed core that was never fed is idle again after this */
#define AWAIT_LOOKS 256      /* at its ring, of a claimed core: some 500 ns */
#define HEAL_NS 100000       /* a hold ring empty for so long has no
			      * backlog; nor may one wait so long */

/* The policy in force: native code that came through the agent. */
struct policy {
	struct policy *next; /* older ones, not yet unloaded */
	void *handle;
	int fd;              /* kept open: glibc knows libraries by the path of their descriptor */
	uint64_t gen;
	uint32_t flags;
	SHUNT_POLICY_FNS;
};

/* A request between its rings: running, or parked. The fields
 * that a change of turns uses are in the first two lines. */
struct item {
	struct shunt_req req;
	struct ctx *ctx;      /* its stack; NULL: it runs on the thread's own */
	struct core *core;    /* that runs it, or did last */
	struct item *next;    /* parked: the next of its class; else the next that is free */
	uint64_t queued_ns;   /* since when it is queued: its arrival, or later */
	uint64_t served_ns;   /* in all its turns until now */
	uint64_t sent;        /* number by which a mark names it: its own,
			       * or on the wire that of its last sending */
	uint32_t quanta;      /* used up while others waited */
	uint32_t seq;         /* on the wire: its number there; 0:
			       * the NIC knows nothing of it any more */
	uint16_t place;       /* parked: in ctl->parked */
	uint16_t payload;     /* offset of the payload in the packet */
	uint8_t queue;        /* class it is queued as */
	uint8_t slot;         /* ring it came from: core, or SHUNT_HOLD_SLOT + class */
	bool ended;
	bool stay;            /* parked: only the core that parked it may go on with it */
	bool ipv6;
	bool sane;            /* metadata made sense */
	uint32_t len;         /* bytes of packet */
	uint64_t addr;        /* of the packet in the UMEM */
	long reply;           /* what the handler returned */
	uint64_t token;       /* parked, on the wire: the NIC knows it by this */
	uint32_t life;        /* the NIC's life in which the token is known */
} __shunt_line;

/* A core's own clock: clock.c. */
struct clock {
	uint64_t ticks, ns; /* of the counter, and the time, at the anchor */
	uint64_t span;      /* ticks from there for which the rate holds; 0: no rate is known */
	uint64_t mult;      /* ns a tick, times 2^32 */
	bool off;           /* the counter is of no use */
};

/* Where the next request of a class is. */
enum from { FROM_HOLD, FROM_OWN, FROM_PARKED, FROM_RUNNING };

/* The one that a policy named. */
struct next {
	uint8_t cls; /* + 1; 0: none */
	enum from from;
};

/* The next request of each class, as one core sees it. To
 * begin with, waiting = 0 is all: the rest is 400 bytes. */
struct heads {
	uint32_t waiting; /* classes that have one, one bit each */
	struct head {
		uint64_t queued_ns, arrival_ns;
		enum from from;
	} of[SHUNT_CLASSES];
};

/* Preempted requests, by class in the order of queued_ns.
 * Process-local: the lock dies with its process. */
struct park {
	_Atomic uint32_t lock;
	_Atomic uint32_t mask; /* classes that have some */
	struct parked {
		struct item *first, *last;
		_Atomic uint64_t queued_ns, arrival_ns; /* of the first */
	} of[SHUNT_CLASSES];
	struct item *free;     /* items of nobody */
	uint32_t n;
	uint32_t max;          /* items and stacks there are for it */
	uint64_t used[SHUNT_PARKED / 64]; /* our places in ctl->parked */
	struct item *named[SHUNT_PARKED]; /* by place: requests that wait
					   * for the NIC to name their token */
};

struct core {
	struct shunt *s;
	unsigned int id;
	pthread_t thread;
	bool started;
	int sock;
	struct shunt_ring rx; /* popped by other cores too */
	struct shunt_ring tx; /* this core's alone */
	struct shunt_ring *fill, *comp; /* all cores', or (own_rings()) this one's */
	uint32_t *fill_lock;  /* of fill and comp; of fill alone if the core
			       * has its own: others write that one, too */
	uint32_t comp_keep;   /* sent frames left in the completion ring, for shunt_send() */
	struct wire *wire;    /* the wire transport's */
	struct seat *seat;    /* NULL: no other domain has the CPU */
	struct shunt_core *line;
	struct shunt_core_run *run;

	struct item *item;    /* the request that it takes next, or runs */
	struct item *kept[ITEMS_KEPT]; /* of requests that have ended: the oldest is used next */
	uint32_t turn;        /* counts the requests that ended here;
			       * modulo ITEMS_KEPT: the oldest in kept */
	struct ctx_home home; /* the thread, while a request runs on a stack of its own */
	bool running;         /* a request's handler */
	uint64_t start_ns;    /* of its turn */
	uint64_t deadline_ns; /* when its quantum is over; ~0: it has none */
	bool armed;           /* something waits, so the deadline counts */
	struct next next;     /* goes when the running one has yielded */
	bool loaded;          /* it is the item already */
	enum preempt_way yields; /* why the last one left before it had ended */
	uint32_t skipped;     /* safepoints that need no look at the
			       * clock, of which preempt_tls.skip are left */
	uint32_t pace;        /* safepoints a ns, as last measured, times 2^18 (PACE_SHIFT) */
	uint64_t retry_ns;    /* a counted request could not be seen yet: look again after this */
	uint32_t paced;       /* safepoints since paced_ns */
	uint64_t paced_ns;    /* 0: safepoints are not counted */
	struct shunt_mark taken[SHUNT_NR_MARKERS]; /* marks that were considered */
	struct shunt_mark_for held; /* the request that XDP's mark was for, in this turn */

	void *volatile ask_sp; /* the thread's stack while it is in a function
				* of the policy (ask.c); NULL: it is not */
	uint16_t stuck_asks;  /* by the link: the function of an old policy
			       * in which it last found the core; 0: none */
	uint64_t stuck_beat;  /* by the link: the core's beat then */

	struct clock clock;
	uint64_t now;         /* the clock, when last read */
	bool fresh;           /* that was at the end of a turn, and nothing was done since */
	uint64_t due_ns;      /* when the application's own work is to be done; 0: at once */
	bool idle;            /* we set our idle bit; XDP may have cleared it */
	uint64_t claimed_ns;  /* when we saw that; 0: not claimed */
	uint64_t idle_ns;     /* since when there is nothing to do; 0: there is */
	uint32_t tx_prod;     /* of tx, next entry to write */
	uint32_t pending;     /* replies not yet kicked */
	uint32_t kick_at;     /* so many are */
	struct shunt_free *list; /* frames that this core has in no ring */
	uint32_t nfree;       /* how many those are */
	uint64_t mean_ns[SHUNT_CLASSES]; /* service time, EWMA */
	uint64_t empty_ns[SHUNT_CLASSES]; /* since when the hold ring is empty with a backlog */
	uint32_t empty_enq[SHUNT_CLASSES]; /* enq since then: nothing more was held */
	_Atomic uint64_t policy_seen; /* generation that this core may
				       * still be using; read by the link */
	bool ending;          /* the core ends, and has a queue of its own */
	uint32_t last;        /* ending: entries of that queue before this index are served */
	int err;
} __shunt_line;

struct shunt {
	struct shunt_opts opts;
	bool forked;   /* this is a copy in a fork of the process
			* that opened it: nothing here is open */
	_Atomic bool running; /* shunt_run() */
	bool catching; /* the handler for opts.signal is installed */
	struct shunt *next_open; /* fork.c's */
	char socket[108];
	char name[SHUNT_NAME_LEN];
	char text[192];

	int link;      /* to the agent; -1: it is gone */
	int wake;      /* eventfd: shunt_stop() */
	_Atomic bool stop;   /* shunt_stop() was called */
	_Atomic bool leave;  /* the rings are to be given up */
	_Atomic bool quit;   /* cores: drain your own ring and end */

	uint32_t domain;
	uint32_t slot;       /* of this process in the domain */
	unsigned int ncores; /* threads */
	struct shunt_geometry geo;
	uint64_t memory_ino;   /* the memory's inode, by which a later agent's is told from it */
	uint16_t cpu[SHUNT_CORES];
	char class_name[SHUNT_CLASSES][SHUNT_NAME_LEN];

	char *memory;
	struct shunt_ctl *ctl;
	struct shunt_view *view;
	struct shunt_ring fill[SHUNT_CORES], comp[SHUNT_CORES]; /* shunt_fill_rings() of them */
	const struct transport *transport;
	struct wires *wire;                   /* the wire transport's */
	uint32_t nhold;                       /* hold rings: one a class, or none
					       * where cores have queues of their own */
	struct shunt_ring hold[SHUNT_CLASSES]; /* popped by all cores */
	int hold_sock[SHUNT_CLASSES];
	struct core *core;                    /* geo.ncores of them */
	struct seats *seats;                  /* NULL: other domains have none of the CPUs */
	struct actors *actors;                /* NULL: the load has none */
	struct park park;
	struct item *items;                   /* 1 + ITEMS_KEPT a core, and
					       * as many as may be parked */
	struct ctx_pool stacks;
	int unpark;                           /* eventfd: a request was parked while a core slept */

	struct policy *_Atomic policy;
};

/* Has each core a queue, so a fill and a completion ring, of its own? */
static inline bool own_rings(const struct shunt *s)
{
	return s->geo.nqueues;
}

/* All cores are to end. */
static inline void stop(struct shunt *s)
{
	uint64_t one = 1;
	ssize_t n;

	atomic_store(&s->stop, true);
	n = write(s->wake, &one, sizeof(one));
	(void)n; /* the link looks every 100 ms anyway */
}

#if defined(__x86_64__)
uint64_t clock_anchor(struct core *c, uint64_t ticks);

/* CLOCK_MONOTONIC, to some 30 ns. The core's thread alone. */
static inline uint64_t core_clock(struct core *c)
{
	uint64_t ticks = __builtin_ia32_rdtsc(), past = ticks - c->clock.ticks;

	if (__builtin_expect(past < c->clock.span, 1))
		return c->clock.ns + (past * c->clock.mult >> 32);
	return clock_anchor(c, ticks);
}
#else
static inline uint64_t core_clock(struct core *c)
{
	return clock_ns();
}
#endif

/* Stores behind step() are made after those before it:
 * enough for a reader who looks when the process is dead. */
#define step() atomic_signal_fence(memory_order_seq_cst)

/* error.c */
int set_error(struct shunt *s, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* link.c: the conversation with the agent */
int link_attach(struct shunt *s);
void link_detach(struct shunt *s, bool bye);
int link_serve(struct shunt *s);

/* fork.c */
void fork_watch(struct shunt *s);
void fork_unwatch(struct shunt *s);
void fork_end_child(void) __attribute__((noreturn));

/* After each of the application's functions. */
static inline void fork_check(const struct shunt *s)
{
	if (__builtin_expect(s->forked, 0))
		fork_end_child();
}

/* grace.c */
int grace_follow(struct shunt *s);
void grace_end(struct shunt *s);

/* ask.c: a function of the policy is called; SHUNT_GO_ON
 * where the thread had to be taken out of it */
int policy_ask(struct core *c, const struct policy *p, enum shunt_ask_op op,
	       const struct shunt_event *ev);
/* ask.c: by the link, now and then: takes cores out of
 * policies that are no longer in force and do not return */
void ask_unstick(struct shunt *s);

/* policy.c */
int policy_take(struct shunt *s, int fd, const struct shunt_msg_policy *msg);
int policy_none(struct shunt *s);
void policy_free_all(struct shunt *s);

/* pin.c: the core's thread to its CPU: 0 or -errno. Is it there, or else can it be moved back? */
int core_pin(struct core *c);
bool core_is_home(struct core *c);

/* queue.c: a request out of its ring, and its end */
bool queue_pop(struct core *c, uint32_t slot, struct item *it);
struct shunt_meta *queue_meta(const struct shunt *s, uint64_t addr);
void queue_fill(struct core *c, struct item *it, const struct xdp_desc *desc, uint32_t slot);
void queue_run(struct core *c, const struct item *it);
void queue_prefetch(const struct shunt *s, const struct shunt_ring *r);
uint64_t queue_wait_most(const struct shunt *s, uint32_t cls);
bool queue_expire(struct core *c, const struct item *it);
void queue_end(struct core *c, struct item *it, uint64_t service_ns, bool timed);
void queue_heal(struct core *c);

/* next.c: what there is to do, and which of it is next */
uint32_t next_held(const struct shunt *s);
bool next_waits(const struct core *c);
void next_prefetch(const struct core *c);
void next_prefetch_heads(const struct core *c);
bool next_steals(const struct shunt *s, const struct policy *p);
enum asked next_ask(struct core *c, const struct policy *p, uint64_t now, uint64_t queued_ns,
		    uint64_t *since);
bool next_take(struct core *c);
void next_note_found(struct core *c, const struct item *it);

/* frames.c: the way of a frame: fill, receive, send, completion, fill */
void frames_free(struct core *c, uint64_t addr);
int frames_get(struct core *c, uint64_t *addr);
void frames_recycle(struct core *c);
void frames_adopt(struct core *c);

/* reply.c */
bool reply_room(struct core *c);
void reply_frame(struct core *c, uint64_t addr, uint32_t len);
bool reply_in_place(struct core *c, struct item *it, uint32_t len);
int reply_more(struct core *c, struct item *it, const void *data, size_t len);
void reply_kick(struct core *c);

/* park.c: preempted requests */
int park_init(struct shunt *s);
void park_free(struct shunt *s);
bool park_full(const struct shunt *s);
bool park_put(struct core *c, int next);
bool park_take(struct core *c, uint32_t cls);
void park_done(struct core *c, struct item *it);
void park_wake_sleeper(struct core *c);
bool park_take_any(struct core *c);
bool park_resume(struct core *c, uint64_t token, uint64_t sent);
void park_orphan(struct core *c, uint64_t token);
void park_orphans(struct core *c, uint32_t life);

/* wire_attach.c: what it takes to be served by a NIC that shares no memory with us */
int wire_take(struct shunt *s, const struct shunt_msg_wire *msg, int epochs);

/* wire_epoch.c: the core's epoch */
void wire_epoch_tick(struct core *c);

/* wire_credit.c, wire.c: the link to it */
void wire_start(struct core *c);
void wire_stop(struct core *c);
bool wire_next(struct core *c);
void wire_end(struct core *c, const struct item *it, bool replied, uint64_t service_ns);
void wire_parked(struct core *c, uint32_t seq, uint64_t token);
void wire_credit(struct core *c);
uint64_t wire_tick(struct core *c);
bool wire_waits(const struct core *c);
bool wire_drained(struct core *c);
void wire_idle(struct core *c);
void wire_name(struct core *c, struct item *it);
enum asked wire_ask(struct core *c, const struct policy *p, uint64_t now, uint64_t queued_ns,
		    uint64_t *since);

/* yield.c: when a request makes room for another; preempt.h: where it may */
void yield_thread(struct core *c);
struct core *yield_core(void);

/*
 * Is the request the one that this thread, which is core c, runs now? Any other belongs to another
 * thread, or has ended, and then its memory may hold the request of another client: so nothing is
 * looked up by the caller's pointer.
 */
static inline bool yield_runs(const struct core *c, const struct shunt_req *req)
{
	return c && c->running && req->id == c->item->req.id && req->turn == c->item->req.turn;
}

void yield_no_thread(void);
void yield_start(struct core *c, uint64_t now);
void yield_end(struct core *c);
void yield_point(enum preempt_way way);

/* core.c: a core's thread */
void *core_main(void *arg);

/* idle.c */
void idle_turn(struct core *c);
void idle_over(struct core *c);
void idle_beside_xdp(struct core *c);
bool idle_may_sleep(const struct core *c);
int idle_sleep_ms(const struct core *c);
void idle_relax(void);
