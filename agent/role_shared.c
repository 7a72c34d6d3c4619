// SPDX-License-Identifier: BSD-2-Clause
/*
 * role_shared.c - shuntd where NIC, agent and workers share
 * memory: what 'shunt load' pinned is served
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "actor_maps.h"
#include "agent.h"
#include "announce.h"
#include "candidate.h"
#include "clock.h"
#include "domain.h"
#include "due.h"
#include "expire.h"
#include "judge.h"
#include "load.h"
#include "loaded.h"
#include "log.h"
#include "loss.h"
#include "maps.h"
#include "owner.h"
#include "phase.h"
#include "plan.h"
#include "pool.h"
#include "publish.h"
#include "reclaim.h"
#include "reclaim_frames.h"
#include "role.h"
#include "seats.h"
#include "shared.h"
#include "watch.h"

#define ANNOUNCE_NS 1000000000ULL /* from one attempt to tell rpcbind to the next */
#define READ_NS 200000000ULL /* between looks at maps of which the kernel does not tell changes */

static const char *check(struct options *o)
{
	return NULL;
}

static int begin(struct agent *a)
{
	struct shared *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->policy.fd = -1;
	s->aim_fd = -1;
	wake_none(&s->wake);
	planner_none(&s->planner);
	a->own = s;
	return 0;
}

static int open_load(struct agent *a, struct why *why)
{
	int err = loaded_open(a, false, why);

	if (err)
		return err;
	err = load_reset(a);
	if (err) {
		why_fail(why, err, "out of memory");
		maps_close(&a->maps);
	}
	return err;
}

static void stop(struct agent *a)
{
	publish_stop(shared_of(a)->publisher);
	shared_of(a)->publisher = NULL;
}

static void close_load(struct agent *a)
{
	stop(a);
	seats_close(a);
	wake_close(&shared_of(a)->wake);
	policy_forget(&shared_of(a)->policy);
	planner_forget(&shared_of(a)->planner);
	aim_forget(a);
}

static void serve(struct agent *a)
{
	policy_refresh(a);
	seats_open(a);
	wake_open(a);
	a->nudged = true;
	shared_of(a)->publisher =
		publish_start(&a->pins, &a->maps, a->opts.publish_us, a->opts.card_delay_us);
}

static bool geometry(const struct agent *a, __u32 domain, struct shunt_geometry *g)
{
	domain_geometry(g, &a->maps.cfg, &a->maps.domains[domain], a->mtu);
	return true;
}

static int make(struct agent *a, struct domain *d, const struct shunt_geometry *g)
{
	return domain_make(d, &a->pins, a->ifindex, g);
}

static bool adopt(struct agent *a, struct domain *d)
{
	return domain_adopt(d, &a->pins, a->ifindex);
}

static int put_sockets(struct agent *a, struct domain *d)
{
	return pool_put_sockets(d);
}

static enum reclaim_outcome reclaim(struct agent *a, struct domain *d, enum reclaim_step step)
{
	return reclaim_shared(d, step, a->now_ns);
}

static int has_room(struct agent *a, const char **why)
{
	if (!a->maps.agent || policy_refresh(a))
		return 0;
	*why = "the policy has no native code for this machine: build it here ('shunt build')";
	return -ENOEXEC;
}

/* A process that had rings of before is known by its number. */
static bool may_hold_rings(const struct agent *a)
{
	return false;
}

static bool is_fit(struct agent *a, struct peer *p, struct domain *d)
{
	if (!owner_ready(a, p, d))
		return false;
	expire_before_worker(d, clock_ns());
	return true;
}

/* Rows of actors, and the lines in which the domain's cores count them. */
static int tell_actors(const struct agent *a, struct peer *p)
{
	const struct actor_maps *m = a->maps.actors;
	__u32 domain = p->domain->id;
	struct shunt_msg_actors msg;
	int fd[SHUNT_ACTORS_FDS];

	if (!m || m->core[domain] < 0)
		return 0;
	msg = (struct shunt_msg_actors){ .n = m->n, .cores = m->cores[domain] };
	fd[SHUNT_FD_ACTORS] = m->rows;
	fd[SHUNT_FD_ACTOR_CORE] = m->core[domain];
	return peer_send(p, &msg, sizeof(msg), SHUNT_MSG_ACTORS, fd, SHUNT_ACTORS_FDS);
}

static int tell_first(struct agent *a, struct peer *p)
{
	int err = seats_tell(a, p);

	return err ? err : tell_actors(a, p);
}

/* A policy that cannot be sent now is offered again. */
static int tell_news(struct agent *a, struct peer *p)
{
	return policy_send(a, p);
}

/* Requests that waited for a core are served now, even if no further one comes. */
static void core_up(struct agent *a, __u32 core)
{
	wake_up(a);
	shared_of(a)->announce_ns = a->now_ns;
	shared_of(a)->announce_tries = ANNOUNCE_TRIES;
}

static void turn(struct agent *a)
{
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		struct domain *d = &a->domain[i];

		if (d->phase == DOMAIN_FREE) {
			reclaim_kept(d);
			expire_old(d, a->now_ns);
		} else if (d->phase == DOMAIN_TAKEN && !(d->worker.up & ~d->worker.hung)) {
			expire_while_none_serves(d, a->now_ns);
		}
	}
	seats_turn(a);
	judge_turn(a);
}

static bool watches(const struct agent *a)
{
	return (shared_of(a)->quanta || shared_of(a)->seats) && !shared_of(a)->wake.asleep &&
	       watch_wanted(a);
}

static void watch(struct agent *a)
{
	watch_running(a, watch_marks);
}

/* Policy and tunables, from the maps: at once if somebody has touched the folder of the pins. */
static void read_maps(struct agent *a)
{
	struct shared *s = shared_of(a);

	if (a->now_ns < s->read_ns && !a->nudged)
		return;
	a->nudged = false;
	s->read_ns = a->now_ns + READ_NS;
	policy_refresh(a);
	load_read(a);
}

static void tell_rpcbind(struct agent *a)
{
	struct shared *s = shared_of(a);

	if (!s->announce_ns || a->now_ns < s->announce_ns)
		return;
	if (announce(&a->pins)) {
		s->announce_ns = 0;
	} else if (--s->announce_tries) {
		s->announce_ns = a->now_ns + ANNOUNCE_NS;
	} else {
		s->announce_ns = 0;
		log_say(LOG_WARNING, "%s: rpcbind does not answer: RPC clients must know the port",
			a->opts.ifname);
	}
}

static void tick(struct agent *a)
{
	read_maps(a);
	tell_rpcbind(a);
	load_tick(a);
	aim_tick(a);
	seats_tick(a);
	wake_tick(a);
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		if (a->domain[i].pool.r.view)
			pool_wake(&a->domain[i]);
	}
}

/* How often beats are looked at, to find a silent core by an eighth of its time too late. */
static __u64 look_for_silence(const struct agent *a)
{
	__u64 ns = a->maps.cfg.hang_ms * 1000000ULL / 8;

	return !ns ? DUE_LEISURE_NS : ns < DUE_SOON_NS ? DUE_SOON_NS : ns;
}

static bool goes_on(const struct agent *a)
{
	bool any = judge_goes_on(a) || shared_of(a)->announce_ns;

	for (int i = 0; i < SHUNT_DOMAINS; i++)
		any |= expire_goes_on(&a->domain[i]);
	return any;
}

/* While requests come, run or wait. */
static __u64 pace_awake(const struct agent *a)
{
	__u64 ns = a->opts.tick_ms * 1000000ULL, look = look_for_silence(a);

	if (look < ns)
		ns = look;
	if (seats_pace(a) < ns)
		ns = seats_pace(a);
	return ns > PLAN_NS && shared_of(a)->planner.prog >= 0 ? PLAN_NS : ns;
}

static __u64 pace(const struct agent *a)
{
	__u64 ns = shared_of(a)->wake.asleep ? DUE_LEISURE_NS : pace_awake(a);

	return ns > DUE_SOON_NS && goes_on(a) ? DUE_SOON_NS : ns;
}

static int fd(const struct agent *a)
{
	return shared_of(a)->wake.fd;
}

const struct role role_shared = {
	.name = "shared",
	.names_users = true,
	.check = check,
	.look = candidate_look,
	.loss = loss_of_load,
	.begin = begin,
	.open = open_load,
	.current = loaded_current,
	.close = close_load,
	.serve = serve,
	.stop = stop,
	.geometry = geometry,
	.make = make,
	.adopt = adopt,
	.put_sockets = put_sockets,
	.reclaim = reclaim,
	.has_room = has_room,
	.may_hold_rings = may_hold_rings,
	.is_fit = is_fit,
	.tell_first = tell_first,
	.tell_news = tell_news,
	.core_up = core_up,
	.turn = turn,
	.watches = watches,
	.watch = watch,
	.tick = tick,
	.pace = pace,
	.fd = fd,
	.hear = wake_hear,
};
