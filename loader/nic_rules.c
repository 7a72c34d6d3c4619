// SPDX-License-Identifier: BSD-2-Clause
/*
 * nic_rules.c - the NIC's rules that bring each service's port to its queue: which it needs, and
 * which it has
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fit/facts.h"
#include "maps.h"
#include "nic_rules.h"
#include "own.h"
#include "rules.h"

#define NPORTS 65536

/* --- what it needs ---------------------------------------------------------------------------- */

/* Has the interface an address by which clients beyond its link reach it with IPv6? */
static bool has_ipv6(const struct ctl *ctl, const struct shunt_cfg *cfg)
{
	struct own_list list;

	if (own_read(&list, ctl->ifindex))
		return false;
	own_configure(&list, cfg);
	for (__u32 i = 0; i < list.n; i++) {
		if (list.at[i].kind == SHUNT_OWN6 &&
		    (list.at[i].addr[0] & htonl(0xffc00000)) != htonl(0xfe800000))
			return true;
	}
	return false;
}

static void add(struct nic_rules *out, __u32 port, const struct shunt_port *p,
		const struct shunt_domain *dom, bool v6)
{
	struct nic_rule *r = &out->rule[out->n];

	if (out->n == NIC_RULES)
		return;
	*r = (struct nic_rule){ .port = port, .domain = p->key_off >> SHUNT_PORT_DOMAIN,
				.queue = dom->queue[0], .v6 = v6 };
	snprintf(r->service, sizeof(r->service), "%.*s", SHUNT_NAME_LEN - 1, dom->service);
	out->n++;
}

/* --- what it has ------------------------------------------------------------------------------ */

static void compare(struct nic_rule *r, const struct fit_nic *nic)
{
	const struct fit_rule *has = r->v6 ? nic->rule6 : nic->rule;
	int n = r->v6 ? nic->nrules6 : nic->nrules;

	r->state = NIC_RULE_MISSING;
	for (int i = 0; i < n; i++) {
		if (has[i].port != (int)r->port)
			continue;
		if (has[i].queue == (int)r->queue) {
			if (r->state == NIC_RULE_MISSING)
				r->state = NIC_RULE_THERE;
			continue;
		}
		/* of two, the driver decides which counts */
		r->state = NIC_RULE_ELSEWHERE;
		r->id = has[i].id;
		r->to = has[i].queue;
	}
}

static void ask(const struct ctl *ctl, struct nic_rules *out)
{
	struct fit_source source = { .ifname = ctl->ifname };
	struct fit_nic *nic = calloc(1, sizeof(*nic));

	if (!nic) {
		snprintf(out->why, sizeof(out->why), "no memory");
		return;
	}
	fit_nic_read(&source, nic, FIT_PART_RULES | FIT_PART_FEATURES);
	out->off = nic->ntuple.known && !nic->ntuple.on;
	if (out->off && nic->ntuple.fixed)
		snprintf(out->why, sizeof(out->why), "its driver takes no rules (ntuple-filters)");
	else if (!nic->has_rules)
		snprintf(out->why, sizeof(out->why), "its rules cannot be read: %s",
			 fit_nic_unknown(nic, FIT_PART_RULES));
	for (__u32 i = 0; !out->why[0] && i < out->n; i++)
		compare(&out->rule[i], nic);
	fit_nic_forget(nic);
	free(nic);
}

void nic_rules_of_setup(struct ctl *ctl, const struct setup *s, struct nic_rules *out)
{
	bool v6 = has_ipv6(ctl, &s->cfg);

	memset(out, 0, sizeof(*out));
	for (int family = 0; family <= v6; family++) {
		for (__u32 i = 0; i < s->nports; i++) {
			const struct shunt_port *p = &s->ports[i].value;

			if (p->flags & SHUNT_PORT_SERVICE)
				add(out, s->ports[i].port, p,
				    &s->domains[p->key_off >> SHUNT_PORT_DOMAIN], family);
		}
	}
	if (out->n)
		ask(ctl, out);
}

static int add_loaded(struct ctl *ctl, const struct rule_table *t, bool v6, struct nic_rules *out)
{
	struct shunt_domain dom;
	int err = 0;

	for (__u32 port = 0; !err && port < NPORTS; port++) {
		const struct shunt_port *p = &t->ports[port];

		if (!rules_serves(t, port) || !(p->flags & SHUNT_PORT_SERVICE))
			continue;
		err = map_get(ctl, "domains", p->key_off >> SHUNT_PORT_DOMAIN, &dom, sizeof(dom));
		if (!err)
			add(out, port, p, &dom, v6);
	}
	return err;
}

int nic_rules_of_load(struct ctl *ctl, const struct shunt_cfg *cfg, struct nic_rules *out)
{
	struct rule_table *t = calloc(1, sizeof(*t));
	int err = t ? rules_open(ctl, t) : -ENOMEM;

	memset(out, 0, sizeof(*out));
	if (!err) {
		err = add_loaded(ctl, t, false, out);
		if (!err && out->n && has_ipv6(ctl, cfg))
			err = add_loaded(ctl, t, true, out);
		rules_close(t);
	}
	free(t);
	if (!err && out->n)
		ask(ctl, out);
	return err;
}

/* --- what is said of it ----------------------------------------------------------------------- */

const char *nic_rule_family(const struct nic_rule *r)
{
	return r->v6 ? "udp6" : "udp4";
}

const char *nic_rule_command(const struct nic_rules *rules, const struct nic_rule *r,
			     char out[NIC_RULE_COMMAND])
{
	int n = 0;

	if (r->state == NIC_RULE_ELSEWHERE)
		n = snprintf(out, NIC_RULE_COMMAND, "ethtool -N IF delete %d && ", r->id);
	else if (rules->off && !rules->why[0])
		n = snprintf(out, NIC_RULE_COMMAND, "ethtool -K IF ntuple on && ");
	snprintf(out + n, NIC_RULE_COMMAND - n, "ethtool -N IF flow-type %s dst-port %u action %u",
		 nic_rule_family(r), r->port, r->queue);
	return out;
}

/* The command with the interface's name in place of the word IF. */
static json_t *command_json(const struct ctl *ctl, const char *command)
{
	char text[2 * NIC_RULE_COMMAND] = "";
	const char *at;
	size_t n = 0;

	for (; (at = strstr(command, "IF")); command = at + 2)
		n += snprintf(text + n, sizeof(text) - n, "%.*s%s", (int)(at - command), command,
			      ctl->ifname);
	snprintf(text + n, sizeof(text) - n, "%s", command);
	return json_string(text);
}

json_t *nic_rules_json(const struct ctl *ctl, const struct nic_rules *rules)
{
	static const char *const states[] = { "unknown", "there", "missing", "elsewhere" };
	char command[NIC_RULE_COMMAND];
	json_t *list = json_array(), *j;

	for (__u32 i = 0; i < rules->n; i++) {
		const struct nic_rule *r = &rules->rule[i];

		j = json_pack("{s:i, s:s, s:s, s:i, s:s}", "port", (int)r->port, "service",
			      r->service, "family", nic_rule_family(r), "queue", (int)r->queue,
			      "state", states[r->state]);
		if (r->state != NIC_RULE_THERE)
			json_object_set_new(j, "command", command_json(ctl,
						nic_rule_command(rules, r, command)));
		json_array_append_new(list, j);
	}
	return list;
}

void nic_rules_show(const json_t *list)
{
	const json_t *j;
	size_t i, there = 0;

	json_array_foreach(list, i, j)
		there += !strcmp(text_at(j, "state"), "there");
	if (there == json_array_size(list))
		return;
	puts("  the NIC brings each service's port to its queue by rules of its own; it needs:");
	json_array_foreach(list, i, j) {
		if (json_object_get(j, "command"))
			printf("    %s   # service %s\n", text_at(j, "command"),
			       text_at(j, "service"));
	}
}
