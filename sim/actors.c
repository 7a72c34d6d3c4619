// SPDX-License-Identifier: BSD-2-Clause
/*
 * actors.c - the clock of a run of actors: arrivals, the
 * NIC's cores, what is forwarded, the host's cores
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "actors.h"

#define JOBS (1U << 20)
#define WINDOW_NS 1e5 /* in which use of cores is measured */

static bool of_drr(const struct actors_run *x, int core)
{
	return core >= x->nnic - x->ndrr;
}

static void begin(struct actors_run *x, int core, enum doing what, uint32_t j, tick time)
{
	struct place_core *c = &x->nic[core];

	c->doing = what;
	c->job = j;
	c->begun = x->now;
	tournament_set(&x->times, LEAF_NIC + core, x->now + time);
}

/* Takes requests from the FCFS group's queue until the core executes or forwards one; requests of
 * actors on their way, or of the DRR group, are queued there. False: the queue is empty. */
static bool fcfs_next(struct actors_run *x, int core)
{
	while (x->fcfs.n) {
		uint32_t j = queue_pop(x, &x->fcfs);
		struct actor *a = &x->actor[x->pool[j].actor];

		switch (a->state) {
		case ON_FCFS:
			begin(x, core, EXECUTES, j, x->pool[j].service);
			return true;
		case ON_HOST:
			begin(x, core, FORWARDS, j, ticks(x->k->forward_ns));
			return true;
		case ON_DRR:
			queue_push(x, &a->mailbox, j);
			break;
		case DRAINING:
		case MOVING:
			queue_push(x, &a->buffer, j);
			break;
		}
	}
	return false;
}

static bool any_mail(const struct actors_run *x)
{
	for (int i = 0; i < x->nactors; i++) {
		if (x->actor[i].mailbox.n)
			return true;
	}
	return false;
}

/*
 * Visits actors until one's deficit exceeds what a request of it takes. By its algorithm the
 * deficit is not lowered by what is executed; DRR, which the text names, lowers it.
 */
static bool drr_next(struct actors_run *x, int core)
{
	double quantum = ticks(x->k->drr_quantum_us * 1e3);
	tick spent = 0;

	if (!any_mail(x))
		return false;
	for (;;) {
		struct actor *a = &x->actor[x->cursor];
		uint32_t j;

		x->cursor = (x->cursor + 1) % x->nactors;
		if (!a->mailbox.n)
			continue;
		spent += ticks(x->k->visit_ns);
		a->deficit += quantum;
		if (a->deficit <= a->exec)
			continue;
		j = queue_pop(x, &a->mailbox);
		if (!x->by_algorithm)
			a->deficit -= a->exec;
		if (!a->mailbox.n) {
			a->deficit = 0;
			if (a->state == DRAINING)
				ipipe_drained(x, a);
		}
		begin(x, core, EXECUTES, j, spent + x->pool[j].service);
		return true;
	}
}

/* Gives idle cores something to do. */
static void wake(struct actors_run *x)
{
	/* The FCFS group first: what it finds may be for the other. */
	for (int i = 0; i < x->nnic && x->fcfs.n; i++) {
		if (x->nic[i].doing == IDLE && !of_drr(x, i))
			fcfs_next(x, i);
	}
	for (int i = x->nnic - x->ndrr; i < x->nnic; i++) {
		if (x->nic[i].doing == IDLE && !drr_next(x, i))
			break;
	}
}

static void leave(struct actors_run *x, uint32_t j, tick at)
{
	struct message *q = &x->pool[j];
	double sojourn = (double)(at - q->arrival) / TICKS_NS,
	       service = (double)q->service / TICKS_NS;

	x->in_time += !x->ending && x->first;
	if (q->n >= x->warm)
		measure_end(&x->m, q->cls, sojourn, service, service > 0 ? sojourn / service : 1);
	q->next = x->free_job;
	x->free_job = j;
	x->in_flight--;
}

static void nic_event(struct actors_run *x, int core)
{
	struct place_core *c = &x->nic[core];
	uint32_t j = c->job;
	struct message *q = &x->pool[j];
	struct actor *a = &x->actor[q->actor];

	c->busy += x->now - c->begun;
	c->job = 0;
	tournament_set(&x->times, LEAF_NIC + core, NEVER);
	if (c->doing == EXECUTES) {
		c->doing = IDLE;
		ipipe_executed(x, core, a, x->now - q->arrival, q->service);
		leave(x, j, x->now);
	} else {
		c->doing = IDLE;
		x->host_at[j] = x->now + ticks(x->k->host_ns);
		queue_push(x, &x->to_host, j);
		if (x->to_host.n == 1)
			tournament_set(&x->times, LEAF_HOST_LINE, x->host_at[j]);
	}
	wake(x);
}

static void host_begin(struct actors_run *x, int core)
{
	struct place_core *h = &x->host[core];

	h->job = queue_pop(x, &h->queue);
	tournament_set(&x->times, LEAF_HOST + core,
		       x->now + (tick)((double)x->pool[h->job].service / x->k->host_speed));
}

static void host_arrival(struct actors_run *x)
{
	uint32_t j = queue_pop(x, &x->to_host);
	struct place_core *h = &x->host[x->pool[j].core];

	tournament_set(&x->times, LEAF_HOST_LINE,
		       x->to_host.n ? x->host_at[x->to_host.head] : NEVER);
	queue_push(x, &h->queue, j);
	if (!h->job)
		host_begin(x, x->pool[j].core);
}

static void host_event(struct actors_run *x, int core)
{
	uint32_t j = x->host[core].job;

	x->host[core].job = 0;
	tournament_set(&x->times, LEAF_HOST + core, NEVER);
	leave(x, j, x->now + ticks(x->k->host_ns));
	if (x->host[core].queue.n)
		host_begin(x, core);
}

static int pick_actor(const struct actors_run *x, int cls, uint32_t random)
{
	double u = random * 0x1p-32;
	int i = 0;

	while (i < x->each - 1 && u >= x->upto[i])
		i++;
	return cls * x->each + i;
}

static int arrive(struct actors_run *x, struct why *why)
{
	struct arrival a = x->coming;
	int more = source_next(&x->src, &x->coming, why);
	uint64_t n = x->n++;
	uint32_t j = x->free_job;

	if (more < 0)
		return -EINVAL;
	x->ending = more;
	if (j)
		x->free_job = x->pool[j].next;
	else if (x->fresh_job < JOBS)
		j = x->fresh_job++;
	else
		return -ENOBUFS;
	if (n >= x->warm) {
		x->first = x->first ? x->first : a.at;
		x->last = a.at;
		x->r->cls[a.cls].arrived++;
		measure_arrival(&x->m, n, x->in_flight);
	}
	x->in_flight++;
	x->pool[j] = (struct message){ .arrival = a.at, .service = a.service, .n = n, .cls = a.cls,
				   .actor = pick_actor(x, a.cls, a.flow),
				   .core = (uint64_t)(a.flow * 2654435769U) * x->nhost >> 32 };
	queue_push(x, &x->fcfs, j);
	if (x->standalone) {
		queue_pop(x, &x->fcfs);
		queue_push(x, &x->actor[x->pool[j].actor].mailbox, j);
	}
	wake(x);
	return 0;
}

static void window_event(struct actors_run *x)
{
	for (int i = 0; i < x->nnic; i++) {
		struct place_core *c = &x->nic[i];

		if (c->doing != IDLE) {
			c->busy += x->now - c->begun;
			c->begun = x->now;
		}
		x->busy_sum += c->busy;
	}
	ipipe_window(x, ticks(WINDOW_NS));
	tournament_set(&x->times, LEAF_WINDOW, x->now + ticks(WINDOW_NS));
	wake(x);
}

static int loop(struct actors_run *x, volatile sig_atomic_t *stop, struct why *why)
{
	int leaf, res;

	while (!x->ending || x->in_flight) {
		leaf = tournament_first(&x->times);
		x->now = tournament_time(&x->times);
		if (!(++x->events & 0x3fff) && stop && *stop)
			return -EINTR;
		if (!x->ending && x->coming.at <= x->now) {
			x->now = x->coming.at;
			res = arrive(x, why);
			if (res)
				return res;
		} else if (leaf >= LEAF_HOST) {
			host_event(x, leaf - LEAF_HOST);
		} else if (leaf >= LEAF_NIC) {
			nic_event(x, leaf - LEAF_NIC);
		} else if (leaf == LEAF_HOST_LINE) {
			host_arrival(x);
		} else if (leaf == LEAF_MOVE) {
			tournament_set(&x->times, LEAF_MOVE, NEVER);
			ipipe_moved(x);
			wake(x);
		} else {
			window_event(x);
		}
	}
	return 0;
}

/* Shares of a class's actors by Zipf's law: the i-th has 1/i^skew; 0: all alike. */
static void share_out(struct actors_run *x)
{
	double sum = 0;

	for (int i = 0; i < x->each; i++)
		x->upto[i] = sum += pow(i + 1, -x->k->actor_skew);
	for (int i = 0; i < x->each; i++)
		x->upto[i] /= sum;
	for (int i = 0; i < x->nactors; i++) {
		struct actor *a = &x->actor[i];

		a->exec = a->mean = ticks(x->c->w->cls[i / x->each].service.mean_ns);
		a->square = a->mean * a->mean;
		a->state = x->standalone ? ON_DRR : ON_FCFS;
	}
}

static int set_up(struct actors_run *x, struct why *why)
{
	int most = ACTORS_MOST / x->c->w->nclasses;

	x->nnic = x->c->cores;
	x->nhost = x->k->host_cores;
	x->each = x->k->actors;
	if (x->nnic > PLACE_CORES || x->nhost > PLACE_CORES || x->nhost < 1 || x->each < 1 ||
	    x->each > most || !(x->k->host_speed > 0) || !(x->k->drr_quantum_us > 0)) {
		why_fail(why, -1,
			 "'%s' wants 1 to %d cores of the NIC, host_cores 1 to %d, actors 1 to %d, "
			 "and more than 0 as host_speed and drr_quantum_us",
			 x->c->policy->name, PLACE_CORES, PLACE_CORES, most);
		return -EINVAL;
	}
	x->nactors = x->each * x->c->w->nclasses;
	x->standalone = x->c->policy->ideal == IDEAL_DRR;
	x->by_algorithm = x->c->policy->ideal == IDEAL_IPIPE_ALG;
	x->ndrr = x->standalone ? x->nnic : 0;
	x->moving = -1;
	x->warm = x->c->requests / 10;
	x->fresh_job = 1;
	x->pool = malloc(JOBS * sizeof(*x->pool));
	x->host_at = malloc(JOBS * sizeof(*x->host_at));
	if (!x->pool || !x->host_at || tournament_make(&x->times, LEAVES) ||
	    measure_begin(&x->m, x->r, x->c))
		return -ENOMEM;
	share_out(x);
	tournament_set(&x->times, LEAF_WINDOW, SIM_START + ticks(WINDOW_NS));
	return source_open(&x->src, x->c, why) || source_next(&x->src, &x->coming, why) ? -EINVAL
											: 0;
}

int run_actors(const struct run_config *c, struct run_result *r, volatile sig_atomic_t *stop,
	       struct why *why)
{
	struct actors_run *x = calloc(1, sizeof(*x));
	int res;

	if (!x)
		return -ENOMEM;
	x->c = c;
	x->r = r;
	x->k = &c->costs.actors;
	res = set_up(x, why);
	if (!res)
		res = loop(x, stop, why);
	if (res == -ENOBUFS)
		why_fail(why, -1,
			 "more than %u requests at once: the load is above what the cores can do",
			 JOBS);
	if (!res) {
		double span = (double)(x->last - x->first) / TICKS_NS;

		r->events = x->events;
		r->sim_s = (double)(x->now - SIM_START) / TICKS_NS / 1e9;
		r->throughput = span > 0 ? x->in_time / span * 1e9 : 0;
		r->busy = r->sim_s > 0 ? x->busy_sum / TICKS_NS / 1e9 / r->sim_s / x->nnic : 0;
		measure_finish(&x->m);
	}
	source_close(&x->src);
	measure_free(&x->m);
	tournament_free(&x->times);
	free(x->host_at);
	free(x->pool);
	free(x);
	return res;
}
