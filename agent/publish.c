// SPDX-License-Identifier: BSD-2-Clause
/*
 * publish.c - the publisher: loads of cores, in rounds, one message for all of a group's
 *
 * A card knows one group, in which a core has the number of its queue, of whichever domain that is
 * (the loader refuses higher ones than a group has). Where the host's program emulates one, each
 * domain is a group by itself.
 *
 * Unchanged loads are not sent again. A message is as old as its way takes, and its loads stay in
 * force until the next: pace.c says how often it must be sent, and when equal loads are better.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "due.h"
#include "log.h"
#include "maps.h"
#include "nfp.h"
#include "pace.h"
#include "publish.h"
#include "rings.h"

#define KNOBS_NS 10000000ULL

struct group {
	__u32 domain;                  /* the first whose cores are in it: it counts the messages */
	bool on;                       /* there are any */
	bool told;                     /* what follows is what the card has */
	struct shunt_nfp_group cores;
	struct shunt_nfp_bytes order, loads;
};

/* Cores of a group, as they are now. */
struct sample {
	__u64 up;
	__u32 sent[SHUNT_NFP_CORES], done[SHUNT_NFP_CORES];
};

struct publisher {
	pthread_t thread;
	pthread_mutex_t lock;          /* of the next two */
	pthread_cond_t stirs;          /* they have changed */
	bool stop;
	bool rests;                    /* no request comes: no load changes */
	bool refused; /* the operator knows */
	struct maps *maps;
	int group_fd, order_fd, loads_fd;
	int knobs_fd;                  /* the card's own; -ENOENT: it reads the host's */
	__u64 knobs_ns;                /* next look at the host's */
	__u64 knob[SHUNT_KNOBS];       /* as the card has them: 0 at first */
	__u64 delay_ns;
	struct pace pace;
	bool by_queue;                 /* one group, of all domains */
	const struct shunt_view *view[SHUNT_DOMAINS]; /* NULL: the domain is off */
	struct group group[SHUNT_DOMAINS];
};

static void sleep_until(__u64 ns)
{
	struct timespec t = { ns / 1000000000, ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static struct shunt_agent *agent_at(const struct publisher *p, __u32 i)
{
	return &p->maps->agent[i];
}

/* Writes one value, one message. False: the card does not have it. */
static bool tell(struct publisher *p, __u32 group, int fd, __u32 i, const void *value)
{
	struct shunt_agent *n = agent_at(p, p->group[group].domain);

	if (p->delay_ns)
		sleep_until(clock_ns() + p->delay_ns);
	poke(n->published, n->published + 1);
	if (!bpf_map_update_elem(fd, &i, value, 0))
		return true;
	poke(n->publish_failed, n->publish_failed + 1);
	if (!p->refused)
		log_say(LOG_WARNING, "cannot publish to the card: %m; it goes on with what it has");
	p->refused = true;
	return false;
}

/* A core that goes leaves the count first, one that comes enters the order
 * first: so the first "count" cores of the order are up at any time. */
static bool tell_cores(struct publisher *p, __u32 i, __u64 up)
{
	struct group *g = &p->group[i];
	struct shunt_nfp_group cores;
	struct shunt_nfp_bytes order;
	bool fewer;

	nfp_pack_cores(up, &cores, &order);
	fewer = cores.ncores < g->cores.ncores;
	if ((fewer && !tell(p, i, p->group_fd, i, &cores)) || !tell(p, i, p->order_fd, i, &order) ||
	    (!fewer && !tell(p, i, p->group_fd, i, &cores)))
		return false;
	g->cores = cores;
	g->order = order;
	return true;
}

/* Reads a core's done before its sent: the other way round done could be the greater one. */
static void sample_domain(const struct publisher *p, __u32 d, struct sample *s)
{
	__u64 up = peek(p->maps->domains[d].up) & NFP_CORES;

	for (__u32 i = 0; up >> i; i++) {
		__u32 queue = queue_of(p->maps, d, i), at = p->by_queue ? queue : i;

		if (!(up >> i & 1) || at >= SHUNT_NFP_CORES)
			continue;
		s->up |= 1ULL << at;
		s->done[at] = __atomic_load_n(&p->view[d]->done[i], __ATOMIC_ACQUIRE);
		s->sent[at] = peek(p->maps->ingress[queue].sent[i]);
	}
}

static void sample_group(const struct publisher *p, __u32 i, struct sample *s)
{
	*s = (struct sample){ 0 };
	for (__u32 d = 0; d < SHUNT_DOMAINS; d++) {
		if (p->view[d] && (p->by_queue || d == i))
			sample_domain(p, d, s);
	}
}

/* False: there was nothing to say. */
static bool publish_group(struct publisher *p, __u32 i)
{
	struct group *g = &p->group[i];
	struct shunt_nfp_bytes loads = { 0 };
	struct sample now;

	sample_group(p, i, &now);
	if (!g->told || now.up != g->cores.up) {
		g->told = tell_cores(p, i, now.up);
		if (!g->told)
			return true;
	}
	if (!p->pace.behind)
		nfp_pack_loads(now.sent, now.done, now.up, &loads);
	/* Behind, it is sent all the same: is the card faster by now? */
	if (!memcmp(&loads, &g->loads, sizeof(loads)) && !(p->pace.behind && now.up))
		return false;
	if (tell(p, i, p->loads_fd, i, &loads))
		g->loads = loads;
	return true;
}

/* Publishes the values that the operator set since the last look. False: there are none. */
static bool publish_knobs(struct publisher *p, __u64 now_ns)
{
	bool sent = false;
	__u64 knob;

	if (p->knobs_fd < 0 || now_ns < p->knobs_ns)
		return false;
	p->knobs_ns = now_ns + KNOBS_NS;
	for (__u32 i = 0; i < SHUNT_KNOBS; i++) {
		if (bpf_map_lookup_elem(p->maps->knobs_fd, &i, &knob) || knob == p->knob[i])
			continue;
		if (tell(p, 0, p->knobs_fd, i, &knob))
			p->knob[i] = knob;
		sent = true;
	}
	return sent;
}

/* The mean service time of all domains that are served now; 0: nothing was measured yet. */
static __u64 mean_service_ns(const struct publisher *p)
{
	__u64 ns = 0, rate = 0;

	for (__u32 i = 0; i < SHUNT_DOMAINS; i++) {
		for (int c = 0; p->view[i] && c < SHUNT_CLASSES; c++) {
			const struct shunt_agent_class *k = &agent_at(p, i)->cls[c];

			ns += (__u64)peek(k->mean_ns) * peek(k->rate);
			rate += peek(k->mean_ns) ? peek(k->rate) : 0;
		}
	}
	return rate ? ns / rate : 0;
}

/* late_ns: since when it was due. False: there was nothing to say. */
static bool publish_round(struct publisher *p, __u64 began_ns, __u64 late_ns)
{
	__u64 mean_ns = mean_service_ns(p);
	bool was_behind = p->pace.behind;
	bool sent = publish_knobs(p, began_ns);

	for (__u32 i = 0; i < SHUNT_DOMAINS; i++) {
		if (p->group[i].on)
			sent |= publish_group(p, i);
	}
	pace_note(&p->pace, late_ns, sent ? clock_ns() - began_ns : 0, mean_ns);
	for (__u32 i = 0; i < SHUNT_DOMAINS; i++) {
		struct shunt_agent *n = agent_at(p, p->group[i].domain);

		if (!p->group[i].on)
			continue;
		if (p->pace.behind && !was_behind)
			poke(n->publish_equal, n->publish_equal + 1);
		poke(n->message_ns, p->pace.message_ns);
		poke(n->publish_age_ns, pace_age(&p->pace, mean_ns));
	}
	return sent;
}

/* Rests for a while if no request comes and all was said. False: it is time to end. */
static bool goes_on(struct publisher *p, bool said)
{
	__u64 end = clock_ns() + DUE_LEISURE_NS;
	struct timespec until = { end / 1000000000, end % 1000000000 };
	bool on;

	pthread_mutex_lock(&p->lock);
	if (!said && p->rests && !p->stop)
		pthread_cond_clockwait(&p->stirs, &p->lock, CLOCK_MONOTONIC, &until);
	on = !p->stop;
	pthread_mutex_unlock(&p->lock);
	return on;
}

static void *run(void *arg)
{
	struct publisher *p = arg;
	__u64 due = clock_ns(), began, wait, asked;
	bool said = true;

	prctl(PR_SET_TIMERSLACK, 1);
	for (;;) {
		asked = clock_ns();
		if (!goes_on(p, said))
			return NULL;
		began = clock_ns();
		due += began - asked; /* resting is no lateness */
		said = publish_round(p, began, began - due);
		wait = pace_period(&p->pace, mean_service_ns(p));
		if (p->pace.behind && wait < PACE_PROBE_NS)
			wait = PACE_PROBE_NS;
		due = began + wait;
		if (due < clock_ns())
			due = clock_ns();
		sleep_until(due);
	}
}

static bool open_views(struct publisher *p, const struct shunt_pins *pins)
{
	for (__u32 i = 0; i < SHUNT_DOMAINS; i++) {
		int fd;

		if (!p->maps->domains[i].on)
			continue;
		fd = shunt_pin_open_view(pins, i);
		if (fd < 0)
			return false;
		p->view[i] = shunt_map_mmap(fd, sizeof(*p->view[i]), false);
		close(fd);
		if (!p->view[i])
			return false;
	}
	return true;
}

static void make_groups(struct publisher *p)
{
	p->by_queue = p->maps->cfg.flags & SHUNT_CFG_CARD;
	for (__u32 i = 0; i < SHUNT_DOMAINS; i++)
		p->by_queue |= p->view[i] && p->maps->domains[i].by_queue;
	for (__u32 i = 0; i < SHUNT_DOMAINS; i++) {
		struct group *g = &p->group[p->by_queue ? 0 : i];

		if (!p->view[i] || g->on)
			continue;
		g->on = true;
		g->domain = i;
	}
}

static void release(struct publisher *p)
{
	int fds[] = { p->group_fd, p->order_fd, p->loads_fd, p->knobs_fd };

	for (__u32 i = 0; i < SHUNT_DOMAINS; i++) {
		if (p->view[i])
			munmap((void *)p->view[i], sizeof(*p->view[i]));
	}
	for (unsigned int i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	free(p);
}

/* Signals are the main thread's. */
static int start_thread(struct publisher *p)
{
	sigset_t all, was;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	err = pthread_create(&p->thread, NULL, run, p);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	return err;
}

struct publisher *publish_start(const struct shunt_pins *pins, struct maps *maps,
				unsigned int period_us, unsigned int delay_us)
{
	struct publisher *p = calloc(1, sizeof(*p));
	bool started = false;

	if (!p)
		return NULL;
	p->maps = maps;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->stirs, NULL);
	p->pace.fixed_ns = period_us * 1000ULL;
	p->delay_ns = delay_us * 1000ULL;
	p->group_fd = shunt_pin_open(pins, "nfp_group");
	p->order_fd = shunt_pin_open(pins, "nfp_order");
	p->loads_fd = shunt_pin_open(pins, "nfp_loads");
	p->knobs_fd = shunt_pin_open(pins, "nfp_knobs");
	if (p->loads_fd == -ENOENT) { /* no card: the usual case */
		release(p);
		return NULL;
	}
	if (p->group_fd >= 0 && p->order_fd >= 0 && p->loads_fd >= 0 && open_views(p, pins)) {
		make_groups(p);
		started = !start_thread(p);
	}
	if (!started) {
		log_say(LOG_ERR,
			"cannot publish loads to the card: it goes on with those it has; load "
			"again");
		release(p);
		return NULL;
	}
	log_say(LOG_INFO, "publishing loads to the card");
	return p;
}

static void stir(struct publisher *p, bool *what, bool value)
{
	pthread_mutex_lock(&p->lock);
	*what = value;
	pthread_cond_signal(&p->stirs);
	pthread_mutex_unlock(&p->lock);
}

void publish_rest(struct publisher *p, bool rests)
{
	if (p)
		stir(p, &p->rests, rests);
}

void publish_stop(struct publisher *p)
{
	if (!p)
		return;
	stir(p, &p->stop, true);
	pthread_join(p->thread, NULL);
	release(p);
}
