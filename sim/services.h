/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * services.h - several services on one machine: they share its
 * cores, have some each, or cores come and go between them
 *
 * split and elastic: each service has a domain of its own (queues, policy), and the NIC knows which
 * by the class. elastic: each domain has a place for each core, and a core is up in one of them, or
 * in none while it changes.
 */
#pragma once

#include "engine.h"

struct moving_core {
	tick at;
	uint8_t core, to;
};

struct services {
	int n, cores;
	int own[SHUNT_DOMAINS];           /* cores: what its share of the work is, at least one */
	int has[SHUNT_DOMAINS];           /* elastic: now, those that are
					   * on their way to it included */
	uint64_t leaving[SHUNT_DOMAINS];  /* elastic: cores that go when their request has ended */
	uint8_t to[SHUNT_DOMAINS][SHUNT_CORES]; /* the domain that a leaving core goes to */
	struct moving_core line[SHUNT_CORES];   /* in order of arrival: a change
						 * takes a constant time */
	uint32_t head, tail;
	tick every, last;
	uint64_t slice;                   /* spin: slices that are over */
};

/* How many domains the services want; 0: none of their own. -1 with the reason in why.
 * services_begin(): 0, or -ENOMEM. */
int services_open(struct engine *e, struct why *why);
int services_begin(struct engine *e);
void services_close(struct engine *e);
/* LEAF_ELASTIC: who has waited too long gets a core; LEAF_MOVED: one has come. */
void services_look(struct engine *e);
void services_arrived(struct engine *e);
/* Core i of d, which has ended its request, goes. True: it has gone. */
bool services_leave(struct engine *e, struct domain *d, int i);
/* The extra time for core i to begin request r: 0 if its last one was of the same service. */
tick services_change(struct engine *e, struct domain *d, int i, uint32_t r);
