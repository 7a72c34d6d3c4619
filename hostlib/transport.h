/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * transport.h - how requests come to a process's cores: what differs between memory that is shared
 * with XDP and a NIC over the wire
 *
 * Chosen when shuntd says which it is, before any core
 * runs. A function that may be missing says so.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct core;
struct item;
struct policy;
struct shunt;

enum asked { ASKED_GO_ON, ASKED_YIELD, ASKED_FOR_NONE };

struct transport {
	/* The NIC decides which request is next and who yields: no policy
	 * and no hold rings here, and a mark names a turn of a request. */
	bool nic_decides;

	/* link.c: rings and memory are mapped; they are going. Both may be missing. */
	void (*attached)(struct shunt *s);
	void (*detached)(struct shunt *s);

	/* All functions below run in the core's own thread. */

	/* core.c: before the core is up, and after its last request. Both may be missing. */
	void (*start)(struct core *c);
	void (*stop)(struct core *c);
	/* The next request, in c->item. False: there is none. */
	bool (*take)(struct core *c);
	/* A turn with nothing to do. */
	void (*idle)(struct core *c);
	/* Told to end: is nothing left that this core must still serve? */
	bool (*drained)(struct core *c);

	/* queue.c: the request has ended, and is counted. May be missing. */
	void (*ended)(struct core *c, const struct item *it, bool replied, uint64_t service_ns);

	/* park.c, with the lock of the parked requests: gives the request a token, and it waits
	 * until somebody names that. Missing: it waits in the queue of its class. */
	void (*name)(struct core *c, struct item *it);
	/* The request is parked; its number on the wire, and its token. */
	void (*parked)(struct core *c, uint32_t seq, uint64_t token);

	/* yield.c: does a request wait that the core could run instead of the running one? */
	bool (*waits)(const struct core *c);
	/* Fetches the memory that take() and ask() read first, and (a little later) that to which
	 * it leads. Both may be missing. */
	void (*prefetch)(const struct core *c);
	void (*prefetch_heads)(const struct core *c);
	/* Would another request go before the running one, were that queued
	 * since "queued_ns"? If so, *since tells since when the other waits. */
	enum asked (*ask)(struct core *c, const struct policy *p, uint64_t now, uint64_t queued_ns,
			  uint64_t *since);
};

/* transport/shared.c, transport/wire_attach.c */
extern const struct transport transport_shared, transport_wire;
