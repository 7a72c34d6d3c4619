// SPDX-License-Identifier: BSD-2-Clause
/*
 * role_nic.c - shuntd on a NIC that schedules for hosts:
 * there are cores to be watched, and no workers
 */
#include <errno.h>
#include <stdlib.h>

#include "agent.h"
#include "candidate.h"
#include "loaded.h"
#include "loss.h"
#include "maps.h"
#include "nicd.h"
#include "plan.h"
#include "role.h"

static const char *check(struct options *o)
{
	return NULL;
}

/* nicd_begin() makes what it has to remember. */
static int begin(struct agent *a)
{
	return 0;
}

static int open_load(struct agent *a, struct why *why)
{
	int err = loaded_open(a, true, why);

	if (err)
		return err;
	err = nicd_begin(a, why);
	if (err)
		maps_close(&a->maps);
	return err;
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
	*why = "this is the NIC: workers go to the shuntd of their host";
	return -ENODEV;
}

static bool watches(const struct agent *a)
{
	return true;
}

static __u64 pace(const struct agent *a)
{
	__u64 ns = a->opts.tick_ms * 1000000ULL;

	return ns > PLAN_NS && nicd_plans(a) ? PLAN_NS : ns;
}

static int no_fd(const struct agent *a)
{
	return -1;
}

const struct role role_nic = {
	.name = "nic",
	.check = check,
	.look = candidate_look,
	.loss = loss_of_load,
	.begin = begin,
	.open = open_load,
	.current = loaded_current,
	.close = nicd_end,
	.serve = nothing,
	.stop = nothing,
	.geometry = no_geometry,
	.adopt = adopt_none,
	.has_room = has_room,
	.turn = nothing,
	.watches = watches,
	.watch = nicd_watch,
	.tick = nicd_tick,
	.pace = pace,
	.fd = no_fd,
	.hear = nothing,
};
