/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * front.h - from a frame to a request of a class, for every
 * ingress program: the host's, a NIC's, a card's
 *
 * Each frame that is no request, and every request that has arrived, is counted here, so alike in
 * all of them. A card (SHUNT_FRONT_CARD) differs in three points: it adds to counts that it cannot
 * read, it has one configured address in place of the table of own ones, and it leaves sources and
 * checksums to the host's program, which the packet meets next.
 *
 * Included behind the maps.
 */
#pragma once

#include "classify.h"
#ifndef SHUNT_FRONT_CARD
#include "rpc.h"
#include "source.h"
#include "sum.h"
#endif

#ifdef SHUNT_FRONT_CARD
#define COUNT(n) __sync_fetch_and_add(&(n), 1)
typedef struct shunt_nfp_count front_count;
#else
#define COUNT(n) (++(n))
typedef struct shunt_ingress_class front_count;
#endif

/* No actions of XDP's: */
#define FRONT_REQUEST (-1) /* the request goes on to the policy */
#ifdef SHUNT_FRONT_CARD
#define FRONT_REFUSED XDP_DROP
#else
#define FRONT_REFUSED (-2) /* it was rejected or dropped, and say_no() may answer it */
#endif

/* A request that has arrived, and is counted so. */
struct front {
	struct shunt_packet p;
	struct shunt_port *port;
	front_count *n; /* of its class */
	__u64 cls;      /* below SHUNT_CLASSES */
	__u64 row;      /* of its actor, the first eight bytes; where rules name actors, as this: */
	__u32 actor;    /* the row's number, + 1; 0: it has none */
};

/* The service port that the frame is for. SHUNT_NR_PASS, or
 * why it is left alone (enum shunt_pass). */
static __always_inline int find_port(struct xdp_md *ctx, struct front *f)
{
	int why = parse(ctx, &f->p);
	__u32 key;

	if (why != SHUNT_NR_PASS)
		return why;
	key = bpf_ntohs(f->p.udp->dest);
	f->port = bpf_map_lookup_elem(&ports, &key);
	return f->port && f->port->flags & SHUNT_PORT_ON ? SHUNT_NR_PASS : SHUNT_PASS_PORT;
}

/* The packet's layout in one word, for a function that the verifier looks at by itself. */
static __always_inline __u32 front_layout(const struct front *f)
{
	__u64 l3 = f->p.l3 - f->p.data, udp = (void *)f->p.udp - f->p.data;

	return f->p.ipv6 << 27 | l3 << 22 | udp << 16 | f->p.len;
}

/* The packet from that word. 0: it has no such layout. */
static __always_inline int find_again(struct xdp_md *ctx, struct front *f, __u32 layout)
{
	__u32 key;

	f->p.data = (void *)(long)ctx->data;
	f->p.end = (void *)(long)ctx->data_end;
	f->p.l3 = f->p.data + (layout >> 22 & 31);
	f->p.udp = f->p.data + (layout >> 16 & 63);
	f->p.len = layout & 0xffff;
	f->p.ipv6 = layout >> 27 & 1;
	if ((void *)(f->p.udp + 1) > f->p.end)
		return 0;
	key = bpf_ntohs(f->p.udp->dest);
	f->port = bpf_map_lookup_elem(&ports, &key);
	return !!f->port;
}

/* No core, or no way to one: the request goes to the kernel ("pass") or is dropped. */
static __always_inline int fall_back(front_count *n, int pass)
{
	if (pass) {
		COUNT(n->passed);
		return XDP_PASS;
	}
	COUNT(n->dropped);
	return FRONT_REFUSED;
}

#ifdef SHUNT_FRONT_CARD
static __always_inline int leave(__u32 why)
{
	__u32 key = why;
	__u64 *n = bpf_map_lookup_elem(&nfp_pass, &key);

	if (n)
		COUNT(*n);
	return XDP_PASS;
}

/* Is it a request? FRONT_REQUEST, or what becomes of the frame. */
static __always_inline int front(struct xdp_md *ctx, struct front *f,
				 const struct shunt_nfp_cfg *cfg)
{
	int why = find_port(ctx, f);

	if (why != SHUNT_NR_PASS)
		return leave(why);
	if (!is_for(&f->p, cfg->flags, cfg->addr4, cfg->addr6))
		return leave(SHUNT_PASS_ADDR);
	return FRONT_REQUEST;
}

/* Finds the request's class. 0: the class has no count, which cannot be. */
static __always_inline int front_class(struct front *f, const struct shunt_nfp_cfg *cfg)
{
	__u32 spill, key = classify(&f->p, f->port, &spill, NULL);
	int bad = key >= cfg->nclasses || key >= SHUNT_CLASSES;

	if (bad)
		key = 0;
	f->cls = key;
	f->n = bpf_map_lookup_elem(&nfp_count, &key);
	if (!f->n)
		return 0;
	COUNT(f->n->arrived);
	if (bad)
		COUNT(f->n->bad_class);
	if (spill)
		COUNT(f->n->spill);
	return 1;
}
#else
/* Ports of which not every datagram is a request: one test for both kinds. */
#define PICKY (SHUNT_PORT_RPC | SHUNT_PORT_SERVICE)

/* Read anew, for one test: of a copy that is used again the verifier would remember what the test
 * said, and follow all that is behind it once more for each answer. */
static __always_inline __u32 port_flags(const struct shunt_port *port)
{
	return *(const volatile __u8 *)&port->flags;
}

/* SHUNT_NR_PASS, or why a datagram for such a port, on a queue of this domain, is none. */
static __always_inline int no_request(const struct front *f, __u32 domain)
{
	__u64 other = (f->port->key_off >> SHUNT_PORT_DOMAIN) ^ domain;

	asm volatile("" : "+r"(other)); /* nor is it to remember what the domain is compared with */
	if (port_flags(f->port) & SHUNT_PORT_SERVICE && other)
		return SHUNT_PASS_SERVICE;
	if (f->port->flags & SHUNT_PORT_RPC && !rpc_is_call(&f->p))
		return SHUNT_PASS_CALL;
	return SHUNT_NR_PASS;
}

/* Is it a request of the domain? FRONT_REQUEST, or what becomes of the frame. */
static __always_inline int front(struct xdp_md *ctx, struct front *f, const struct shunt_cfg *c,
				 struct shunt_ingress *in, __u32 domain)
{
	struct shunt_own *mine;
	__u64 reasons;
	__u32 zero = 0;
	int why = find_port(ctx, f);

	if (why != SHUNT_NR_PASS) {
		count_pass(in, why);
		return XDP_PASS;
	}
	mine = bpf_map_lookup_elem(&own, &zero);
	if (!mine)
		return XDP_PASS;
	why = not_for(&f->p, mine, c->flags);
	if (why == SHUNT_NR_PASS && port_flags(f->port) & PICKY)
		why = no_request(f, domain);
	if (why != SHUNT_NR_PASS) {
		count_pass(in, why);
		return XDP_PASS;
	}
	reasons = deny(&f->p, mine, c->port_bits);
	if (c->verify)
		reasons |= sums_wrong(ctx, sum_layout(&f->p), c->verify);
	if (reasons) {
		count_deny(in, reasons);
		return XDP_DROP;
	}
	return FRONT_REQUEST;
}

/* The request is of that class. */
static __always_inline void front_count_class(struct front *f, const struct shunt_cfg *c,
					      struct shunt_ingress *in, __u32 cls, __u32 spill)
{
	if (cls >= c->nclasses || cls >= SHUNT_CLASSES) {
		COUNT(in->ev[SHUNT_EV_BAD_CLASS]);
		cls = 0;
	}
	f->cls = shunt_index(cls, SHUNT_CLASSES);
	f->n = &in->cls[f->cls];
	if (spill)
		COUNT(f->n->spill);
	COUNT(f->n->arrived);
}

/* Finds the request's class. The verifier follows each rule
 * with all code behind it: look up what else is needed before. */
static __always_inline void front_class(struct front *f, const struct shunt_cfg *c,
					struct shunt_ingress *in)
{
	__u32 spill, cls = f->port->flags & SHUNT_PORT_RPC ? rpc_class(&f->p, f->port, &spill) :
							     classify(&f->p, f->port, &spill, NULL);

	front_count_class(f, c, in, cls, spill);
}

/*
 * How many requests the class may hold, of "room"; counts a limit beyond that, which the loader
 * would not have set. Publishes the class's objective, bounded, for select().
 */
static __always_inline __u64 hold_at_most(struct shunt_ingress *in, struct shunt_view *v, __u64 cls,
					  __u32 room)
{
	__u32 key = cls;
	__u32 *slo = bpf_map_lookup_elem(&slo_us, &key);
	__u32 *limit = bpf_map_lookup_elem(&hold_limit, &key);
	__u32 us = slo ? *slo : 0;

	if (us > SHUNT_SLO_MAX_US)
		us = SHUNT_SLO_MAX_US;
	if (slo && v->slo_us[cls] != us)
		v->slo_us[cls] = us;
	if (!limit || !*limit)
		return room;
	if (*limit > room) {
		COUNT(in->ev[SHUNT_EV_BAD_LIMIT]);
		return room;
	}
	return *limit;
}
#endif
