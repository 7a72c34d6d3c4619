// SPDX-License-Identifier: BSD-2-Clause
/*
 * card_maps.c - the values that the card is told, and its counts
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <shunt/nfp.h>

#include "card.h"
#include "maps.h"

/* All served queues with equal loads, until shuntd
 * publishes the cores that are up and their loads. */
static int write_group(struct ctl *ctl, const struct setup *s)
{
	struct shunt_nfp_bytes order = { 0 }, loads = { 0 };
	struct shunt_nfp_group group = { 0 };
	int err;

	for (__u32 queue = 0; queue < SHUNT_NFP_CORES; queue++) {
		__u32 at = group.ncores;

		if (!setup_serves(s, queue))
			continue;
		order.word[at / 8] |= (__u64)queue << at % 8 * 8;
		group.up |= 1ULL << queue;
		group.ncores++;
	}
	err = map_set_card(ctl, "loads", 0, &loads, sizeof(loads));
	if (!err)
		err = map_set_card(ctl, "order", 0, &order, sizeof(order));
	return err ? err : map_set_card(ctl, "group", 0, &group, sizeof(group));
}

static int write_cfg(struct ctl *ctl, const struct setup *s)
{
	struct shunt_nfp_cfg cfg = {
		.abi = SHUNT_ABI,
		.flags = s->cfg.flags & (SHUNT_CFG_ADDR4 | SHUNT_CFG_ADDR6),
		.fallback = s->cfg.fallback,
		.nclasses = s->cfg.nclasses,
		.nqueues = card_queues(s),
		.addr4 = s->cfg.addr4,
	};

	memcpy(cfg.addr6, s->cfg.addr6, sizeof(cfg.addr6));
	return map_set_card(ctl, "cfg", 0, &cfg, sizeof(cfg));
}

int card_write(struct ctl *ctl, const struct setup *s)
{
	int err = write_group(ctl, s);

	if (!err)
		err = write_cfg(ctl, s);
	for (__u32 i = 0; !err && i < SHUNT_KNOBS; i++)
		err = map_set_card(ctl, "knobs", i, &s->knobs[i], sizeof(s->knobs[i]));
	for (__u32 i = 0; !err && i < s->nrules; i++)
		err = map_set_card(ctl, "rules", i, &s->rules[i], sizeof(s->rules[i]));
	for (__u32 i = 0; !err && i < s->nports; i++)
		err = map_set_card(ctl, "ports", s->ports[i].port, &s->ports[i].value,
				   sizeof(s->ports[i].value));
	return err;
}

static json_t *class_counts(struct ctl *ctl, __u32 c)
{
	struct shunt_nfp_count n;

	if (map_get(ctl, "nfp_count", c, &n, sizeof(n)))
		return NULL;
	return json_pack("{s:i, s:I, s:I, s:I, s:I, s:I, s:I}", "class", c, "arrived",
			 (json_int_t)n.arrived, "steered", (json_int_t)n.steered, "dropped",
			 (json_int_t)n.dropped, "passed", (json_int_t)n.passed, "spill",
			 (json_int_t)n.spill, "bad_class", (json_int_t)n.bad_class);
}

json_t *card_json(struct ctl *ctl)
{
	struct card_state state;
	struct shunt_nfp_group group;
	struct shunt_cfg cfg;
	json_t *classes, *j;

	if (card_state(ctl, &state) || map_cfg(ctl, &cfg) ||
	    map_get(ctl, "nfp_group", 0, &group, sizeof(group)))
		return NULL;
	classes = json_array();
	for (__u32 c = 0; c < cfg.nclasses; c++)
		json_array_append_new(classes, class_counts(ctl, c));
	j = json_pack("{s:s, s:i, s:i, s:i, s:o}", "state", state.gone ? "gone" : "attached",
		      "prog_id", (int)state.prog_id, "instructions", (int)state.ninsns, "cores",
		      (int)group.ncores, "classes", classes);
	return j;
}
