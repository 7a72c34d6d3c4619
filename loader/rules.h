/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rules.h - the rules of the service ports, changed while packets are classified by them
 */
#pragma once

#include "ctl.h"

struct rule_table {
	struct shunt_port *ports; /* the pinned map itself, mapped: 65536 entries */
	struct shunt_rule rules[SHUNT_RULES]; /* as they were when the table was opened */
};

int rules_open(struct ctl *ctl, struct rule_table *t);
void rules_close(struct rule_table *t);
bool rules_serves(const struct rule_table *t, __u32 port);
/* Are its requests calls of ONC RPC, which have no rules? */
bool rules_by_rpc(const struct rule_table *t, __u32 port);
/* A copy of a port's rules, in their order; returns how many. */
int rules_get(const struct rule_table *t, __u32 port, struct shunt_rule out[SHUNT_PORT_RULES]);
/* Makes these n the port's rules: a packet sees all the old ones or all the new ones. */
int rules_put(struct ctl *ctl, struct rule_table *t, __u32 port, const struct shunt_rule *rules,
	      int n);

/* The first of n consecutive slots (mod SHUNT_RULES) that are free, or -ENOSPC. */
int rules_find_run(const unsigned char used[SHUNT_RULES], int n);
