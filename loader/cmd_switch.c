// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_switch.c - shunt switch: another policy in place of the one that runs, without a gap
 *
 * Three writes, in this order: the slot that is not live; the link; cfg.policy_gen, which makes
 * the slot live and tells the workers. Killed after the first, nothing has happened: a slot that
 * is not live is never read. Killed after the second, packets are steered by the new program
 * while workers select by the old policy: both work on the same view, so nothing is lost, and the
 * link's program differs from the live slot's, which `status` sees and any further switch mends.
 * In a failure before the second, the old policy has not been touched at all.
 *
 * A policy that shuntd put out of force, because it stalled
 * a core or ended a worker, is refused unless forced.
 *
 * On a card, its program comes first: it answers with a queue under any policy, which the host's
 * old program and the new one both take.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "card.h"
#include "iface.h"
#include "inforce.h"
#include "maps.h"
#include "objectives.h"
#include "pick.h"
#include "place.h"
#include "policy.h"
#include "refused.h"
#include "verb.h"
#include "verify.h"
#include "pindir.h"
#include "wire.h"

static int raise_gen(struct ctl *ctl, struct shunt_cfg *cfg, __u32 policy_flags)
{
	shunt_preempt_decide(cfg, policy_flags);
	cfg->policy_gen++;
	return map_set(ctl, "cfg", 0, cfg, sizeof(*cfg));
}

/* The interface went away and came back, or the program was detached from it. */
static int attach_again(struct ctl *ctl, const struct way *way, const struct object *o)
{
	int err = iface_need(ctl);

	if (!err)
		err = way->check(ctl, 0);
	if (!err)
		err = attach_new(ctl, way, o);
	if (!err)
		note("'%s' was gone and is back: attached anew", ctl->ifname);
	return err;
}

static int replace(struct ctl *ctl, const struct bundle *b, const struct object *o,
		   const struct card *card, struct shunt_cfg *cfg)
{
	struct link_state link;
	int err = pindir_link(ctl, &link);

	if (!err)
		err = slot_write(ctl, b, o, cfg->policy_gen + 1);
	if (!err && card->obj)
		err = card_replace(ctl, card);
	if (!err)
		err = link.ifindex ? attach_update(ctl, o) : attach_again(ctl, link.way, o);
	if (!err && !link.ifindex)
		err = place_note(ctl, cfg); /* it has a number of its own */
	return err ? err : raise_gen(ctl, cfg, b->desc.flags);
}

static void show(const json_t *r)
{
	const char *would = json_is_true(json_object_get(r, "dry_run")) ? "would " : "";
	const char *done = *would ? "" : "ed", *from = text_at(r, "from");

	if (!strcmp(from, text_at(r, "policy")))
		printf("%sreload%s '%s' on '%s'\n", would, done, from, text_at(r, "interface"));
	else
		printf("%sswitch%s '%s' from '%s' to '%s'\n", would, done,
		       text_at(r, "interface"), from, text_at(r, "policy"));
}

static int live_policy(struct ctl *ctl, struct shunt_cfg *cfg, char name[SHUNT_NAME_LEN])
{
	struct shunt_policy_slot slot;
	int err = map_cfg(ctl, cfg);

	if (!err)
		err = map_slot(ctl, cfg->policy_gen, &slot);
	if (!err)
		memcpy(name, slot.desc.name, SHUNT_NAME_LEN);
	return err;
}

static int switch_locked(struct ctl *ctl, const struct bundle *b, char from[SHUNT_NAME_LEN],
			 struct shunt_cfg *cfg)
{
	struct shunt_nic_sizes sizes;
	struct object o = { 0 };
	struct card card = { 0 };
	bool wire = false;
	int err = live_policy(ctl, cfg, from);

	if (!err) {
		wire = cfg->flags & SHUNT_CFG_WIRE;
		err = wire ? wire_sizes(ctl, &sizes) : 0;
	}
	if (!err)
		err = object_load(ctl, b, true, cfg->policy_gen + 1,
				  cfg->flags & SHUNT_CFG_ACTORS, wire ? &sizes : NULL, &o);
	if (!err && wire)
		verify_warn_nic(b);
	if (!err && cfg->flags & SHUNT_CFG_ACTORS)
		verify_warn_actors(b);
	if (!err && card_there(ctl)) {
		err = card_load(ctl, ctl->argv[0], true, &card);
		if (err)
			hint(ctl, "without the card: shunt unload, and shunt load --offload none");
	}
	if (!err)
		err = refused_check(ctl, b);
	if (!err && !ctl->dry_run)
		err = replace(ctl, b, &o, &card, cfg);
	card_close(&card);
	object_close(&o);
	return err;
}

static int load_and_switch(struct ctl *ctl, struct bundle *b, char from[SHUNT_NAME_LEN],
			   struct shunt_cfg *cfg)
{
	int err = policy_bundle(ctl, ctl->argv[0], policy_parts(cfg), b), lock;

	if (err)
		return err;
	lock = pick_locked(ctl);
	if (lock < 0)
		return lock;
	err = switch_locked(ctl, b, from, cfg);
	pindir_unlock(lock);
	return err;
}

static int take_force(struct ctl *ctl, const char *value)
{
	ctl->force = true;
	return 0;
}

static int run(struct ctl *ctl)
{
	char from[SHUNT_NAME_LEN];
	struct bundle b = { 0 };
	struct shunt_cfg cfg;
	int err = need_args(ctl, 1, 1);

	if (!err)
		err = pick_loaded(ctl);
	if (!err)
		err = live_policy(ctl, &cfg, from);
	if (err)
		return err;
	err = load_and_switch(ctl, &b, from, &cfg);
	if (err)
		fail_context(ctl, "'%s' keeps policy '%s'", ctl->ifname, from);
	else
		err = objectives_note(ctl, &cfg, &b.desc);
	if (!err)
		err = emit(ctl, json_pack("{s:s, s:s, s:s, s:I, s:b}", "interface", ctl->ifname,
					  "from", from, "policy", b.desc.name, "generation",
					  (json_int_t)cfg.policy_gen, "dry_run",
					  ctl->dry_run), show);
	bundle_close(&b);
	return err;
}

static const struct verb_option force = { "force", 0, NULL, take_force };
static const struct verb_option *const options[] = { &option_dev, &option_dry_run, &force, NULL };

const struct verb verb_switch = {
	"switch", "POLICY|FILE.c|FILE.shunt [--force]",
	"replace the policy in place; --dry-run only tries, --force takes "
	"one that was put out of force",
	options, run
};
