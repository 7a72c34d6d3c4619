// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_classes.c - 'classes' of the configuration file: objectives, demotion, expiry, admission
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config_reader.h"
#include "units.h"

static int read_class(struct config_reader *r, __u32 i)
{
	const struct config_class *in = &r->c->classes[i];
	struct setup *s = r->s;
	__u32 expire = 0;

	if (strspn(in->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") !=
	    strlen(in->name))
		return config_bad(r, "a name is made of letters, digits, _ and -",
				  "classes[%u].name", i);
	if (config_class_of(s, in->name) >= 0)
		return config_bad(r, "two classes have this name", "classes[%u].name", i);
	snprintf(s->classes[i].name, SHUNT_NAME_LEN, "%s", in->name);
	s->classes[i].requeue = in->requeue ? in->requeue - 1 : SHUNT_TAIL;
	s->cfg.nclasses = i + 1;
	if (in->slo && parse_time_us(in->slo, &s->slo_us[i], &r->ctl->why))
		return config_at(r, "classes[%u].slo", i);
	if (in->quantum && parse_time_us(in->quantum, &s->quantum_us[i], &r->ctl->why))
		return config_at(r, "classes[%u].quantum", i);
	if (in->admit && parse_admit(in->admit, &s->admit[i], &r->ctl->why))
		return config_at(r, "classes[%u].admit", i);
	if (in->least && parse_least(in->least, &s->least[i], &r->ctl->why))
		return config_at(r, "classes[%u].least", i);
	if (in->hold > s->cfg.hold_ring - SHUNT_RING_MARGIN) {
		fail(r->ctl, -EINVAL, "%u is more than hold_ring - %u = %u", in->hold,
		     SHUNT_RING_MARGIN, s->cfg.hold_ring - SHUNT_RING_MARGIN);
		return config_at(r, "classes[%u].hold", i);
	}
	s->hold_limit[i] = in->hold;
	if (in->expire && parse_expire(in->expire, &expire, &r->ctl->why))
		return config_at(r, "classes[%u].expire", i);
	if (expire && !in->slo)
		return config_bad(r, "a request expires after so many objectives, and this class "
				  "has none: give it an slo", "classes[%u].expire", i);
	s->classes[i].expire = expire;
	return 0;
}

/* Guaranteed shares are of one whole. */
static int check_shares(struct config_reader *r)
{
	__u32 sum = 0;

	for (__u32 i = 0; i < r->s->cfg.nclasses; i++) {
		sum += r->s->least[i];
		if (sum <= SHUNT_LEAST_MAX)
			continue;
		fail(r->ctl, -EINVAL, "with the classes before it this is %u%% of the cores' time: "
		     "100%% at most", sum);
		return config_at(r, "classes[%u].least", i);
	}
	return 0;
}

/* Once all classes are known: the one that it is demoted to may come later in the file. */
static int read_demotion(struct config_reader *r, __u32 i)
{
	const struct config_class *in = &r->c->classes[i];
	struct shunt_class *out = &r->s->classes[i];
	int to = in->demote_to ? config_class_of(r->s, in->demote_to) : -ENOENT;

	if (!in->demote_after && !in->demote_to)
		return 0;
	if (!in->demote_after || !in->demote_to)
		return config_bad(r, "demote_after and demote_to go together", "classes[%u].%s", i,
				  in->demote_to ? "demote_to" : "demote_after");
	if (in->demote_after > 0xffff)
		return config_bad(r, "more than 65535 quanta", "classes[%u].demote_after", i);
	if (to < 0)
		return config_bad_class(r, in->demote_to, "classes[%u].demote_to", i);
	out->demote_after = in->demote_after;
	out->demote_to = to;
	return 0;
}

/* The chain of demotions from class i must end: one that leads back to a class of it is refused. */
static int check_circle(struct config_reader *r, __u32 i)
{
	const struct shunt_class *classes = r->s->classes;
	__u32 at = i, steps = 0;

	while (classes[at].demote_after && steps++ <= r->s->cfg.nclasses) {
		at = classes[at].demote_to;
		if (at != i)
			continue;
		fail(r->ctl, -EINVAL,
		     "demotion leads from '%s' back to '%s': let the last class of the chain have "
		     "no demote_to",
		     classes[i].name, classes[i].name);
		return config_at(r, "classes[%u].demote_to", i);
	}
	return 0;
}

int config_classes(struct config_reader *r)
{
	int err = 0;

	if (!r->c->classes_count)
		return 0;
	r->s->cfg.nclasses = 0;
	for (__u32 i = 0; !err && i < r->c->classes_count; i++)
		err = read_class(r, i);
	if (!err)
		err = check_shares(r);
	for (__u32 i = 0; !err && i < r->c->classes_count; i++)
		err = read_demotion(r, i);
	for (__u32 i = 0; !err && i < r->c->classes_count; i++)
		err = check_circle(r, i);
	return err;
}
