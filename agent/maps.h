/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * maps.h - the pinned maps of the interface, open and mapped
 */
#pragma once

#include <stdbool.h>

#include <shunt/abi.h>

#include "pins.h"

struct maps {
	struct shunt_cfg cfg;      /* as it was when opened, bounded; its policy_gen is old */
	struct shunt_class classes[SHUNT_CLASSES];
	int cfg_fd, classes_fd, policy_fd, xsks_fd, views_fd, slo_fd, quantum_fd, admit_fd,
		least_fd, knobs_fd;
	struct shunt_domain *domains;        /* the map itself: we write "up" */
	struct shunt_agent *agent;           /* the map itself: ours */
	const struct shunt_ingress *ingress; /* the map itself: XDP's */
	struct shunt_own *own;               /* the map itself: ours; NULL on
					      * a host whose NIC schedules */
	struct actor_maps *actors;           /* NULL: the load has none */
	__u32 id;                  /* of the map "cfg": tells one load from the next */
};

/* The queue that feeds a core of a domain; root may have written anything there. */
static inline __u32 queue_of(const struct maps *m, __u32 domain, __u32 core)
{
	const struct shunt_domain *d = &m->domains[domain];

	return d->queue[d->by_queue ? core : 0] % SHUNT_QUEUES;
}

/* 0, -ENOENT (not loaded), or -errno; why says it in words. */
int maps_open(struct maps *m, const struct shunt_pins *pins, struct why *why);
void maps_close(struct maps *m);
/* Of a role that 'shunt load' has pinned nothing for: this process's own, without a domain. */
int maps_make(struct maps *m);
/* As after maps_close(), for what was never open. */
void maps_none(struct maps *m);

/* Are the pins still those of maps_open()? */
bool maps_current(const struct maps *m, const struct shunt_pins *pins);

/* Generation of the policy in force, from the map; 0: cannot be read. */
__u64 maps_policy_gen(const struct maps *m);

/* The slot of that generation, if no switch came in between; else NULL. To be freed. */
struct shunt_policy_slot *maps_slot(const struct maps *m, __u64 gen);

/* Reads again what may change while shunt is loaded: cfg's
 * tunables and the classes. False: cannot be read. */
bool maps_reread(struct maps *m);

/* All values of an array map with n of them, at most SHUNT_CLASSES. False: they cannot be read. */
bool maps_read_array(int fd, void *out, __u32 n);

/* Returns when all XDP programs that were running when it was called have ended. */
int maps_wait_for_xdp(const struct maps *m, __u32 domain, int view_fd);
