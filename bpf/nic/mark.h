/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * mark.h - an arrival that has to wait tells a running request to yield when its quantum is over:
 * the frame, of which a copy waits, becomes the PREEMPT
 *
 * The PREEMPT carries the rest of the quantum, so there is no timer. The agent marks the other
 * cases: requests that began later while others waited, and lost PREEMPTs.
 */
#pragma once

#include "frames.h"

/* When the quantum of a core's running request is over; ~0:
 * no request runs there that can be marked. */
static __always_inline __u64 deadline_of(__u32 core)
{
	struct shunt_nic_core *c = get_core(core);
	__u32 us;

	if (!c || !c->cookie || !c->run_id || c->told == c->run_id)
		return ~0ULL;
	us = quantum_of(c->run_cls);
	return us ? c->run_ns + us * 1000ULL : ~0ULL;
}

/* The worse of two cores, sampled by a number. Turns the frame, or drops it. */
static __noinline int tell_to_yield(struct xdp_md *ctx, __u32 number)
{
	struct shunt_nic_cfg *cfg = get_cfg();
	struct shunt_view *v = get_view();
	struct shunt_wire_preempt *p;
	struct shunt_nic_port *port;
	struct shunt_nic_core *c;
	__u32 word = number * 0x9e3779b1, n, a, b;
	__u64 deadline, other, now;

	if (!cfg || !v)
		return XDP_DROP;
	n = shunt_cores(v);
	a = shunt_core_at(v, shunt_scale(word, n));
	b = shunt_core_at(v, shunt_scale(word << 16, n));
	deadline = deadline_of(a);
	other = deadline_of(b);
	if (other < deadline) {
		deadline = other;
		a = b;
	}
	c = get_core(a);
	port = bpf_map_lookup_elem(&nic_ports, &a);
	if (deadline == ~0ULL || !c || !port || set_length(ctx, sizeof(*p)))
		return XDP_DROP;
	p = (void *)(long)ctx->data;
	if ((void *)(p + 1) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	now = bpf_ktime_get_ns();
	put_wire(&p->w, cfg, port->mac, a, SHUNT_WIRE_PREEMPT, sizeof(*p));
	p->w.epoch = c->epoch;
	p->w.cookie = c->cookie;
	p->id = c->told = c->run_id;
	p->after_ns = deadline > now ? shunt_min(deadline - now, ~0u) : 0;
	p->pad = 0;
	return XDP_TX;
}
