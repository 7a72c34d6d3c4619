// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_seats.c - the CPUs that services share: which are seats, and what cannot be one
 */
#include <errno.h>
#include <string.h>

#include "config_reader.h"
#include "units.h"

#define SWITCH_US 5 /* a change of the domain on a seat, at most */
#define QUANTUM_US 200
#define QUANTUM_LEAST_US (10 * SWITCH_US)
#define HOLD_US 20000

static int read_times(struct config_reader *r)
{
	const struct config_seats *in = &r->c->seats;
	struct shunt_seats *out = &r->s->seats;

	out->quantum_us = QUANTUM_US;
	out->hold_us = HOLD_US;
	if (in->quantum && parse_time_us(in->quantum, &out->quantum_us, &r->ctl->why))
		return config_at(r, "seats.quantum");
	if (in->hold && parse_time_us(in->hold, &out->hold_us, &r->ctl->why))
		return config_at(r, "seats.hold");
	if (out->quantum_us < QUANTUM_LEAST_US)
		return config_bad(r, "less than 50us: the seat would spend its time on switches",
				  "seats.quantum");
	if (out->hold_us < out->quantum_us)
		return config_bad(r, "shorter than the quantum: no service could use its own up",
				  "seats.hold");
	return 0;
}

/* The seat on that CPU; a new one, if there is none yet. NULL: there are too many. */
static struct shunt_seat *seat_of(struct shunt_seats *all, __u32 cpu)
{
	struct shunt_seat *s;

	for (__u32 i = 0; i < all->n; i++) {
		if (all->seat[i].cpu == cpu)
			return &all->seat[i];
	}
	if (all->n == SHUNT_SEATS)
		return NULL;
	s = &all->seat[all->n++];
	s->cpu = cpu;
	memset(s->core, 0xff, sizeof(s->core)); /* SHUNT_SEAT_NONE */
	return s;
}

static const char *misfit(const struct shunt_domain *d)
{
	if (d->by_queue)
		return "a service that shares its CPU has one queue ('queue'), not 'queues'";
	if (d->ncores > 1)
		return "a service that shares a CPU has no other core";
	return NULL;
}

/* Nobody is on, and who has no worker is barred. */
static int sit(struct config_reader *r, __u32 domain)
{
	struct shunt_domain *d = &r->s->domains[domain];
	struct shunt_seat *s = seat_of(&r->s->seats, d->cpu[0]);
	const char *why = s ? misfit(d) : "64 seats at most";

	if (!why && __builtin_popcount(s->barred) == 2)
		why = "two services at most share a CPU";
	if (why)
		return config_bad(r, why, "domains[%u].cpus", domain);
	s->core[domain] = 0;
	s->barred |= SHUNT_SEAT_WANT(domain);
	d->seat[0] = s - r->s->seats.seat + 1;
	return 0;
}

static bool shares(const struct setup *s, __u32 a, __u32 b)
{
	for (__u32 i = 0; i < s->domains[a].ncores; i++) {
		for (__u32 k = 0; k < s->domains[b].ncores; k++) {
			if (s->domains[a].cpu[i] == s->domains[b].cpu[k])
				return true;
		}
	}
	return false;
}

/* Does a service share a CPU of the domain, which is one? */
static bool is_shared(const struct setup *s, __u32 domain)
{
	for (__u32 d = 0; d < s->cfg.ndomains; d++) {
		if (d != domain && s->domains[d].service[0] && shares(s, domain, d))
			return true;
	}
	return false;
}

/* The domain before this one with that name; -1: none. */
static int named_before(const struct setup *s, __u32 domain)
{
	for (__u32 d = 0; d < domain; d++) {
		if (!strcmp(s->domains[d].service, s->domains[domain].service))
			return d;
	}
	return -1;
}

/* On one CPU there are services alone, or none. */
static int check_mixed(struct config_reader *r, __u32 domain)
{
	for (__u32 d = 0; d < r->s->cfg.ndomains; d++) {
		if (!r->s->domains[d].service[0] && shares(r->s, domain, d))
			return config_bad(r, "a domain without 'service' has the CPU, too",
					  "domains[%u].cpus", domain);
	}
	return 0;
}

static int read_service(struct config_reader *r, __u32 domain)
{
	int err;

	if (named_before(r->s, domain) >= 0)
		return config_bad(r, "named twice", "domains[%u].service", domain);
	if (!strcmp(r->s->domains[domain].service, ANY_SERVICE))
		return config_bad(r, "no name for a service: of ports, it means all of them",
				  "domains[%u].service", domain);
	err = check_mixed(r, domain);
	return err || !is_shared(r->s, domain) ? err : sit(r, domain);
}

int config_seats(struct config_reader *r)
{
	struct setup *s = r->s;
	int err = 0;

	for (__u32 d = 0; !err && d < s->cfg.ndomains; d++) {
		if (s->domains[d].service[0])
			err = read_service(r, d);
	}
	if (!err && s->seats.n)
		err = read_times(r);
	else if (!err && (r->c->seats.quantum || r->c->seats.hold))
		err = config_bad(r, "no CPU is shared by two services", "seats");
	if (err || !s->seats.n)
		return err;
	if (s->cfg.preempt == SHUNT_PREEMPT_OFF)
		return config_bad(r,
				  "seats need it: a request that cannot be preempted would keep "
				  "the CPU from the other service",
				  "preempt.mode");
	s->cfg.flags |= SHUNT_CFG_SEATS;
	return 0;
}
