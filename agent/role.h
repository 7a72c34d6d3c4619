/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * role.h - what a shuntd is for, as functions: all that differs between one that shares memory with
 * its workers, one on a NIC that schedules, one on such a NIC's host, and one that decides about
 * threads
 *
 * role_find() has the table. Chosen once, from the options; nothing else asks which one it is. The
 * memory of a role alone is in a->own, of a type of its own. All functions are set, but a role that
 * makes no domains and has no room for workers has none of those that make a domain, reclaim it, or
 * meet a worker: nothing calls them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <linux/types.h>

#include "reclaim.h"

struct agent;
struct domain;
struct load_seen;
struct options;
struct peer;
struct shunt_geometry;
struct store;
struct why;

struct role {
	const char *name; /* as --role has it */
	bool names_users; /* in the configuration, a domain may be for one user */
	bool machine;     /* what it serves is the machine's, and no interface's */

	/* --- before there is an agent
	 * ---------------------------------------------------------------- */

	/* Completes the options; NULL, or what is wrong with them. */
	const char *(*check)(struct options *o);
	/* Take-over: which load must the store's domains be of? 0,
	 * or -errno with the reason in why: they are another's. */
	int (*look)(const struct options *o, const struct store *s, struct load_seen *l,
		    struct why *why);
	/* Words for what an end and a new beginning would lose. */
	void (*loss)(const struct options *o, char *text, size_t len);

	/* --- what is served, as a whole
	 * -------------------------------------------------------------- */

	/* Makes a->own, once. 0, or -errno. */
	int (*begin)(struct agent *a);
	/* Opens the load into a->maps, and writes nothing before it is ours. 0; -ENOENT: there
	 * is no load; -EBUSY: another shuntd serves it; or -errno; why says it in words. */
	int (*open)(struct agent *a, struct why *why);
	/* Is the opened load still the one that is there?
	 * False, with the reason in why: all of it is given up. */
	bool (*current)(struct agent *a, struct why *why);
	/* Undoes open(), but for a->maps. */
	void (*close)(struct agent *a);
	/* Domains are taken over, and the place is ours. */
	void (*serve)(struct agent *a);
	/* The process is about to end, or to become the keeper: its threads end. */
	void (*stop)(struct agent *a);

	/* --- domains
	 * --------------------------------------------------------------------------------- */

	/* How the domain is made; false: there is nothing to be made for it. */
	bool (*geometry)(const struct agent *a, __u32 domain, struct shunt_geometry *g);
	/* Makes it: 0, or -errno, and -EBUSY: rings of before are still held. */
	int (*make)(struct agent *a, struct domain *d, const struct shunt_geometry *g);
	/* Takes over what the store has of it; false: it cannot be, and is let go of. */
	bool (*adopt)(struct agent *a, struct domain *d);
	/* All sockets are where XDP finds them: how many were missing, or -errno. */
	int (*put_sockets)(struct agent *a, struct domain *d);
	/* The domain's worker is gone: does this step of reclaiming (reclaim.h). */
	enum reclaim_outcome (*reclaim)(struct agent *a, struct domain *d, enum reclaim_step step);

	/* --- workers
	 * --------------------------------------------------------------------------------- */

	/* Are there domains for workers? 0; -EAGAIN: soon; or -errno with the reason in why. */
	int (*has_room)(struct agent *a, const char **why);
	/* May the process of an unknown number that names this domain have rings of before? */
	bool (*may_hold_rings)(const struct agent *a);
	/* May the peer be given the domain as it is now? Else
	 * that is about to change, or p->waits says why not. */
	bool (*is_fit)(struct agent *a, struct peer *p, struct domain *d);
	/* Tells a worker all that it must know before WELCOME. 0, or -errno: nobody listens. */
	int (*tell_first)(struct agent *a, struct peer *p);
	/* Tells a worker what has changed since tell_first(). 0, or -errno: later. */
	int (*tell_news)(struct agent *a, struct peer *p);
	/* A core of the worker has begun to serve. */
	void (*core_up)(struct agent *a, __u32 core);

	/* --- time passes
	 * ----------------------------------------------------------------------------- */

	/* In each turn of the loop. */
	void (*turn)(struct agent *a);
	/* Are there running requests to be watched? */
	bool (*watches)(const struct agent *a);
	/* At a->watch_ns: looks for requests that run
	 * for too long, and sets the next a->watch_ns. */
	void (*watch)(struct agent *a);
	/* Measures and publishes. */
	void (*tick)(struct agent *a);
	/* The time from one tick to the next, as things are
	 * now, if no other part wants it sooner (due.h). */
	__u64 (*pace)(const struct agent *a);
	/* A descriptor of the role's own to listen to, -1: none; and what comes there. */
	int (*fd)(const struct agent *a);
	void (*hear)(struct agent *a);
};

extern const struct role role_shared, role_nic, role_host, role_sched;

/* The role of that name; NULL: there is none. */
const struct role *role_find(const char *name);
