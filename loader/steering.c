// SPDX-License-Identifier: BSD-2-Clause
/*
 * steering.c - which program an interface's packets go by: the policy's in force, or another
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "iface.h"
#include "maps.h"
#include "steering.h"

const char *steering_name(enum steering_state state)
{
	static const char *const names[] = { "attached", "switching", "interrupted",
					     "foreign",  "detached",  "gone" };

	return names[state];
}

/* The link names no interface any more: that has vanished, or the link was detached from it. */
static void look_without_link(struct ctl *ctl, const struct shunt_cfg *cfg, struct steering *s)
{
	char name[IF_NAMESIZE];
	struct xdp_there xdp;

	s->state = STEERING_GONE;
	if (!if_indextoname(cfg->ifindex, name))
		return;
	s->state = STEERING_DETACHED;
	if (s->link.way != &way_link || cfg->ifindex != ctl->ifindex || iface_xdp(ctl, &xdp) ||
	    !xdp.prog_id)
		return;
	s->foreign_id = xdp.prog_id;
	memcpy(s->foreign_name, xdp.name, sizeof(s->foreign_name));
}

/* A switch writes its policy's slot, then the link, then the generation: a program that is in
 * neither slot is nobody's switch. */
static void look_into_link(struct ctl *ctl, const struct shunt_cfg *cfg, struct steering *s)
{
	struct shunt_policy_slot next;
	int lock = pindir_try_lock(ctl);

	if (lock == -EBUSY) {
		s->state = STEERING_SWITCHING;
		return;
	}
	pindir_unlock(lock);
	if (!map_slot(ctl, cfg->policy_gen + 1, &next) && next.prog_id == s->link.prog_id) {
		s->state = STEERING_INTERRUPTED;
		memcpy(s->next, next.desc.name, sizeof(s->next));
		return;
	}
	s->state = STEERING_FOREIGN;
	s->foreign_id = s->link.prog_id;
	iface_prog_name(s->foreign_id, s->foreign_name);
}

int steering_read(struct ctl *ctl, const struct shunt_cfg *cfg, struct steering *out)
{
	int err = map_slot(ctl, cfg->policy_gen, &out->live);

	if (!err)
		err = pindir_link(ctl, &out->link);
	if (err)
		return err;
	out->state = STEERING_ATTACHED;
	out->foreign_id = 0;
	out->foreign_name[0] = out->next[0] = '\0';
	if (!out->link.ifindex)
		look_without_link(ctl, cfg, out);
	else if (out->link.prog_id != out->live.prog_id)
		look_into_link(ctl, cfg, out);
	return 0;
}

static void tell_detached(const struct steering *s, char *text, size_t len, char *step,
			  size_t step_len)
{
	const char *policy = s->live.desc.name;

	if (!s->foreign_id) {
		snprintf(text, len, s->link.way == &way_stub ?
			 "shunt's stub is not in the dispatcher any more: nothing steers" :
			 "shunt's link was detached: nothing steers");
		snprintf(step, step_len, "shunt switch %s attaches again", policy);
		return;
	}
	snprintf(text, len,
		 "shunt's link was detached, and a foreign program is there: '%s' (id %u)",
		 s->foreign_name, s->foreign_id);
	snprintf(step, step_len,
		 "detach that (see 'bpftool net', 'xdp-loader status', 'ip link set dev IF xdp "
		 "off'), then: shunt switch %s", policy);
}

void steering_tell(const struct steering *s, char *text, size_t len, char *step, size_t step_len)
{
	const char *policy = s->live.desc.name;

	text[0] = step[0] = '\0';
	switch (s->state) {
	case STEERING_ATTACHED:
		return;
	case STEERING_SWITCHING:
		snprintf(text, len, "a switch is under way");
		return;
	case STEERING_INTERRUPTED:
		snprintf(text, len, "a switch was interrupted: program %u of '%s' steers already",
			 s->link.prog_id, s->next);
		snprintf(step, step_len, "shunt switch %s", s->next);
		return;
	case STEERING_FOREIGN:
		if (!s->foreign_id) {
			snprintf(text, len, "nothing is behind shunt's stub: no request comes to "
				 "policy '%s'", policy);
			snprintf(step, step_len, "shunt switch %s", policy);
			return;
		}
		snprintf(text, len,
			 "a foreign program is %s, '%s' (id %u): no request comes to policy '%s'",
			 s->link.way == &way_stub ? "behind shunt's stub" : "in shunt's link",
			 s->foreign_name, s->foreign_id, policy);
		snprintf(step, step_len,
			 "find out who put it there ('bpftool link', 'bpftool prog show id %u'); "
			 "then: shunt switch %s", s->foreign_id, policy);
		return;
	case STEERING_DETACHED:
		tell_detached(s, text, len, step, step_len);
		return;
	case STEERING_GONE:
		snprintf(text, len, "the interface is gone");
		snprintf(step, step_len,
			 "shunt switch %s attaches again when it is back, shunt unload forgets it",
			 policy);
		return;
	}
}
