// SPDX-License-Identifier: BSD-2-Clause
/*
 * services.c - which cores are whose
 *
 * Elastic cores change as Shenango's do: every elastic_us, a service something of which has waited
 * since the look before gets one core more: an idle one of another, or, if it has less than its
 * own, one of a service with more than its own, when that core's request has ended. A core is away
 * for change_ns.
 */
#include <stdlib.h>
#include <string.h>

#include "seats.h"
#include "services.h"

static double work_of(const struct workload *w, int service)
{
	double sum = 0;

	for (int c = 0; c < w->nclasses; c++)
		sum += w->cls[c].service_no == service ? w->cls[c].share * w->cls[c].service.mean_ns
						       : 0;
	return sum;
}

/* Cores by work, each at least one, the largest remainders first. */
static void share_out(struct services *s, const struct workload *w)
{
	int left = s->cores;
	double want[SHUNT_DOMAINS];

	for (int i = 0; i < s->n; i++) {
		want[i] = work_of(w, i) / w->mean_ns * s->cores;
		s->own[i] = want[i] < 1 ? 1 : want[i];
		left -= s->own[i];
	}
	while (left) {
		int best = 0, by = left > 0 ? 1 : -1;

		for (int i = 1; i < s->n; i++) {
			if (by * (want[i] - s->own[i]) > by * (want[best] - s->own[best]) &&
			    s->own[i] + by >= 1)
				best = i;
		}
		s->own[best] += by;
		left -= by;
	}
}

static int check(const struct engine *e, int n, int cores, struct why *why)
{
	const struct costs *k = &e->c->costs;
	int least = k->services >= SERVICES_SEATS ? 1 : n;

	if (n < 2)
		return why_fail(why, -1,
				"services=split, elastic, seats and spin want two services: "
				"/service=NAME of classes");
	if (n > SHUNT_DOMAINS || cores < least || cores > SHUNT_CORES)
		return why_fail(why, -1,
				"%d services want %d to %d cores, and there are at most %d of them",
				n, least, SHUNT_CORES, SHUNT_DOMAINS);
	if (e->c->domains)
		return why_fail(why, -1,
				"with services=split, elastic, seats or spin each service is a "
				"domain: leave --domains out");
	if (k->services >= SERVICES_SEATS)
		return seats_check(e, why);
	if (k->services == SERVICES_SPLIT)
		return *k->speeds ? why_fail(why, -1, "speeds want services=shared or elastic") : 0;
	if (k->transport != TRANSPORT_SHARED || e->c->nfails || *k->stall || *k->nic_stall ||
	    k->elastic_us < 0.1)
		return why_fail(why, -1,
				"services=elastic wants transport=shared, elastic_us of 0.1 at "
				"least, and no --fail and stalls");
	return k->change_ns < k->feedback_ns
		       ? why_fail(why, -1,
				  "change_ns is at least feedback_ns where cores are elastic")
		       : 0;
}

int services_open(struct engine *e, struct why *why)
{
	const struct costs *k = &e->c->costs;
	const struct workload *w = e->c->w;
	struct services *s;
	int cores = e->c->cores - k->reserved;

	if (policies_check(e->c, why))
		return -1;
	if (k->services == SERVICES_SHARED) {
		if (!k->change_ns || w->nservices < 2)
			return 0;
		/* of the first service, all */
		e->last_service = calloc(SHUNT_DOMAINS, SHUNT_CORES);
		e->change = ticks(k->change_ns);
		return e->last_service ? 0 : why_fail(why, -1, "no memory");
	}
	if (check(e, w->nservices, cores, why))
		return -1;
	s = e->services = calloc(1, sizeof(*s));
	if (!s)
		return why_fail(why, -1, "no memory");
	s->n = w->nservices;
	s->cores = cores;
	if (cores >= s->n)
		share_out(s, w);
	return s->n;
}

static void elastic_begin(struct engine *e)
{
	struct services *s = e->services;
	int first = 0;

	e->change = ticks(e->c->costs.change_ns);
	s->every = ticks(e->c->costs.elastic_us * 1e3);
	s->last = SIM_START;
	e->elastic = true;
	for (int i = 0; i < s->n; first += s->own[i++]) {
		struct domain *d = &e->dom[i];
		uint64_t mine = (s->own[i] == SHUNT_CORES ? ~0ULL : (1ULL << s->own[i]) - 1)
				<< first;

		s->has[i] = s->own[i];
		view_up(d->v, mine);
		d->v->idle = d->free = mine;
		for (int k = 0; k < d->ncores; k++)
			d->core[k].up = mine >> k & 1;
	}
	set_time(e, LEAF_ELASTIC, SIM_START + s->every);
}

/* Domains are there. */
int services_begin(struct engine *e)
{
	switch (e->c->costs.services) {
	case SERVICES_ELASTIC:
		elastic_begin(e);
		return 0;
	case SERVICES_SEATS:
		return seats_begin(e);
	case SERVICES_SPIN:
		slices_begin(e);
		return 0;
	default:
		return 0;
	}
}

void services_close(struct engine *e)
{
	seats_close(e);
	free(e->services);
	free(e->last_service);
}

tick services_change(struct engine *e, struct domain *d, int i, uint32_t r)
{
	uint8_t *last = &e->last_service[d->index * SHUNT_CORES + i];
	uint8_t service = e->c->w->cls[e->pool[r].cls].service_no;
	tick more = *last == service ? 0 : e->change;

	*last = service;
	return more;
}

static void go(struct engine *e, struct domain *d, int i, int to)
{
	struct services *s = e->services;

	s->leaving[d->index] &= ~(1ULL << i);
	core_off(e, d, i);
	s->line[s->tail++ % SHUNT_CORES] = (struct moving_core){ e->now + e->change, i, to };
	if (s->tail - s->head == 1)
		set_time(e, LEAF_MOVED, e->now + e->change);
	e->r->moved_cores++;
}

bool services_leave(struct engine *e, struct domain *d, int i)
{
	if (!(e->services->leaving[d->index] >> i & 1))
		return false;
	go(e, d, i, e->services->to[d->index][i]);
	return true;
}

void services_arrived(struct engine *e)
{
	struct services *s = e->services;
	struct moving_core m = s->line[s->head++ % SHUNT_CORES];

	set_time(e, LEAF_MOVED, s->head == s->tail ? NEVER : s->line[s->head % SHUNT_CORES].at);
	core_on(e, &e->dom[m.to], m.core);
}

/* Has something waited since the last look? */
static bool waited(const struct engine *e, const struct domain *d)
{
	tick since = e->services->last;

	for (uint32_t bits = d->waiting; bits; bits &= bits - 1) {
		int c = __builtin_ctz(bits);
		uint32_t held = d->held[c].head, parked = d->parked[c].head;

		if ((held && e->pool[held].queued < since) ||
		    (parked && e->pool[parked].queued < since))
			return true;
	}
	for (uint64_t bits = d->ringful; bits; bits &= bits - 1) {
		if (e->pool[d->core[__builtin_ctzll(bits)].ring.head].queued < since)
			return true;
	}
	return false;
}

/* Takes a core from the service with the most idle ones. */
static bool take_idle(struct engine *e, int to)
{
	struct services *s = e->services;
	int best = -1, most = 0;

	for (int i = 0; i < s->n; i++) {
		int idle = __builtin_popcountll(e->dom[i].free);

		if (i != to && s->has[i] > 1 && idle > most && !e->dom[i].waiting) {
			best = i;
			most = idle;
		}
	}
	if (best < 0)
		return false;
	s->has[best]--;
	s->has[to]++;
	go(e, &e->dom[best], 63 - __builtin_clzll(e->dom[best].free), to);
	return true;
}

/* Claims a core of the service with the most beyond its own; the core comes when its request has
 * ended. */
static void claim(struct engine *e, int to)
{
	struct services *s = e->services;
	int best = -1, most = 0;
	uint64_t can;

	for (int i = 0; i < s->n; i++) {
		if (i != to && s->has[i] - s->own[i] > most) {
			best = i;
			most = s->has[i] - s->own[i];
		}
	}
	can = best < 0 ? 0 : e->dom[best].v->up & ~s->leaving[best] & ~e->dom[best].free;
	if (!can)
		return;
	s->leaving[best] |= can & -can;
	s->to[best][__builtin_ctzll(can)] = to;
	s->has[best]--;
	s->has[to]++;
}

void services_look(struct engine *e)
{
	struct services *s = e->services;

	for (int i = 0; i < s->n; i++) {
		if (s->has[i] < s->cores && waited(e, &e->dom[i]) && !take_idle(e, i) &&
		    s->has[i] < s->own[i])
			claim(e, i);
	}
	s->last = e->now;
	set_time(e, LEAF_ELASTIC, e->now + s->every);
}
