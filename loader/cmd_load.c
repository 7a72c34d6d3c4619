// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_load.c - shunt load: maps, configuration, program, link; all of it or nothing
 *
 * Everything is pinned and written before the link is made, and the link is pinned last. So a
 * load that was killed leaves maps without a link and no program attached; the next one sweeps
 * them away. A load that fails does so itself.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "card.h"
#include "domain_maps.h"
#include "iface.h"
#include "inforce.h"
#include "load_result.h"
#include "maps.h"
#include "metadata.h"
#include "objectives.h"
#include "place.h"
#include "policy.h"
#include "setup.h"
#include "signals.h"
#include "verb.h"
#include "verify.h"
#include "zerocopy_check.h"
#include "pindir.h"
#include "seats.h"

#define FIRST_GEN 1

enum offload {
	OFFLOAD_NONE,
	OFFLOAD_NFP,  /* the card chooses the queue, or it fails */
	OFFLOAD_AUTO, /* where it fails, without a card */
};

/* The options; 0: not given. */
static struct {
	const char *config;
	unsigned int port, cores;
	enum offload offload;
	bool offload_said;
	const struct way *way;
} given = { .way = &way_link };

static int read_setup(struct ctl *ctl, struct setup *s)
{
	if (!given.config && !given.port) {
		fail_usage(ctl, "which requests are the service's? say --port N or --config FILE");
		hint_usage(ctl);
		return -EINVAL;
	}
	if (given.config && (given.port || given.cores))
		return fail_usage(ctl, "--config says ports and cores: no --port, no --cores");
	return given.config ? setup_from_file(ctl, given.config, s)
			    : setup_simple(ctl, given.port, given.cores, s);
}

/* Is the place free? Removes the remains of a load that was killed, or of a vanished interface. */
static int make_room(struct ctl *ctl, struct outcome *out)
{
	struct link_state link;
	struct shunt_policy_slot slot;
	struct shunt_cfg cfg;
	int err = pindir_link(ctl, &link);

	if (err && err != -ENOENT)
		return err;
	if (!err && link.ifindex && place_elsewhere(ctl))
		return place_taken(ctl);
	if (!err && link.ifindex) {
		err = place_check_twin(ctl, link.ifindex);
		out->in_force = link.prog_id;
		if (err || ctl->dry_run)
			return err;
		err = map_cfg(ctl, &cfg);
		if (!err)
			err = map_slot(ctl, cfg.policy_gen, &slot);
		if (err)
			return err;
		fail(ctl, -EEXIST, "shunt is already loaded on '%s', with policy '%s'",
		     ctl->ifname, slot.desc.name);
		hint(ctl, "shunt switch POLICY --dev %s replaces the policy; shunt unload --dev %s "
		     "comes before another configuration", ctl->ifname, ctl->ifname);
		return -EEXIST;
	}
	if (ctl->dry_run)
		return 0;
	if (!err)
		note("the interface that '%s' was is gone: its pins are removed", ctl->ifname);
	return pindir_sweep(ctl);
}

/* Each queue's program is there before the card steers to it. */
static int bring_up_card(struct ctl *ctl, const struct setup *s, const struct card *card)
{
	int err = card_pin(ctl, card);

	if (!err)
		err = card_write(ctl, s);
	return err ? err : card_attach(ctl, card);
}

static int bring_up(struct ctl *ctl, const struct bundle *b, struct setup *s,
		    const struct object *o, const struct card *card)
{
	int err = object_pin_maps(ctl, o);

	if (!err)
		err = domain_maps_make(ctl, s, object_map(o, "views"));
	s->cfg.policy_gen = FIRST_GEN;
	shunt_preempt_decide(&s->cfg, b->desc.flags);
	if (!err)
		err = place_note(ctl, &s->cfg);
	if (!err)
		err = setup_decide_verify(ctl, s);
	if (!err)
		err = setup_decide_frames(ctl, s);
	if (!err && s->cfg.flags & SHUNT_CFG_SIGNAL)
		err = signals_enable(ctl);
	if (!err)
		err = slot_write(ctl, b, o, s->cfg.policy_gen);
	if (!err)
		err = setup_write(ctl, s);
	if (!err && s->cfg.flags & SHUNT_CFG_SEATS)
		err = seats_enable(ctl, s);
	if (!err)
		err = attach_new(ctl, given.way, o);
	return err || !card ? err : bring_up_card(ctl, s, card);
}

/* Notes the features that the driver lacks and without which a load does not fail. */
static void note_driver(struct ctl *ctl, const struct setup *s)
{
	struct iface iface;
	int queues = 0, by_hash = 0;

	for (__u32 q = 0; q < SHUNT_QUEUES; q++)
		queues += setup_serves(s, q);
	for (__u32 i = 0; i < s->nports; i++)
		by_hash += !(s->ports[i].value.flags & SHUNT_PORT_SERVICE);
	if (!iface_read(ctl, &iface) && metadata_doubt(iface.driver))
		note("%s: where there is none all requests go to the kernel, which 'shunt status' "
		     "tells", metadata_doubt(iface.driver));
	if (queues > 1 && by_hash && !iface_hashes_ports(ctl->ifname, false))
		note("'%s' hashes addresses only: all requests of a client come to one queue; "
		     "ethtool -N %s rx-flow-hash udp4 sdfn", ctl->ifname, ctl->ifname);
}

static int check_native(struct ctl *ctl, const struct setup *s)
{
	int err = iface_need_native(ctl);

	if (!err)
		err = setup_check(ctl, s);
	if (!err)
		note_driver(ctl, s);
	return err;
}

/* With a card, or (NULL) without. */
static int load_once(struct ctl *ctl, const struct bundle *b, struct setup *s, struct card *card,
		     const struct outcome *out)
{
	struct object o = { 0 };
	int err = given.way->check(ctl, out->in_force);

	/* The policy that is loaded has the queues. */
	if (!err && !card && !out->in_force && s->cfg.flags & SHUNT_CFG_ZEROCOPY)
		err = zerocopy_check(ctl, s, NULL);
	if (!err)
		err = object_load(ctl, b, false, FIRST_GEN, s->cfg.flags & SHUNT_CFG_ACTORS,
				  s->wire.on ? &s->wire.sizes : NULL, &o);
	if (!err && s->wire.on)
		verify_warn_nic(b);
	if (!err && s->cfg.flags & SHUNT_CFG_ACTORS)
		verify_warn_actors(b);
	if (!err && card)
		err = card_load(ctl, ctl->argv[0], false, card);
	if (!err && ctl->dry_run && given.way == &way_stub)
		note("only a load tells whether libxdp takes shunt's program into a dispatcher");
	if (!err && !ctl->dry_run) {
		err = bring_up(ctl, b, s, &o, card);
		if (err)
			pindir_sweep(ctl);
	}
	object_close(&o);
	return err;
}

/* Each core has a queue of its own, which the card names by its number. */
static int setup_for_card(struct ctl *ctl, struct setup *s)
{
	struct iface iface;
	int err = 0;

	if (s->wire.on)
		return fail(ctl, -EINVAL,
			    "the configuration is that of a NIC that schedules: no card's program "
			    "goes before it");
	if (s->cfg.flags & SHUNT_CFG_SEATS)
		return fail(ctl, -EINVAL,
			    "services share CPUs: a card's program chooses cores, and knows "
			    "nothing of seats");
	if (s->cfg.nactors)
		return fail(ctl, -EINVAL,
			    "rules name actors: a card's program chooses by classes, and knows "
			    "nothing of actors");
	if (given.port) {
		err = iface_read(ctl, &iface);
		if (!err)
			err = setup_queues(ctl, given.port, given.cores, iface.rx_queues, s);
	}
	if (s->cfg.flags & SHUNT_CFG_COPY) {
		fail(ctl, -EINVAL, "'zerocopy: off', but a card's driver redirects to zero-copy "
				   "sockets alone");
		hint(ctl, "leave 'zerocopy' out, or say --offload none");
		return -EINVAL;
	}
	s->cfg.flags |= SHUNT_CFG_CARD | SHUNT_CFG_ZEROCOPY;
	return err;
}

static int load_on_card(struct ctl *ctl, const struct bundle *b, struct setup *s,
			struct outcome *out)
{
	struct setup mine = *s;
	struct card card = { 0 };
	int err = setup_for_card(ctl, &mine);

	if (!err)
		err = card_check(ctl, &mine);
	if (!err)
		err = setup_check(ctl, &mine);
	if (!err)
		err = load_once(ctl, b, &mine, &card, out);
	if (!err) {
		out->ninsns = card.ninsns;
		*s = mine;
		if (s->nrefusals)
			note("the card's program tells nobody no: 'refuse' is for what it lets "
			     "through and the host's program refuses");
	}
	card_close(&card);
	return err;
}

static int load_locked(struct ctl *ctl, const struct bundle *b, struct setup *s,
		       struct outcome *out)
{
	int err = make_room(ctl, out);

	if (err || given.offload == OFFLOAD_NONE)
		return err ? err : load_once(ctl, b, s, NULL, out);
	err = load_on_card(ctl, b, s, out);
	if (!err || given.offload == OFFLOAD_NFP)
		return err;
	out->refused = strdup(ctl->why.text ? ctl->why.text : "the card refuses");
	ctl_forget(ctl);
	note("not on the card: %s", out->refused ? out->refused : "no memory");
	err = check_native(ctl, s);
	if (!err)
		err = load_once(ctl, b, s, NULL, out);
	if (!err)
		note("loaded in native mode instead");
	return err;
}

static int take_config(struct ctl *ctl, const char *value)
{
	given.config = value;
	return 0;
}

static int take_port(struct ctl *ctl, const char *value)
{
	__u64 n = 0;
	int err = option_number(ctl, "port", value, 1, 65535, &n);

	given.port = n;
	return err;
}

static int take_cores(struct ctl *ctl, const char *value)
{
	__u64 n = 0;
	int err = option_number(ctl, "cores", value, 1, SHUNT_CORES, &n);

	given.cores = n;
	return err;
}

static int take_offload(struct ctl *ctl, const char *value)
{
	static const char *const names[] = { "none", "nfp", "auto" }; /* as enum offload */

	for (int i = OFFLOAD_NONE; i <= OFFLOAD_AUTO; i++) {
		if (!strcmp(value, names[i])) {
			given.offload = i;
			given.offload_said = true;
			return 0;
		}
	}
	return fail_usage(ctl, "--offload: '%s' is none of nfp, auto and none", value);
}

static int take_dispatcher(struct ctl *ctl, const char *value)
{
	given.way = &way_stub;
	return 0;
}

static int take_priority(struct ctl *ctl, const char *value)
{
	__u64 n = 0;
	int err = option_number(ctl, "priority", value, 1, 100000, &n);

	ctl->priority = n;
	return err;
}

static int check_options(struct ctl *ctl)
{
	if (!ctl->pins.ifname) {
		fail_usage(ctl, "on which interface? say --dev IF");
		hint_usage(ctl);
		return -EINVAL;
	}
	if (ctl->priority && given.way != &way_stub)
		return fail_usage(ctl, "--priority is a place in a dispatcher: say "
				  "--dispatcher, too");
	if (given.way == &way_stub && given.offload != OFFLOAD_NONE)
		return fail_usage(ctl, "--offload goes without --dispatcher");
	return 0;
}

static int run(struct ctl *ctl)
{
	struct outcome out = { .offload_said = given.offload_said };
	struct bundle b = { 0 };
	struct setup s;
	int err = need_args(ctl, 1, 1), lock;

	if (!err)
		err = check_options(ctl);
	if (!err)
		err = read_setup(ctl, &s);
	if (!err)
		err = iface_need(ctl);
	if (!err && s.auto_domains)
		err = fit_domains(ctl, &s);
	if (!err && given.offload == OFFLOAD_NONE)
		err = check_native(ctl, &s);
	if (!err)
		err = pindir_check(ctl);
	if (!err)
		err = policy_bundle(ctl, ctl->argv[0], policy_parts(&s.cfg), &b);
	if (err)
		return err;
	lock = pindir_lock(ctl, true);
	err = lock < 0 ? lock : load_locked(ctl, &b, &s, &out);
	if (lock >= 0 && (err || ctl->dry_run))
		pindir_tidy(ctl);
	pindir_unlock(lock);
	if (!err && geteuid() && !ctl->dry_run)
		note("the pins are user %u's: shuntd, as root, does not take them; load as root "
		     "where it shall serve",
		     geteuid());
	if (!err && !ctl->dry_run)
		err = objectives_note(ctl, &s.cfg, &b.desc);
	if (!err)
		err = emit(ctl, loaded_json(ctl, &b, &s, &out), loaded_show);
	bundle_close(&b);
	free(out.refused);
	return err;
}

static const struct verb_option config = { "config", 0, "FILE", take_config }, port = { "port", 0,
											"N",
											take_port },
				cores = { "cores", 0, "N", take_cores },
				offload = { "offload", 0, "nfp|auto|none", take_offload },
				dispatcher = { "dispatcher", 0, NULL, take_dispatcher },
				priority = { "priority", 0, "N", take_priority };
static const struct verb_option *const options[] = { &option_dev, &config, &port, &cores,
						     &option_dry_run, &offload, &dispatcher,
						     &priority, NULL };

const struct verb verb_load = {
	"load", "POLICY|FILE.c|FILE.shunt --dev IF [--config FILE | --port N [--cores N]] "
	"[--offload nfp|auto|none] [--dispatcher [--priority N]]",
	"put shunt on an interface (and its card); --dry-run only tries",
	options, run
};
