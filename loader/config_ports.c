// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_ports.c - 'ports' and 'rules' of the configuration file
 */
#include "config_reader.h"
#include "units.h"

static int read_port(struct config_reader *r, __u32 i)
{
	const struct config_port *in = &r->c->ports[i];
	struct shunt_port *out = &r->s->ports[i].value;
	int cls = in->dflt ? config_class_of(r->s, in->dflt) : 0;

	if (!in->port || in->port > 65535)
		return config_bad(r, "not a UDP port (1 to 65535)", "ports[%u].port", i);
	for (__u32 j = 0; j < i; j++) {
		if (r->s->ports[j].port == in->port)
			return config_bad(r, "named twice", "ports[%u].port", i);
	}
	if (cls < 0)
		return config_bad_class(r, in->dflt, "ports[%u].default", i);
	if (in->key.length > SHUNT_KEY_MAX)
		return config_bad(r, "a key has at most 32 bytes", "ports[%u].key.length", i);
	if (in->key.offset > SHUNT_OFFSET_MAX - SHUNT_KEY_MAX)
		return config_bad(r, "too far into the payload", "ports[%u].key.offset", i);
	r->s->ports[i].port = in->port;
	out->flags = SHUNT_PORT_ON;
	out->cls = cls;
	out->key_len = in->key.length;
	out->key_off = in->key.offset;
	return config_refuse(r, i, out);
}

int config_ports(struct config_reader *r)
{
	int err = 0;

	if (r->c->ports_count > SETUP_PORTS)
		return config_bad(r, "more than 64 ports", "ports[%d]", SETUP_PORTS);
	r->s->nports = r->c->ports_count;
	for (__u32 i = 0; !err && i < r->c->ports_count; i++)
		err = read_port(r, i);
	return err;
}

static int read_rule(struct config_reader *r, __u32 i, __u32 at)
{
	const struct config_rule *in = &r->c->rules[i];
	struct rule_text text = { in->offset, in->value, in->mask, in->width };
	int cls = config_class_of(r->s, in->cls), err;

	if (cls < 0)
		return config_bad_class(r, in->cls, "rules[%u].class", i);
	err = parse_rule(&text, cls, &r->s->rules[at], &r->ctl->why);
	return err ? config_at(r, "rules[%u]", i) : 0;
}

/* A port's rules lie together, in the order of the file. */
int config_rules(struct config_reader *r)
{
	struct setup *s = r->s;
	__u32 n = 0, i, p;
	int err;

	for (i = 0; i < r->c->rules_count; i++) {
		for (p = 0; p < s->nports && s->ports[p].port != r->c->rules[i].port; p++)
			;
		if (p == s->nports)
			return config_bad(r, "not one of 'ports'", "rules[%u].port", i);
		if (s->ports[p].value.flags & SHUNT_PORT_RPC)
			return config_bad(r, "its requests are told apart by 'rpc', not by rules",
					  "rules[%u].port", i);
	}
	for (p = 0; p < s->nports; p++) {
		if (s->ports[p].value.flags & SHUNT_PORT_RPC)
			continue;
		s->ports[p].value.first = n;
		for (i = 0; i < r->c->rules_count; i++) {
			if (r->c->rules[i].port != s->ports[p].port)
				continue;
			if (s->ports[p].value.count == SHUNT_PORT_RULES)
				return config_bad(r, "a port has at most 32 rules", "rules[%u]", i);
			err = read_rule(r, i, n);
			if (err)
				return err;
			s->ports[p].value.count++;
			n++;
		}
	}
	s->nrules = n;
	return 0;
}
