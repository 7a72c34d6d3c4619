// SPDX-License-Identifier: BSD-2-Clause
/*
 * calls.c - a run of calls: they begin when they come or when
 * a client has thought enough, and end when enough of their
 *           parts are answered
 */
#include <errno.h>
#include <math.h>

#include "calls.h"

#define TOKENS_MOST 100.0 /* retries that a budget lets come at once */

bool calls_wanted(const struct call_config *k)
{
	return k->clients || k->timeout_ns > 0 || k->retries || k->hedge || k->servers > 1 ||
	       k->fanout > 1 || k->window_ns > 0;
}

/* --- a call ----------------------------------------------------------------------------------- */

/* To so many servers of all, each as likely (Floyd's algorithm). */
static void choose_servers(struct calls *k, uint16_t *to)
{
	uint64_t taken[SERVERS_MOST / 64 + 1] = { 0 };
	int n = 0, i;

	for (int last = k->nservers - k->fanout; last < k->nservers; last++) {
		i = k->fanout < k->nservers ? rng_unit(&k->random) * (last + 1) : last;
		if (taken[i / 64] >> i % 64 & 1)
			i = last;
		taken[i / 64] |= 1ULL << i % 64;
		to[n++] = i;
	}
}

static void add_part(struct calls *k, uint32_t call, int server)
{
	uint32_t part = slab_take(&k->part);
	struct part *p = part_at(k, part);
	struct call *c = call_at(k, call);

	timers_part(&k->timers, part);
	*p = (struct part){ .call = call, .next = c->parts, .server = server };
	if (c->parts)
		part_at(k, c->parts)->prev = part;
	c->parts = part;
}

static void is_measured(struct calls *k, const struct call *c)
{
	if (!k->first)
		k->first = k->now;
	k->last = k->now;
	k->r->cls[c->cls].arrived++;
	measure_arrival(&k->m, c->n, k->in_flight);
}

/* A new call with its parts, none of which is sent yet. */
static struct call *make_call(struct calls *k, const struct arrival *a)
{
	uint32_t call = slab_take(&k->call);
	struct call *c = call_at(k, call);
	uint16_t to[SERVERS_MOST];

	*c = (struct call){ .recorded = a->recorded ? a->service : 0, .n = k->n++, .begin = k->now,
			    .flow = a->flow, .cls = a->cls, .need = k->quorum,
			    .spare = k->fanout - k->quorum };
	k->ending = k->n == k->c->requests;
	k->last_begun = k->now;
	if (c->n >= k->warm)
		is_measured(k, c);
	k->in_flight++;
	series_count(&k->series, c->cls, WINDOW_CAME);
	k->tokens = fmin(k->tokens + k->k->budget * k->fanout, TOKENS_MOST);
	choose_servers(k, to);
	for (int i = 0; i < k->fanout; i++)
		add_part(k, call, to[i]);
	return c;
}

static void begin_call(struct calls *k, const struct arrival *a)
{
	struct call *c = make_call(k, a);
	tick service = a->service;
	uint32_t next;

	/* No part ends or fails while the call is sent: a refused one has a timer. */
	for (uint32_t part = c->parts; part; part = next) {
		next = part_at(k, part)->next;
		part_begin(k, part, service);
		service = next ? draw_again(k, c) : 0;
	}
}

static void next_of_client(struct calls *k)
{
	double think = k->k->think ? dist_draw(k->k->think, &k->random) : 0;

	if (k->k->clients && !k->ending)
		timers_add(&k->timers, k->now + ticks(think), OF_CLIENT);
}

static void end_call(struct calls *k, uint32_t call)
{
	struct call *c = call_at(k, call);

	while (c->parts)
		part_end(k, c->parts);
	k->in_flight--;
	slab_give(&k->call, call);
	next_of_client(k);
}

static void call_answered(struct calls *k, uint32_t part, const struct copy *y,
			  const struct engine *e, const struct req *q)
{
	uint32_t call = part_at(k, part)->call;
	struct call *c = call_at(k, call);
	/* Where sojourns count from the NIC's stamp, the way to there does not. */
	tick end, spent = e->now - e->rest - c->begin - (q->arrival - y->sent);

	/* servers that go ahead end in another order */
	spent = c->spent = spent > c->spent ? spent : c->spent;
	c->service = q->service > c->service ? q->service : c->service;
	part_end(k, part);
	if (--c->need)
		return;
	end = k->ahead ? c->begin + spent : e->now;
	k->done_in_time += k->first && end >= k->first && (!k->ending || end <= k->last_begun);
	series_sojourn(&k->series, c->cls, (double)spent / TICKS_NS);
	if (c->n >= k->warm)
		measure_end(&k->m, c->cls, (double)spent / TICKS_NS, (double)c->service / TICKS_NS,
			    c->service ? (double)spent / c->service : 1);
	end_call(k, call);
}

static void call_part_failed(struct calls *k, uint32_t part)
{
	uint32_t call = part_at(k, part)->call;
	struct call *c = call_at(k, call);

	part_end(k, part);
	if (c->spare--)
		return;
	series_count(&k->series, c->cls, WINDOW_FAILED);
	if (c->n >= k->warm) {
		k->r->calls->failed++;
		k->r->cls[c->cls].lost++;
	}
	end_call(k, call);
}

static void copy_has_ended(struct engine *e, const struct req *q)
{
	struct copy y;

	if (copy_ended(e->calls, e, q, &y))
		call_answered(e->calls, y.part, &y, e, q);
}

static const struct call_hooks hooks = { copy_has_ended, copy_refused };

/* --- the run ---------------------------------------------------------------------------------- */

static int come(struct calls *k, struct why *why)
{
	struct arrival a = k->coming;
	int end = source_next(&k->src, &k->coming, why);

	if (end < 0)
		return -EINVAL;
	if (end)
		k->coming.at = NEVER;
	begin_call(k, &a);
	k->ending = end;
	return 0;
}

/* A client has thought enough, or waited long enough. */
static int client_event(struct calls *k, struct why *why)
{
	struct timer t = k->timers.t[1];
	struct arrival a = { 0 };

	timers_take(&k->timers, 1);
	if (!(t.who & OF_CLIENT)) {
		if (part_timer(k, t.who))
			call_part_failed(k, t.who);
		return 0;
	}
	if (k->ending)
		return 0;
	if (source_next(&k->src, &a, why))
		return -EINVAL;
	begin_call(k, &a);
	return 0;
}

/* Does no call's end change later arrivals? Then each server can be simulated by itself, for some
 * calls at once. */
static bool may_go_ahead(const struct calls *k)
{
	const struct call_config *q = k->k;

	return k->nservers > 1 && !q->clients && !k->timeout && !q->hedge && !q->retries &&
	       k->quorum == k->fanout && !(q->window_ns > 0);
}

/* The calls that come next, up to AHEAD of them. */
static int draw_ahead(struct calls *k, struct why *why)
{
	struct arrival a;
	struct call *c;
	tick service;
	int end = 0;

	for (int i = 0; i < AHEAD && !end; i++) {
		a = k->coming;
		end = source_next(&k->src, &k->coming, why);
		if (end < 0)
			return -EINVAL;
		k->now = a.at;
		k->events++;
		c = make_call(k, &a);
		service = a.service;
		for (uint32_t part = c->parts; part; part = part_at(k, part)->next) {
			ahead_add(k, part, a.at, service);
			service = part_at(k, part)->next ? draw_again(k, c) : 0;
		}
	}
	k->ending = end;
	return 0;
}

/* -EAGAIN: something was refused, of which the other servers should have heard. */
static int loop_ahead(struct calls *k, volatile sig_atomic_t *stop, struct why *why)
{
	while (!k->ending) {
		if (draw_ahead(k, why))
			return -EINVAL;
		ahead_run(k);
		if (k->refused)
			return -EAGAIN;
		if (stop && *stop)
			return -EINTR;
	}
	ahead_finish(k);
	return k->refused ? -EAGAIN : 0;
}

static int loop(struct calls *k, volatile sig_atomic_t *stop, struct why *why)
{
	tick server, timer, client;
	int which, res = 0;

	while (!res && !(k->ending && !k->in_flight && !k->copies)) {
		server = servers_next(k, &which);
		timer = timers_next(&k->timers);
		client = k->coming.at < timer ? k->coming.at : timer;
		if (client >= NEVER && k->c->nfails && servers_stuck(k))
			break; /* what is under way waits for cores that are dead */
		if (k->ending)
			series_end(&k->series, k->last);
		series_until(&k->series, client < server ? client : server);
		if (client <= server) {
			k->now = client;
			res = client == k->coming.at ? come(k, why) : client_event(k, why);
		} else {
			k->now = server;
			servers_step(k, which);
		}
		if (!(++k->events & 0xffff) && stop && *stop)
			return -EINTR;
	}
	return res;
}

static int set_up(struct calls *k, bool ahead, struct why *why)
{
	const struct call_config *q = k->k;
	int res;

	k->fanout = q->fanout ? q->fanout : 1;
	k->nservers = q->servers ? q->servers : k->fanout;
	k->quorum = q->quorum > 0 ? ceil(q->quorum * k->fanout - 1e-9) : k->fanout;
	k->call.size = sizeof(struct call);
	k->part.size = sizeof(struct part);
	k->copy.size = sizeof(struct copy);
	k->timeout = ticks(q->timeout_ns);
	k->hedge_after = q->hedge_quantile > 0 ? NEVER : ticks(q->hedge_ns);
	if (ahead && may_go_ahead(k) && ahead_open(k))
		return -ENOMEM;
	k->warm = k->c->requests / 10;
	rng_seed(&k->random, k->c->seed, 6);
	rng_seed(&k->again, k->c->seed, 7);
	k->hooks = &hooks;
	res = servers_open(k, why);
	if (res)
		return res;
	k->r->calls = calloc(1, sizeof(*k->r->calls));
	if (!k->r->calls || measure_begin(&k->m, k->r, k->c))
		return -ENOMEM;
	if (q->window_ns > 0 && series_begin(&k->series, k->r, q->window_ns))
		return -ENOMEM;
	if (source_open(&k->src, k->c, why))
		return -EINVAL;
	k->now = SIM_START;
	k->coming.at = NEVER;
	for (uint32_t i = 0; i < q->clients; i++)
		next_of_client(k);
	return !q->clients && source_next(&k->src, &k->coming, why) ? -EINVAL : 0;
}

static void sum_up(struct calls *k)
{
	struct run_result *r = k->r;
	double span = (double)(k->last - k->first) / TICKS_NS, busy = 0;
	int cores = k->nservers * (k->c->cores - k->c->costs.reserved);

	for (int i = 0; i < k->nservers; i++)
		busy += engine_busy(&k->server[i]);
	r->events = k->events + k->sent - k->n; /* a call that is sent to many is as many events */
	r->sim_s = (double)(k->now - SIM_START) / TICKS_NS / 1e9;
	if (k->nservers == 1)
		engine_domains(&k->server[0]);
	r->throughput = span > 0 ? k->done_in_time / span * 1e9 : 0;
	r->busy = r->sim_s > 0 ? busy / 1e9 / r->sim_s / cores : 0;
	measure_finish(&k->m);
}

static int run(const struct run_config *c, struct run_result *r, bool ahead,
	       volatile sig_atomic_t *stop, struct why *why)
{
	struct calls *k = calloc(1, sizeof(*k));
	int res;

	if (!k)
		return -ENOMEM;
	k->c = c;
	k->k = &c->calls;
	k->r = r;
	res = set_up(k, ahead, why);
	if (!res)
		res = k->ahead ? loop_ahead(k, stop, why) : loop(k, stop, why);
	if (!res)
		sum_up(k);
	source_close(&k->src);
	measure_free(&k->m);
	series_free(&k->series);
	ahead_close(k);
	servers_close(k);
	timers_free(&k->timers);
	free(k->call.at);
	free(k->part.at);
	free(k->copy.at);
	free(k);
	return res;
}

int run_calls(const struct run_config *c, struct run_result *r, volatile sig_atomic_t *stop,
	      struct why *why)
{
	struct run_result before = *r;
	int res = run(c, r, true, stop, why);

	if (res != -EAGAIN)
		return res;
	free(r->calls);
	*r = before;
	memset(r->cls, 0, (r->nclasses + 1) * sizeof(*r->cls));
	return run(c, r, false, stop, why);
}
