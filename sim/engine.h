/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.h - the state of a run; loop.c has the clock, nic.c
 * what decides, cores.c what serves, waiting.c what waits
 *
 * loop.c, nic.c, cores.c and waiting.c are compiled twice: in whole.c, and in plain.c for runs
 * without anything RARE, which are most and so spend no time on it. Both give the same results.
 *
 * No heap: what is to happen comes from a fixed set of sources (the arrivals, each core, each line
 * of things that travel for a constant time and so arrive in the order they left), and a
 * tournament over the sources' next times finds the first; the arrivals, which have half of all
 * events, are compared with its winner instead. Nothing is allocated once a run has begun.
 */
#pragma once

#include <shunt/policy.h>

#include "measure.h"
#include "sim.h"
#include "source.h"
#include "tournament.h"
#include "view.h"

#ifdef PLAIN
#define HOT static
#define RARE(what) 0
#define LOOP engine_loop_plain
#else
#define HOT
#define RARE(what) (what)
#define LOOP engine_loop
#endif

struct req {
	tick arrival;
	tick queued;  /* when it was put where it waits */
	tick left;    /* service still to do */
	tick service;
	uint64_t n;   /* number of its arrival, from 0; of calls: the copy that it is */
	uint32_t flow;
	uint32_t next, prev; /* in its queue; 0: none */
	uint8_t cls;
	uint8_t steered; /* counted in sent */
	uint8_t core;    /* steered to */
	uint8_t parked;  /* was preempted, and waits */
	uint8_t runs;    /* kept for calls alone */
	uint8_t at_head; /* prestaged: it waits in parked */
} __attribute__((aligned(SHUNT_LINE)));

struct fifo {
	uint32_t head, tail, n;
};

/* A request or a core's word on its way along a line. */
struct item {
	tick at;
	uint32_t req;
	uint16_t core;
	uint16_t what;
};

/* Deliveries: to a core or a hold queue. Words: bits. */
enum { ITEM_STEER, ITEM_HOLD };
enum { WORD_IDLE = 1, WORD_DONE = 2, WORD_CREDIT = 4 };

/* A line grows to its high-water mark, a power of two, and stays. */
struct line {
	struct item *item;
	uint32_t head, tail, size;
	int leaf;
};

enum refusal { REFUSED_DROP, REFUSED_REJECT, REFUSED_LOST, REFUSED_EXPIRED };

enum core_next { CORE_DONE, CORE_QUANTUM, CORE_YIELD };

struct core {
	uint32_t run;      /* request; 0: none */
	uint8_t next;      /* enum core_next: what its time in the tournament stands for */
	uint8_t up;
	tick begin;        /* when the service of this slice began */
	tick end;          /* when it will have ended, if nobody interrupts it */
	tick busy;         /* sum; less when it began, while it runs something */
	tick stalled;      /* until when its CPU is away */
	struct fifo ring;
	uint32_t seen;     /* of these, so many were there when it began its request */
	uint32_t coming;   /* steered and on the way */
	uint32_t load;     /* outstanding as the NIC counts (wire) or as it is (published) */
} __attribute__((aligned(SHUNT_LINE)));
_Static_assert(sizeof(struct core) == SHUNT_LINE, "a core is one line");

enum { LINE_NIC, LINE_CREDIT, LINE_DELIVER, LINE_FEEDBACK, LINE_AGENT, NLINES };

#define OUTSTANDING_MAX 16

struct domain {
	struct shunt_view *v;
	struct times times;
	struct core core[SHUNT_CORES];
	const struct policy *p;
	bool steals, idle_only; /* as p says */
	uint64_t free;     /* cores that have nothing, and nothing on the way */
	uint64_t over;     /* cores whose request used up its quantum while nobody waited */
	uint64_t ringful;  /* cores with something in their ring that others may take */
	uint32_t waiting;  /* classes with something held or parked */
	struct fifo held[SHUNT_CLASSES];   /* in order of being queued */
	struct fifo parked[SHUNT_CLASSES]; /* back at the head: sorted by
					    * when they were queued first */
	struct line line[NLINES];
	tick nic_free, credit_free;
	uint32_t nic_n;    /* in front of the NIC */
	uint64_t arrived;
	uint64_t at_load[OUTSTANDING_MAX + 1]; /* wire: cores with so many outstanding */
	int ncores, index;
	int leaf;          /* its first core's */
};

struct engine;

/* stall.c: CPUs that are taken away now and then. */
struct stalls {
	struct rng random;
	struct dist core, nic;
	double core_rate, nic_rate; /* of all together, a tick; 0: never */
};

/* How calls (calls.h) hear of their copies. Nothing is sent
 * from there: the server is in the midst of it. */
struct call_hooks {
	void (*ended)(struct engine *e, const struct req *q);
	void (*refused)(struct engine *e, const struct req *q, enum refusal how);
};

/*
 * Functions that few runs use, and plain.c leaves out. The loop calls them through these pointers,
 * so that it depends on none of their files, which depend on it.
 */
struct rare {
	void (*fail)(struct engine *e);
	void (*stall)(struct engine *e);
	void (*services_look)(struct engine *e);
	void (*services_arrived)(struct engine *e);
	bool (*services_leave)(struct engine *e, struct domain *d, int i);
	tick (*services_change)(struct engine *e, struct domain *d, int i, uint32_t r);
	bool (*far_next)(struct engine *e, struct domain *d, int i, tick extra);
	void (*far_wake)(struct engine *e, struct domain *d);
	void (*expire)(struct engine *e, struct domain *d, int i);
	void (*staged_arrive)(struct engine *e, struct domain *d, uint32_t r);
	bool (*staged_next)(struct engine *e, struct domain *d, int i, tick extra);
	void (*staged_ended)(struct engine *e, struct domain *d, int i, const struct req *q);
	void (*staged_yield)(struct engine *e, struct domain *d, int i);
	void (*staged_line)(struct engine *e, struct domain *d, int which, const struct item *what);
	/* seats.c */
	bool (*seats_there)(const struct engine *e, const struct domain *d, int i);
	void (*seats_wanted)(struct engine *e, struct domain *d, int i);
	void (*seats_idle)(struct engine *e, struct domain *d, int i);
	bool (*seats_yield)(struct engine *e, struct domain *d, int i);
};

struct engine {
	struct calls *calls; /* whose copies the requests are; NULL: each is for itself */
	const struct call_hooks *hooks;
	const struct rare *rare;
	int index;           /* of the server, among those of the calls */
	const struct run_config *c;
	struct run_result *r;
	tick now;
	/* costs in ticks */
	tick nic, credit, deliver, feedback, start, end, rest, pop, steal, steal_home, mark,
		safepoint, yield, swap;
	tick publish, publish_delay;
	tick quantum[SHUNT_CLASSES]; /* NEVER: not preempted */
	tick wait_most[SHUNT_CLASSES]; /* what waited longer expires; NEVER: it waits on */
	uint32_t expires;      /* classes of which requests may expire, a bit each */
	enum transport transport;
	bool preempt, timer, stamp_nic, unseen;
	bool elastic;
	int outstanding;
	tick far;
	double *slowness;      /* what a service takes on a domain's cores; NULL: what it says */
	struct services *services; /* services.h: each has a domain; NULL:
				    * flows are spread over domains */
	struct staged *staged; /* staged.h: an agent decides; NULL */
	struct seats *seats;   /* seats.h: services take turns on cores; NULL */
	uint8_t *last_service; /* by core, where services share them
				* and a change costs something; NULL */
	uint32_t ring_max, hold_max, nic_max;
	struct rng random;
	struct source src;
	struct arrival coming;
	struct req *pool;
	uint32_t free_req, fresh_req, pool_max;
	struct domain *dom;
	int ndomains;
	struct tournament times;
	struct leaf *leaves;
	int nleaves;
	struct loads *loads; /* published, not yet there */
	uint32_t loads_head, loads_tail, loads_size;
	int next_fail;
	struct failure fail[2 * SIM_FAILS]; /* sorted; for_us < 0: comes back */
	int nfails;
	struct stalls stalls;
	tick change;
	double slow[SHUNT_CORES];
	/* measuring */
	uint64_t warm, in_flight, backlog, done_in_time;
	tick first, last;  /* arrivals that are measured */
	struct measure m;
	bool ending;
};

struct loads {
	tick at;
	uint8_t load[SIM_CORES];
};

/* The tournament's leaves: the whole run's events come first, then each domain's lines and cores;
 * an event that cannot happen in this run has no leaf. */
enum { LEAF_FAIL, LEAF_PUBLISH, LEAF_PUBLISHED, LEAF_STALL, LEAF_ELASTIC, LEAF_MOVED, LEAF_FIRST };
enum { LEAF_LINES = SHUNT_CORES, LEAF_RUN = LEAF_LINES + NLINES };

struct leaf {
	uint16_t domain;
	uint16_t is; /* a core of it; LEAF_LINES and its line; LEAF_RUN and which */
};

static inline void set_time(struct engine *e, int leaf, tick at)
{
	tournament_set(&e->times, leaf, at);
}

static inline void set_core(struct engine *e, struct domain *d, int i, enum core_next next, tick at)
{
	d->core[i].next = next;
	set_time(e, d->leaf + i, at);
}

static inline void fifo_push(struct engine *e, struct fifo *q, uint32_t r)
{
	e->pool[r].next = 0;
	e->pool[r].prev = q->tail;
	if (q->tail)
		e->pool[q->tail].next = r;
	else
		q->head = r;
	q->tail = r;
	q->n++;
}

static inline uint32_t fifo_pop(struct engine *e, struct fifo *q)
{
	uint32_t r = q->head;

	q->head = e->pool[r].next;
	if (q->head)
		e->pool[q->head].prev = 0;
	else
		q->tail = 0;
	q->n--;
	return r;
}

static inline void req_free(struct engine *e, uint32_t r)
{
	e->pool[r].next = e->free_req;
	e->free_req = r;
	e->in_flight--;
}

static inline bool measured(const struct engine *e, const struct req *r)
{
	return r->n >= e->warm;
}

/* What a policy's done() is told of a request that a core is rid of, which ran for so long. */
static inline struct shunt_event end_of(const struct engine *e, const struct req *q, int core,
					tick ran)
{
	return (struct shunt_event){
		.now_ns = e->now / TICKS_NS,
		.run_ns = q->arrival / TICKS_NS,
		.cls = q->cls,
		.core = core,
		.run_cls = SHUNT_NONE,
		.steered = q->steered ? q->core : SHUNT_NONE,
		.service_ns = ran / TICKS_NS,
	};
}

/* loop.c: until the end. 0, or -EINTR or -EINVAL as of run_sim(). */
int engine_loop(struct engine *e, volatile sig_atomic_t *stop, struct why *why);
int engine_loop_plain(struct engine *e, volatile sig_atomic_t *stop, struct why *why);

/* engine.c: a server among others, driven from outside. */
int engine_open(struct engine *e, struct why *why);
void engine_close(struct engine *e);
/* When something happens next; NEVER. */
static inline tick engine_next(const struct engine *e)
{
	return tournament_time(&e->times);
}
void engine_step(struct engine *e);
/* Room for a request, or 0: there is none. */
HOT uint32_t req_new(struct engine *e);
/* Hands request r to a domain's NIC; its arrival, service, n and class are set already. */
HOT void req_arrive(struct engine *e, uint32_t r, uint32_t flow);
double engine_busy(const struct engine *e);
/* Writes the domains' part of the result, which must have the length of the run already. */
void engine_domains(struct engine *e);

#define SERVER_STREAMS 16 /* of random numbers, each server has its own */

/* Ends unserved. */
HOT void req_refuse(struct engine *e, uint32_t r, enum refusal how);

/* failures.c: a core goes, but for its request, and comes. */
void core_off(struct engine *e, struct domain *d, int i);
void core_on(struct engine *e, struct domain *d, int i);

/* expire.c */
/* Requests that have waited too long end where core i may take its next one. */
void expire_waiting(struct engine *e, struct domain *d, int i);

/* far.c */
bool far_next(struct engine *e, struct domain *d, int i, tick extra);
void far_wake(struct engine *e, struct domain *d);

HOT void line_push(struct engine *e, struct line *l, tick at, uint32_t req, int core, int what);

/* nic.c */
HOT void nic_arrival(struct engine *e, struct domain *d, uint32_t r);
HOT void nic_decide(struct engine *e, struct domain *d, uint32_t r);
HOT void nic_credit(struct engine *e, struct domain *d, int core, uint32_t parked);
HOT void nic_load(struct engine *e, struct domain *d, int core, int change);
HOT void nic_publish(struct engine *e);
HOT void nic_published(struct engine *e);

/* stall.c */
void stall_core(struct engine *e, struct domain *d, int i, tick len);
int stall_setup(struct engine *e, struct why *why);
void stall_event(struct engine *e);
void stall_free(struct engine *e);

/* failures.c */
void failures_setup(struct engine *e);
void failures_event(struct engine *e);
/* True if no core, line or failure will ever do anything: what is in the system waits for good. */
bool engine_stuck(const struct engine *e);

/* waiting.c */
HOT void put_waiting(struct engine *e, struct domain *d, uint32_t r, bool head);
HOT bool to_head(struct engine *e, struct domain *d, int i, uint32_t r);
HOT int ask_select(struct engine *e, struct domain *d, int i, uint32_t run);
HOT uint32_t first_of(const struct engine *e, const struct domain *d, int cls);
HOT uint32_t take_held(struct engine *e, struct domain *d, int cls);

/* cores.c */
HOT void core_deliver(struct engine *e, struct domain *d, int i, uint32_t r);
HOT void core_held(struct engine *e, struct domain *d, uint32_t r);
HOT void begin(struct engine *e, struct domain *d, int i, uint32_t r, tick extra);
HOT uint32_t steal(struct engine *e, struct domain *d, int i);
/* The order to yield is on its way to core i, which sees it at its next safepoint. */
HOT void mark(struct engine *e, struct domain *d, int i);
HOT void core_event(struct engine *e, struct domain *d, int i);
HOT void core_word(struct engine *e, struct domain *d, const struct item *word);
HOT bool next_one(struct engine *e, struct domain *d, int i, tick extra);
HOT uint32_t take_ring(struct engine *e, struct domain *d, int i);
