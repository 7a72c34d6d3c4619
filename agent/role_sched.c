// SPDX-License-Identifier: BSD-2-Clause
/*
 * role_sched.c - shuntd that decides which threads CPUs run: the agent of what 'shunt sched load'
 * has put in force. There are no domains, and no workers
 *
 * It goes before all threads that it decides about: by real-time priority, as the policy would have
 * it wait behind them else. Between two turns it sleeps.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "candidate.h"
#include "clock.h"
#include "due.h"
#include "lock.h"
#include "log.h"
#include "role.h"
#include "sched_join.h"
#include "sched_stage.h"
#include "store.h"

#define BUSY_NS 500000ULL /* from turn to turn while there are events */
#define CALM_NS 4000000ULL
#define CALM 32           /* turns in a row without events */
#define REST 8            /* it sleeps so many times as long as a turn took: threads go on, too */

struct sched {
	struct sched_load load;
	struct sched_policy policy;
	struct shunt_off_view *seat; /* our place as agent; NULL: not taken yet */
	struct stage *stage;
	unsigned int calm;
};

static struct sched *sched_of(const struct agent *a)
{
	return a->own;
}

static const char *check(struct options *o)
{
	if (o->ifname)
		return "--dev has no meaning with --role sched: threads are the machine's";
	o->ifname = "threads";
	o->pins = SHUNT_SCHED_PINS;
	return NULL;
}

static int look(const struct options *o, const struct store *s, struct load_seen *l,
		struct why *why)
{
	return store_has(s, "wire.") || store_has(s, "d") ?
		       why_fail(why, -EINVAL, "it has another --role") : 0;
}

static void loss(const struct options *o, char *text, size_t len)
{
	strncpy(text, "nothing is lost: CPUs decide themselves meanwhile", len - 1);
	text[len - 1] = '\0';
}

static int begin(struct agent *a)
{
	struct sched *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	sched_load_none(&s->load);
	a->own = s;
	return 0;
}

static int open_policy(struct agent *a, struct why *why)
{
	struct shunt_policy_slot *slot = sched_load_policy(&a->pins);
	int err = slot ? sched_policy_open(&sched_of(a)->policy, slot, why)
		       : why_fail(why, -EIO, "cannot read the map 'policy'");

	if (!err)
		log_say(LOG_INFO, "policy '%.15s'", slot->desc.name);
	free(slot);
	return err;
}

static int open_load(struct agent *a, struct why *why)
{
	struct sched *s = sched_of(a);
	int err = sched_load_open(&s->load, &a->pins, why);

	if (err)
		return err;
	err = lock_load(a->store, &a->pins, why);
	if (!err)
		err = open_policy(a, why);
	if (!err) {
		s->stage = calloc(1, sizeof(*s->stage));
		err = s->stage && !maps_make(&a->maps) ? 0 :
		      why_fail(why, -ENOMEM, "out of memory");
	}
	if (err)
		a->role->close(a);
	else
		a->maps.id = s->load.id;
	return err;
}

static bool current(struct agent *a, struct why *why)
{
	if (!sched_load_current(&sched_of(a)->load, &a->pins))
		why_fail(why, -ENOENT, "the policy for threads was unloaded");
	else if (sched_load_ended(&sched_of(a)->load))
		why_fail(why, -ENOENT, "the kernel has ejected the scheduler of threads");
	else if (sched_of(a)->seat && shunt_off_replaced(sched_of(a)->seat))
		why_fail(why, -EAGAIN, "another agent has taken our place: joining anew");
	else
		return true;
	return false;
}

static void close_load(struct agent *a)
{
	struct sched *s = sched_of(a);

	shunt_off_leave(s->seat);
	s->seat = NULL;
	free(s->stage);
	s->stage = NULL;
	sched_policy_close(&s->policy);
	sched_load_close(&s->load);
}

static void go_before_threads(void)
{
	struct sched_param p = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &p))
		log_say(LOG_WARNING, "cannot go before the threads that are decided about: %m: "
			"what is staged will often be late");
}

static void serve(struct agent *a)
{
	struct sched *s = sched_of(a);
	struct why why = { 0 };

	go_before_threads();
	s->seat = sched_join(&s->load, &a->pins, &why);
	if (s->seat)
		log_say(LOG_INFO, "agent %u of policy '%.15s'", shunt_off_ctl(s->seat)->epoch,
			s->load.cfg.desc.name);
	else
		log_say(LOG_ERR, "%s", why_text(&why));
	why_forget(&why);
}

/* Gives the priority back: this process may go on as the keeper, which needs none. */
static void stop(struct agent *a)
{
	struct sched_param p = { 0 };

	sched_setscheduler(0, SCHED_OTHER, &p);
}

static void nothing(struct agent *a)
{
}

static bool no_geometry(const struct agent *a, __u32 domain, struct shunt_geometry *g)
{
	return false;
}

static bool adopt_none(struct agent *a, struct domain *d)
{
	return false;
}

static int has_room(struct agent *a, const char **why)
{
	*why = "this shuntd decides about threads, and has no domains";
	return -ENODEV;
}

static bool watches(const struct agent *a)
{
	return sched_of(a)->seat;
}

/* A turn of the agent. */
static void watch(struct agent *a)
{
	struct sched *s = sched_of(a);
	__u64 bell, now, rest;
	int n = stage_turn(s->stage, &s->policy, s->seat, s->load.view, a->now_ns, &bell);

	if (bell)
		sched_ring(&s->load, bell);
	s->calm = n ? 0 : s->calm + 1;
	now = clock_ns();
	rest = s->calm < CALM ? BUSY_NS : CALM_NS;
	a->watch_ns = now + (REST * (now - a->now_ns) > rest ? REST * (now - a->now_ns) : rest);
	a->watch_slack_ns = 0;
}

/* Of an end that nobody tells of: what is next looks at the load. */
static void tick(struct agent *a)
{
	struct sched *s = sched_of(a);

	if (sched_load_ended(&s->load) || (s->seat && shunt_off_replaced(s->seat)))
		a->check_ns = 0;
}

static __u64 pace(const struct agent *a)
{
	return DUE_LEISURE_NS;
}

static int no_fd(const struct agent *a)
{
	return -1;
}

const struct role role_sched = {
	.name = "sched",
	.machine = true,
	.check = check,
	.look = look,
	.loss = loss,
	.begin = begin,
	.open = open_load,
	.current = current,
	.close = close_load,
	.serve = serve,
	.stop = stop,
	.geometry = no_geometry,
	.adopt = adopt_none,
	.has_room = has_room,
	.turn = nothing,
	.watches = watches,
	.watch = watch,
	.tick = tick,
	.pace = pace,
	.fd = no_fd,
	.hear = nothing,
};
