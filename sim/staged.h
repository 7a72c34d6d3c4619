/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * staged.h - transport "prestaged": an agent far away decides which thread a core runs next
 *
 * A request is a thread here. It waits at the mechanism, which has the cores: they
 * tell the agent of all that happens (events), and it answers with decisions: this thread, in this
 * version, for this core. Decisions lie in the core's slot until the core is free. One whose thread
 * has another version by then is stale, and nothing happens by it. A free core without a decision
 * decides itself, by the fallback policy, or waits for the agent where there is none.
 *
 * staged.c is the mechanism, staged_agent.c the agent, which knows what events have told it and
 * nothing else.
 */
#pragma once

#include "engine.h"

#define STAGE_MOST 16 /* decisions in a slot */

enum event_kind { EVENT_READY, EVENT_RUNS, EVENT_ENDED, EVENT_IDLE, EVENT_SLICE };

/* An event on its way to the agent. */
struct event {
	uint8_t kind, cls;
	uint8_t parked;        /* READY: it was preempted */
	uint16_t core;         /* all but READY */
	uint32_t req, ver;
	tick arrival, queued;  /* READY */
	tick service;          /* ENDED */
};

/* A decision in the making, on its way, or in a slot. */
struct decision {
	uint32_t req, ver;
	uint16_t core;
	uint8_t at_slice;      /* may take the core from the thread that it runs, at the end of its
				* quantum */
};

/* What travels for a constant time, beside the line that has the times. */
struct events {
	struct event *e;
	uint32_t head, tail, size;
};

struct decisions {
	struct decision *d;
	uint32_t head, tail, size;
};

/* The agent's knowledge of a request, which may be old. */
struct belief {
	uint32_t ver;
	uint32_t next, prev;   /* in the list of its class, or of what is staged */
	tick arrival, queued;
	uint8_t cls, state;    /* enum belief_state */
	uint8_t parked;
	uint8_t core;          /* staged for, or run by */
};

struct slot {
	struct decision d[STAGE_MOST];
	uint32_t n;
	bool waits;            /* the core waits for a decision until its grace time is over */
	uint32_t turn;         /* of waiting */
};

/* The agent of one domain. */
struct agent {
	struct shunt_view *v;
	struct times times;
	struct fifo waiting[SHUNT_CLASSES]; /* of beliefs, by when they were queued */
	struct fifo staged;
	uint32_t runs[SHUNT_CORES];  /* request; 0: none that it knows of */
	tick since[SHUNT_CORES];     /* which began then */
	uint8_t out[SHUNT_CORES];    /* decisions for the core that may still count */
	uint64_t idle;               /* cores */
	uint64_t due;                /* cores whose thread has used up its quantum */
	uint32_t classes;            /* that have something waiting */
	bool busy;
	tick spent;
	struct decision next;        /* what it is about to decide */
};

/* The mechanism's part of one domain. */
struct staged_domain {
	struct slot slot[SHUNT_CORES];
	uint64_t told_idle;          /* cores */
	uint64_t due;                /* cores whose thread goes on until the agent answers */
	struct events events;
	struct decisions sent;
	struct agent agent;
};

struct staged {
	const struct policy *policy; /* the agent's */
	struct policy fallback;      /* of another name than the agent's */
	bool opened;
	bool waits;                  /* no fallback: cores wait for the agent */
	int depth;
	tick decide, grace, local;
	uint32_t *ver;               /* of each request: goes on when a place is used again */
	struct belief *belief;
	struct staged_domain *dom;
	struct staged_result *r;
};

/* The transport of a run, once its domains are there. 0, -ENOMEM or -EINVAL with the reason. */
int staged_open(struct engine *e, struct why *why);
void staged_close(struct engine *e);
/* After the run: what is left in slots, how busy the agents were. */
void staged_finish(struct engine *e);

/* Behind struct rare: a thread arrives; core i of d has nothing to run; its thread ended; it has
 * used up its quantum; something came along a line. */
void staged_arrive(struct engine *e, struct domain *d, uint32_t r);
bool staged_next(struct engine *e, struct domain *d, int i, tick extra);
void staged_ended(struct engine *e, struct domain *d, int i, const struct req *q);
void staged_yield(struct engine *e, struct domain *d, int i);
void staged_line(struct engine *e, struct domain *d, int which, const struct item *what);

/* staged_agent.c */
int agent_open(struct engine *e, struct domain *d);
void agent_hears(struct engine *e, struct domain *d, const struct event *v);
/* The time that its decision takes is over: the decision, which is to be sent. */
struct decision agent_decided(struct engine *e, struct domain *d);
/* Begins the next decision, if there is one to make. */
void agent_go(struct engine *e, struct domain *d);
