// SPDX-License-Identifier: BSD-2-Clause
/*
 * objectives.c - what load and switch say of a policy on which objectives and quanta have no effect
 */
#include <errno.h>
#include <string.h>

#include "maps.h"
#include "objectives.h"

/* The classes, as far as it matters here. */
struct objectives {
	__u32 n;
	__u32 slo_us[SHUNT_CLASSES], quantum_us[SHUNT_CLASSES];
};

static int read_all(struct ctl *ctl, struct objectives *o)
{
	int err = 0;

	for (__u32 c = 0; !err && c < o->n; c++) {
		err = map_get(ctl, "slo_us", c, &o->slo_us[c], sizeof(__u32));
		if (!err)
			err = map_get(ctl, "quantum_us", c, &o->quantum_us[c], sizeof(__u32));
	}
	return err;
}

static bool runs_on(const struct objectives *o, __u32 cls, __u32 tighter)
{
	return !o->quantum_us[cls] && o->slo_us[tighter] &&
	       (!o->slo_us[cls] || o->slo_us[cls] > o->slo_us[tighter]);
}

static int say_runs_on(struct ctl *ctl, __u32 cls, __u32 tighter)
{
	struct shunt_class runs, waits;
	int err = map_get(ctl, "classes", cls, &runs, sizeof(runs));

	if (!err)
		err = map_get(ctl, "classes", tighter, &waits, sizeof(waits));
	if (!err)
		note("class '%.16s' has no quantum: its requests run to their end while those of "
		     "'%.16s' wait; shunt quantum set %.16s 5us",
		     runs.name, waits.name, runs.name);
	return err;
}

static int note_quanta(struct ctl *ctl, const struct objectives *o)
{
	for (__u32 c = 0; c < o->n; c++) {
		for (__u32 i = 0; i < o->n; i++) {
			if (runs_on(o, c, i))
				return say_runs_on(ctl, c, i);
		}
	}
	return 0;
}

/* Without an objective nothing is late, so nothing is rejected, and the oldest request is next. */
static int note_none(struct ctl *ctl, const struct objectives *o)
{
	struct shunt_class first;
	int err = o->n ? map_get(ctl, "classes", 0, &first, sizeof(first)) : -ENOENT;

	for (__u32 c = 0; !err && c < o->n; c++) {
		if (o->slo_us[c])
			return 0;
	}
	if (!err)
		note("no class has an objective: 'slo' rejects nothing, and serves by arrival "
		     "alone; shunt slo set %.16s 100us", first.name);
	return err == -ENOENT ? 0 : err;
}

int objectives_note(struct ctl *ctl, const struct shunt_cfg *cfg,
		    const struct shunt_policy_desc *policy)
{
	struct objectives o = { .n = cfg->nclasses <= SHUNT_CLASSES ? cfg->nclasses : 0 };
	int err = read_all(ctl, &o);

	if (!err && policy->flags & SHUNT_PREEMPTS && cfg->preempt != SHUNT_PREEMPT_OFF)
		err = note_quanta(ctl, &o);
	if (!err && !strcmp(policy->name, "slo"))
		err = note_none(ctl, &o);
	return err;
}
