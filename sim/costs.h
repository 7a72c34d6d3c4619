/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * costs.h - what things cost in a system; part of sim.h
 */
#pragma once

#include <stdbool.h>

#include <shunt/abi.h>

#include "why.h"

struct dist;

enum transport { TRANSPORT_SHARED, TRANSPORT_WIRE, TRANSPORT_PUBLISHED, TRANSPORT_PRESTAGED };
enum marker { MARK_WAITING, MARK_TIMER };
enum stamp { STAMP_ARRIVAL, STAMP_NIC };
enum services_mode {
	SERVICES_SHARED, SERVICES_SPLIT, SERVICES_ELASTIC, SERVICES_SEATS, SERVICES_SPIN,
};

#define STALL_TEXT 320

/* Costs of iPipe's scheduler (actors.h), which runs actors on a NIC's cores (those of the run) and
 * a host's. */
struct actor_costs {
	int actors;            /* of each class */
	double actor_skew;     /* Zipf's exponent of their shares of a class; 0: all alike */
	double drr_quantum_us, visit_ns; /* what a visit adds to an actor's
					  * deficit; what it costs */
	double tail_us, mean_us, hysteresis; /* thresholds of latencies; mean_us
					      * 0: nobody is moved to the host */
	int mailbox;           /* longer ones are moved to the host */
	double migrate_us;
	double forward_ns;     /* of a NIC core, for a request that is for the host */
	int host_cores;
	double host_speed;     /* of a host core, in multiples of a NIC core's */
	double host_ns;        /* to the host, and back */
};

/* All in ns. Each system of the literature is a set of these: presets in costs.c, files in JSON. */
struct costs {
	char name[32];
	char policy[32];      /* what the preset runs, unless told otherwise */
	char text[160];
	enum transport transport;
	double nic_ns;        /* NIC or dispatcher, a request: one at a time in each domain */
	double credit_ns;     /* the same for what cores report (wire) */
	double deliver_ns;    /* from decision to the core's ring */
	double feedback_ns;   /* from a core's word to where decisions are made */
	double start_ns;      /* the core, a request: before the service */
	double end_ns;        /* and after it, reply included */
	double rest_ns;       /* and after that: the sojourn has ended, the core is still busy */
	double pop_ns;        /* more, for one that comes from a hold queue */
	double steal_ns;      /* more, for one from another core's ring */
	double steal_home_ns; /* what that takes from the core it is stolen from */
	double publish_ns;    /* published: period of the loads */
	double publish_delay_ns; /* and their age when they arrive */
	double mark_ns;       /* from the order to yield to the core seeing it */
	double safepoint_ns;  /* between places where a core looks */
	double yield_ns;      /* the core, for looking at the order */
	double switch_ns;     /* and for changing requests */
	double quantum_us;    /* 0: no preemption */
	char stall[STALL_TEXT]; /* each core is away now and then:
				 * "EVERY/TIME", a mean and a distribution */
	char nic_stall[STALL_TEXT]; /* and so is what is in front of each domain */
	enum stamp stamp;     /* from when a sojourn counts */
	enum marker marker;
	int outstanding;      /* wire: requests a core may have; else
			       * jbsq's k, 0: as it says itself */
	int reserved;         /* cores that dispatch instead of serving */
	int unseen;           /* 1: what came since a core began its
			       * request cannot be stolen from it */
	int ring;             /* requests a core's ring takes */
	int hold;             /* requests of one class that wait */
	int nic_queue;        /* requests in front of the NIC or dispatcher */
	char speeds[STALL_TEXT]; /* of cores: speeds.c; "": all 1 */
	double far_ns;        /* a core with nothing to do takes what waits in
			       * another domain, for so much more; 0: not */
	enum services_mode services;
	double change_ns;     /* of a core, from one service to another */
	double elastic_us;    /* how often who waits is looked at */
	double seat_us;       /* seats: how long a service is on while another one waits; 0: 200 */
	double seat_hold_us;  /* seats: how much longer, if it comes to no safepoint; 0: 20 ms */
	double slice_us;      /* spin: the kernel's time slice; 0: 3000 */
	struct actor_costs actors;
	int stage;            /* prestaged: decisions in a core's slot; 0: asked for when needed */
	double decide_ns;     /* of the agent, a decision: one at a time in each domain */
	double grace_ns;      /* a free core waits so long for one while something waits */
	double local_ns;      /* the core, for a decision of its own */
	char fallback[64];    /* the policy by which it does; "" or "same": the agent's, "none":
			       * it waits for the agent for ever */
};

extern const struct costs cost_presets[];
extern const int ncost_presets;
/* A preset's name or a JSON file. */
int costs_read(struct costs *c, const char *name, struct why *why);
/* Reads stalls from "EVERY/TIME"; d is to be freed. */
int stall_parse(const char *text, double *every_ns, struct dist *d, struct why *why);
/* The speeds of a domain's cores, SHUNT_CORES of them. */
int speeds_parse(const char *text, double *speed, struct why *why);
/* The speeds of all cores together. */
double speed_of(const struct costs *k, int cores, int domains);
/* Sets one field as the file would: "mark_ns=100". */
int costs_set(struct costs *c, const char *assignment, struct why *why);
/* The first that is not as in "ideal", apart from those of actors and the quantum; NULL: none. */
const char *costs_beyond_ideal(const struct costs *c);
