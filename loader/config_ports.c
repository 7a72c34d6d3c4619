// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_ports.c - 'ports' and 'rules' of the configuration file
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

static int read_rule(struct config_reader *r, __u32 i, const struct shunt_port *port, __u32 at)
{
	const struct config_rule *in = &r->c->rules[i];
	struct rule_text text = { in->offset, in->value, in->mask, in->width };
	int cls = in->cls ? config_class_of(r->s, in->cls) : 0;

	if (!in->cls == !in->actor)
		return config_bad(r, in->cls ? "'class' or 'actor', not both: an actor has a class"
					     : "'class' or 'actor' is missing", "rules[%u]", i);
	if (cls < 0)
		return config_bad_class(r, in->cls, "rules[%u].class", i);
	if (parse_rule(&text, cls, &r->s->rules[at], &r->ctl->why))
		return config_at(r, "rules[%u]", i);
	return in->actor ? config_rule_actor(r, i, port, &r->s->rules[at]) : 0;
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
			err = read_rule(r, i, &s->ports[p].value, n);
			if (err)
				return err;
			s->ports[p].value.count++;
			n++;
		}
	}
	s->nrules = n;
	return 0;
}

/* --- the service of each port ----------------------------------------------------------------- */

static int find_service(const struct setup *s, const char *name)
{
	for (__u32 d = 0; d < s->cfg.ndomains; d++) {
		if (s->domains[d].service[0] && !strcmp(s->domains[d].service, name))
			return d;
	}
	return -ENOENT;
}

static bool has_services(const struct setup *s)
{
	for (__u32 d = 0; d < s->cfg.ndomains; d++) {
		if (s->domains[d].service[0])
			return true;
	}
	return false;
}

static int bad_service(struct config_reader *r, __u32 i)
{
	const struct setup *s = r->s;
	char names[SHUNT_DOMAINS * (SHUNT_NAME_LEN + 4)] = "";
	size_t n = 0;

	for (__u32 d = 0; d < s->cfg.ndomains; d++) {
		if (s->domains[d].service[0])
			n += snprintf(names + n, sizeof(names) - n, "%s'%s'", n ? ", " : "",
				      s->domains[d].service);
	}
	if (n)
		fail(r->ctl, -EINVAL, "no domain is of service '%s': there are %s",
		     r->c->ports[i].service, names);
	else
		fail(r->ctl, -EINVAL, "no domain has a 'service'");
	return config_at(r, "ports[%u].service", i);
}

static int read_service(struct config_reader *r, __u32 i)
{
	const char *name = r->c->ports[i].service;
	struct shunt_port *port = &r->s->ports[i].value;
	int domain;

	if (!name && r->s->cfg.ndomains > 1 && has_services(r->s))
		return config_bad(r,
				  "which service answers its requests? Say 'service: NAME', or "
				  "'service: any' if the NIC parts them by something else than "
				  "the port",
				  "ports[%u]", i);
	if (!name || !strcmp(name, ANY_SERVICE))
		return 0;
	domain = find_service(r->s, name);
	if (domain < 0)
		return bad_service(r, i);
	if (r->s->domains[domain].by_queue)
		return config_bad(r,
				  "that service has several queues ('queues'), and a NIC's rule "
				  "brings a port to one",
				  "ports[%u].service", i);
	port->flags |= SHUNT_PORT_SERVICE;
	port->key_off |= domain << SHUNT_PORT_DOMAIN;
	return 0;
}

/* Does a request come to the domain's service by any port? */
static bool is_called(const struct setup *s, __u32 domain)
{
	for (__u32 i = 0; i < s->nports; i++) {
		const struct shunt_port *port = &s->ports[i].value;

		if (!(port->flags & SHUNT_PORT_SERVICE) ||
		    port->key_off >> SHUNT_PORT_DOMAIN == domain)
			return true;
	}
	return false;
}

int config_port_services(struct config_reader *r)
{
	int err = 0;

	for (__u32 i = 0; !err && i < r->s->nports; i++)
		err = read_service(r, i);
	for (__u32 d = 0; !err && d < r->s->cfg.ndomains; d++) {
		if (r->s->domains[d].service[0] && !is_called(r->s, d))
			err = config_bad(r, "no port is of it: no request would come to it",
					 "domains[%u].service", d);
	}
	return err;
}
