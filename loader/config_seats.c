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
	memset(s->core, SHUNT_SEAT_NONE, sizeof(s->core));
	return s;
}

static const char *misfit(const struct shunt_seat *s, const struct shunt_domain *d, __u32 domain)
{
	if (!s)
		return "64 seats at most";
	if (d->by_queue)
		return "a service that shares its CPU has one queue ('queue'), not 'queues'";
	if (s->core[domain] != SHUNT_SEAT_NONE)
		return "a service has one core on a CPU that it shares";
	if (__builtin_popcount(s->barred) == 2)
		return "two services at most share a CPU";
	return NULL;
}

/* Nobody is on, and who has no worker is barred. */
static int sit(struct config_reader *r, __u32 domain, __u32 core)
{
	struct shunt_domain *d = &r->s->domains[domain];
	struct shunt_seat *s = seat_of(&r->s->seats, d->cpu[core]);
	const char *why = misfit(s, d, domain);

	if (why)
		return config_bad(r, why, "domains[%u].cpus", domain);
	s->core[domain] = core;
	s->barred |= SHUNT_SEAT_WANT(domain);
	d->seat[core] = s - r->s->seats.seat + 1;
	return 0;
}

static bool has_cpu(const struct setup *s, __u32 domain, __u32 cpu)
{
	for (__u32 i = 0; i < s->domains[domain].ncores; i++) {
		if (s->domains[domain].cpu[i] == cpu)
			return true;
	}
	return false;
}

static bool shares(const struct setup *s, __u32 a, __u32 b)
{
	for (__u32 i = 0; i < s->domains[a].ncores; i++) {
		if (has_cpu(s, b, s->domains[a].cpu[i]))
			return true;
	}
	return false;
}

/* Does another service have the CPU, too? */
static bool is_shared(const struct setup *s, __u32 domain, __u32 cpu)
{
	for (__u32 d = 0; d < s->cfg.ndomains; d++) {
		if (d != domain && s->domains[d].service[0] && has_cpu(s, d, cpu))
			return true;
	}
	return false;
}

static int sit_on_all(struct config_reader *r, __u32 domain)
{
	const struct shunt_domain *d = &r->s->domains[domain];
	int err = 0, n = 0;

	for (__u32 core = 0; !err && core < d->ncores; core++) {
		if (!is_shared(r->s, domain, d->cpu[core]))
			continue;
		err = sit(r, domain, core);
		n++;
	}
	if (n > 1)
		r->s->seats.several |= SHUNT_SEAT_WANT(domain);
	return err;
}

/* The services whose held requests want the seat. */
static __u32 homes(const struct setup *s, __u32 before, __u32 seat)
{
	__u32 n = 0;

	for (__u32 d = 0; d < before; d++)
		n += s->domains[d].seat[s->domains[d].home] == seat;
	return n;
}

/* Of its seats, the one that fewest services before it are at home on: so two that are both at home
 * do not meet. */
static void settle(struct setup *s, __u32 domain)
{
	struct shunt_domain *d = &s->domains[domain];
	__u32 least = ~0u;

	for (__u32 core = 0; core < d->ncores; core++) {
		__u32 n = d->seat[core] ? homes(s, domain, d->seat[core]) : ~0u;

		if (n < least) {
			least = n;
			d->home = core;
		}
	}
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
	return err ? err : sit_on_all(r, domain);
}

int config_seats(struct config_reader *r)
{
	struct setup *s = r->s;
	int err = 0;

	for (__u32 d = 0; !err && d < s->cfg.ndomains; d++) {
		if (s->domains[d].service[0])
			err = read_service(r, d);
		if (!err)
			settle(s, d);
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
	s->cfg.flags |= SHUNT_CFG_SEATS | (s->seats.several ? SHUNT_CFG_HUNGRY : 0);
	return 0;
}
