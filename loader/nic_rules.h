/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nic_rules.h - the NIC's rules that bring each service's port to its queue: which it needs, and
 * which it has
 */
#pragma once

#include "setup.h"

#define NIC_RULES (2 * SETUP_PORTS) /* a port may have one for IPv4 and one for IPv6 */
#define NIC_RULE_COMMAND 192

enum nic_rule_state {
	NIC_RULE_UNKNOWN,   /* the NIC does not say */
	NIC_RULE_THERE,
	NIC_RULE_MISSING,
	NIC_RULE_ELSEWHERE, /* it brings the port to another queue */
};

struct nic_rule {
	__u32 port, domain, queue;
	bool v6;
	char service[SHUNT_NAME_LEN];
	enum nic_rule_state state;
	int id, to; /* ELSEWHERE: the rule's number in the NIC, and its queue */
};

struct nic_rules {
	__u32 n;
	struct nic_rule rule[NIC_RULES];
	bool off;      /* the NIC heeds rules once it is told to (ntuple) */
	char why[256]; /* why it is not known what the NIC has; "": it is */
};

/* A configuration's rules, compared with the NIC's; n is 0 if no port is of a service. */
void nic_rules_of_setup(struct ctl *ctl, const struct setup *s, struct nic_rules *out);
/* The rules of the loaded configuration, likewise. */
int nic_rules_of_load(struct ctl *ctl, const struct shunt_cfg *cfg, struct nic_rules *out);

/* The command that mends it; IF stands for the interface. */
const char *nic_rule_command(const struct nic_rules *rules, const struct nic_rule *r,
			     char out[NIC_RULE_COMMAND]);
/* "udp4" or "udp6", as ethtool(8) has it. */
const char *nic_rule_family(const struct nic_rule *r);

/* A list of them, for JSON, and what show() tells of that. */
json_t *nic_rules_json(const struct ctl *ctl, const struct nic_rules *rules);
void nic_rules_show(const json_t *list);
