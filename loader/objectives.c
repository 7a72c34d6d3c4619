// SPDX-License-Identifier: BSD-2-Clause
/*
 * objectives.c - what load and switch say of a policy on which objectives and quanta have no effect
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "maps.h"
#include "objectives.h"
#include "plural.h"

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

/* The class with the tightest objective; -1: no class has one. */
static int tightest_of(const struct objectives *o)
{
	int least = -1;

	for (__u32 c = 0; c < o->n; c++) {
		if (o->slo_us[c] && (least < 0 || o->slo_us[c] < o->slo_us[least]))
			least = c;
	}
	return least;
}

static bool runs_on(const struct objectives *o, __u32 cls, __u32 tighter)
{
	return !o->quantum_us[cls] &&
	       (!o->slo_us[cls] || o->slo_us[cls] > o->slo_us[tighter]);
}

/* All of them: the one that blocks longest may be any. */
static int note_quanta(struct ctl *ctl, const struct objectives *o)
{
	char names[SHUNT_CLASSES * 20] = "", commands[SHUNT_CLASSES * 48] = "";
	int tight = tightest_of(o), n = 0, err = 0;
	size_t at = 0, to = 0;
	struct shunt_class cls = { .name = "" };

	for (__u32 c = 0; !err && tight >= 0 && c < o->n; c++) {
		if (!runs_on(o, c, tight))
			continue;
		err = map_get(ctl, "classes", c, &cls, sizeof(cls));
		at += snprintf(names + at, sizeof(names) - at, "%s'%.16s'", n ? ", " : "",
			       cls.name);
		to += snprintf(commands + to, sizeof(commands) - to,
			       "; shunt quantum set %.16s 5us", cls.name);
		n++;
	}
	if (!err && n)
		err = map_get(ctl, "classes", tight, &cls, sizeof(cls));
	if (!err && n)
		note("%s %s %s no quantum: %s requests run to their end while those of '%.16s' "
		     "wait%s",
		     plural(n, "class", "classes"), names, plural(n, "has", "have"),
		     plural(n, "its", "their"), cls.name, commands);
	return err;
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
