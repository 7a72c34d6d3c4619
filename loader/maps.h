/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * maps.h - values of the interface's pinned maps, and its policy slots
 */
#pragma once

#include <stddef.h>

#include "ctl.h"

/* A descriptor of a pinned map whose values have this size. */
int map_open(struct ctl *ctl, const char *map, size_t value_size);
int map_get(struct ctl *ctl, const char *map, __u32 key, void *value, size_t size);
int map_set(struct ctl *ctl, const char *map, __u32 key, const void *value, size_t size);
/* As map_set(), on the card if its program is loaded: its map is pinned as "nfp_" and the name. */
int map_set_card(struct ctl *ctl, const char *map, __u32 key, const void *value, size_t size);
int map_cfg(struct ctl *ctl, struct shunt_cfg *cfg);
/* "on": requests are preempted; "why_not": what keeps them from being so. */
json_t *preempt_json(struct ctl *ctl, const struct shunt_cfg *cfg);
/* -ENOENT: nothing is preempted; why has the reason, with the way to it. */
int preempt_check(struct ctl *ctl, const struct shunt_cfg *cfg, struct why *why);
/* A copy of a domain's view, to be freed; -ENOENT is a failure. */
int map_view(struct ctl *ctl, __u32 domain, struct shunt_view **view);
/* A policy slot without its native code. */
int map_slot(struct ctl *ctl, __u64 gen, struct shunt_policy_slot *slot);
/* The agent's process lives and has turned lately. */
bool agent_alive(const struct shunt_agent *a);
/* A class by its name or number, or -ENOENT (failed). */
int find_class(struct ctl *ctl, const struct shunt_cfg *cfg, const char *word);
