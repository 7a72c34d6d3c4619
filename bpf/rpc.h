/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * rpc.h - calls of ONC RPC (RFC 5531): is it one, and the class of its procedure
 *
 * A call begins with six words: its number, 0 for "call", the version of RPC, program, version,
 * procedure. What is no call goes to the kernel: a reply, to a client that has the same port. A
 * call whose answer will be an error is of the port's default class.
 */
#pragma once

#include <shunt/policy.h>

#include "parse.h"

#define RPC_LEAST 12 /* bytes that a worker answers: up to the version of RPC */
#define RPC_HEAD 24      /* up to the procedure */

static __always_inline int rpc_is_call(const struct shunt_packet *p)
{
	const __be32 *head = (void *)(p->udp + 1);

	return p->len >= RPC_LEAST && (void *)(head + 3) <= p->end && !head[1];
}

/* The class of a call for this port, not yet bounded; *spill: no program named it. */
static __always_inline __u32 rpc_class(const struct shunt_packet *p, const struct shunt_port *port,
				       __u32 *spill)
{
	const __be32 *head = (void *)(p->udp + 1);
	__u32 proc;
	__u64 which;

	*spill = 1;
	if (p->len < RPC_HEAD || (void *)(head + 6) > p->end || head[2] != bpf_htonl(2))
		return port->cls;
	which = *(__u64 *)(head + 3); /* program and version */
	proc = bpf_ntohl(head[5]);
	if (proc >= SHUNT_PROCEDURES)
		proc = SHUNT_PROCEDURES - 1;
	for (__u32 i = 0; i < SHUNT_PORT_PROGRAMS; i++) {
		__u32 at = (port->first + i) & (SHUNT_PROGRAMS - 1);
		struct shunt_program *r;

		if (i >= port->count)
			break;
		r = bpf_map_lookup_elem(&programs, &at);
		if (r && *(__u64 *)r == which) {
			*spill = 0;
			return r->cls[proc];
		}
	}
	return port->cls;
}
