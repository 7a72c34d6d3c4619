// SPDX-License-Identifier: BSD-2-Clause
/*
 * quantum.c - a policy that preempts, and a class without a quantum: what load and switch say of it
 */
#include "maps.h"
#include "quantum.h"

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

static int say(struct ctl *ctl, __u32 cls, __u32 tighter)
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

int quantum_note(struct ctl *ctl, const struct shunt_cfg *cfg, __u32 policy_flags)
{
	struct objectives o = { .n = cfg->nclasses <= SHUNT_CLASSES ? cfg->nclasses : 0 };
	int err = read_all(ctl, &o);

	if (err || !(policy_flags & SHUNT_PREEMPTS) || cfg->preempt == SHUNT_PREEMPT_OFF)
		return err;
	for (__u32 c = 0; c < o.n; c++) {
		for (__u32 i = 0; i < o.n; i++) {
			if (runs_on(&o, c, i))
				return say(ctl, c, i);
		}
	}
	return 0;
}
