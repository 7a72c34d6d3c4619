// SPDX-License-Identifier: BSD-2-Clause
/*
 * role_nic.c - shuntd on a NIC that schedules for hosts:
 * there are cores to be watched, and no workers
 */
#include <errno.h>
#include <stdlib.h>

#include "control.h"
#include "loaded.h"
#include "nicd.h"
#include "successor.h"

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

static int make_none(struct agent *a, struct domain *d, const struct shunt_geometry *g)
{
	return -EOPNOTSUPP;
}

static bool adopt_none(struct agent *a, struct domain *d)
{
	return false;
}

static int put_none(struct agent *a, struct domain *d)
{
	return 0;
}

static enum reclaim_outcome reclaim_none(struct agent *a, struct domain *d, enum reclaim_step step)
{
	return RECLAIM_LATER;
}

static int has_room(struct agent *a, const char **why)
{
	*why = "this is the NIC: workers go to the shuntd of their host";
	return -ENODEV;
}

static bool may_hold_rings(const struct agent *a)
{
	return false;
}

static bool is_fit(struct agent *a, struct peer *p, struct domain *d)
{
	return false;
}

static int tell_first(struct agent *a, struct peer *p)
{
	return -ENODEV;
}

static void tell_news(struct agent *a, struct peer *p)
{
}

static void core_up(struct agent *a, __u32 core)
{
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
	.make = make_none,
	.adopt = adopt_none,
	.put_sockets = put_none,
	.reclaim = reclaim_none,
	.has_room = has_room,
	.may_hold_rings = may_hold_rings,
	.is_fit = is_fit,
	.tell_first = tell_first,
	.tell_news = tell_news,
	.core_up = core_up,
	.turn = nothing,
	.watch = nicd_watch,
	.tick = nicd_tick,
	.fd = no_fd,
	.hear = nothing,
};
