/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rule_actor.h - rules that name actors, for shunt rule
 */
#pragma once

#include "ctl.h"

/* The actors that a rule names, and how many there are, into its result. */
void rule_put_actor(struct ctl *ctl, const struct shunt_rule *r, json_t *j);
/* The rule is for an actor, or several of one name, among which the port's key chooses. */
int rule_name_actor(struct ctl *ctl, const struct shunt_cfg *cfg, const char *name,
		    const struct shunt_port *port, struct shunt_rule *rule);
