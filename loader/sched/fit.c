// SPDX-License-Identifier: BSD-2-Clause
/*
 * fit.c - which policies can decide about threads, and why the others cannot
 *
 * A thread has no packet, and no core that it is bound to when it wakes: it waits in the queue of
 * its class until a CPU is free. So steer() is not asked, and a policy that decides there has
 * nothing to say.
 */
#include <errno.h>

#include "sched.h"

static const struct {
	__u32 flag;
	const char *why;
} refused[] = {
	{ SHUNT_STEALS, "its idle cores take from other cores' rings, and threads wait in no "
			"core's" },
	{ SHUNT_NEEDS_KEY, "it goes by a key in the packet, and a thread has none" },
	{ SHUNT_NEEDS_FLOW, "it goes by the flow that a packet is of, and a thread is of none" },
	{ SHUNT_NEEDS_HINT, "it goes by what the client echoes, and a thread has no client" },
};

int sched_fits(struct ctl *ctl, const struct bundle *b)
{
	const char *why = NULL;

	for (size_t i = 0; !why && i < sizeof(refused) / sizeof(refused[0]); i++)
		why = b->desc.flags & refused[i].flag ? refused[i].why : NULL;
	if (!why && !(b->desc.flags & SHUNT_IDLE_ONLY))
		why = "it binds a request to a core at its arrival, and a thread that waits may "
		      "run on any CPU that is free";
	if (why) {
		fail(ctl, -EINVAL, "policy '%s' cannot schedule threads: %s", b->desc.name, why);
		hint(ctl, "those that hold what waits can: fcfs, sq, prio, mq");
		return -EINVAL;
	}
	if (!b->sched) {
		fail(ctl, -EINVAL, "'%s' has no program for threads (section '%s')", b->path,
		     SHUNT_SCHED_SEC);
		hint(ctl, "build it again: shunt build FILE.c");
		return -EINVAL;
	}
	if (!(b->desc.flags & SHUNT_TAKES_ANY))
		note("'%s' may leave a core idle, or refuse what comes: with threads it cannot, "
		     "and what it is overruled in counts as 'refused'", b->desc.name);
	return 0;
}
