// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_rpc.c - 'rpc' of the configuration file: ports whose requests are calls of ONC RPC, told
 * apart by program, version and procedure
 */
#include <arpa/inet.h>
#include <string.h>

#include "config_reader.h"

/* The setup's number of the port; nports: it is not one of 'ports'. */
static __u32 port_of(const struct setup *s, __u32 port)
{
	__u32 p = 0;

	while (p < s->nports && s->ports[p].port != port)
		p++;
	return p;
}

/* The version of the program, among those of the port; NULL: not yet there. */
static struct shunt_program *find(struct setup *s, const struct shunt_port *port,
				  const struct config_rpc *in)
{
	for (__u32 i = 0; i < port->count; i++) {
		struct shunt_program *p = &s->programs[port->first + i];

		if (p->program == htonl(in->program) && p->version == htonl(in->version))
			return p;
	}
	return NULL;
}

static int read_procedures(struct config_reader *r, __u32 i, __u8 cls, struct shunt_program *out)
{
	const struct config_rpc *in = &r->c->rpc[i];

	for (__u32 k = 0; k < in->procedures_count; k++) {
		if (in->procedures[k] >= SHUNT_PROCEDURES - 1)
			return config_bad(r, "procedures 0 to 54 can have a class of their own",
					  "rpc[%u].procedures[%u]", i, k);
		out->cls[in->procedures[k]] = cls;
	}
	return 0;
}

static int read_program(struct config_reader *r, __u32 i, struct shunt_port *port)
{
	const struct config_rpc *in = &r->c->rpc[i];
	struct setup *s = r->s;
	struct shunt_program *out = find(s, port, in);
	int cls = config_class_of(s, in->cls);

	if (cls < 0)
		return config_bad_class(r, in->cls, "rpc[%u].class", i);
	if (!out && port->count == SHUNT_PORT_PROGRAMS)
		return config_bad(r, "a port has at most 8 versions of programs", "rpc[%u]", i);
	if (!out && s->nprograms == SHUNT_PROGRAMS)
		return config_bad(r, "more than 64 versions of programs", "rpc[%u]", i);
	if (!out) {
		out = &s->programs[s->nprograms++];
		out->program = htonl(in->program);
		out->version = htonl(in->version);
		memset(out->cls, port->cls, sizeof(out->cls));
		port->count++;
	} else if (!in->procedures) {
		return config_bad(r, "named before: all of its procedures have a class already",
				  "rpc[%u]", i);
	}
	if (!in->procedures)
		memset(out->cls, cls, sizeof(out->cls));
	return read_procedures(r, i, cls, out);
}

/* A port's programs lie together, in the order of the file. */
int config_rpc(struct config_reader *r)
{
	struct setup *s = r->s;
	int err = 0;

	for (__u32 i = 0; i < r->c->rpc_count; i++) {
		if (port_of(s, r->c->rpc[i].port) == s->nports)
			return config_bad(r, "not one of 'ports'", "rpc[%u].port", i);
	}
	for (__u32 p = 0; p < s->nports; p++) {
		struct shunt_port *port = &s->ports[p].value;

		for (__u32 i = 0; !err && i < r->c->rpc_count; i++) {
			if (r->c->rpc[i].port != s->ports[p].port)
				continue;
			if (!(port->flags & SHUNT_PORT_RPC))
				port->first = s->nprograms;
			port->flags |= SHUNT_PORT_RPC;
			err = read_program(r, i, port);
		}
	}
	return err;
}
