/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * hello.h - HELLO: who may begin a core's next epoch, and the answers to it
 *
 * A host's key speaks for that host's cores and no others. Numbers are the NIC's: a HELLO is for
 * the epoch after the present one, of the present process or the one after it, in the present life;
 * so no clock decides, no number can jump beyond the reach of
 * later ones, and a delayed or repeated HELLO changes nothing.
 */
#pragma once

#include "frames.h"

static __always_inline int bad(struct shunt_nic *n, enum shunt_nic_event why)
{
	n->ev[why]++;
	return XDP_DROP;
}

static __always_inline int same_mac(const __u8 *a, const __u8 *b)
{
	return *(__u16 *)a == *(__u16 *)b && *(__u16 *)(a + 2) == *(__u16 *)(b + 2) &&
	       *(__u16 *)(a + 4) == *(__u16 *)(b + 4);
}

/* The proof for the frame at hand; 0: the core has no key. A
 * global function: the verifier goes through its rounds once. */
__noinline __u64 prove(struct xdp_md *ctx, __u32 core)
{
	struct shunt_nic_port *port = bpf_map_lookup_elem(&nic_ports, &core);
	const __u64 *frame = (void *)(long)ctx->data;

	if (!port || (void *)(frame + SHUNT_PROOF_WORDS) > (void *)(long)ctx->data_end ||
	    !(port->key.word[0] | port->key.word[1]))
		return 0;
	return shunt_sip(&port->key, frame, SHUNT_PROOF_WORDS);
}

/* In words that other versions understand: header and reason.
 * The receiver is to believe only the version in it. */
static __always_inline int refuse_version(struct xdp_md *ctx, __u32 core)
{
	struct shunt_nic_cfg *cfg = get_cfg();
	struct shunt_wire_refuse *r = (void *)(long)ctx->data;
	__u8 to[6];

	if (!cfg || (void *)&r->process > (void *)(long)ctx->data_end)
		return XDP_DROP;
	__builtin_memcpy(to, r->w.from, sizeof(to));
	put_wire(&r->w, cfg, to, core, SHUNT_WIRE_REFUSE, SHUNT_WIRE_MIN);
	r->w.epoch = 0;
	r->reason = SHUNT_WIRE_VERSION;
	r->life = 0;
	return XDP_TX;
}

/* The HELLO becomes a REFUSE, or the WELCOME to the epoch that stands. */
static __noinline int answer_hello(struct xdp_md *ctx, __u32 core, __u32 reason)
{
	struct shunt_nic_cfg *cfg = get_cfg();
	struct shunt_nic *n = get_nic();
	struct shunt_nic_core *c = get_core(core & (SHUNT_CORES - 1));
	struct shunt_nic_port *port = bpf_map_lookup_elem(&nic_ports, &core);
	struct shunt_wire_welcome *w;
	struct shunt_wire_refuse *r;
	__u64 proof;
	__u8 to[6];

	if (!n || !cfg || !c || !port || set_length(ctx, sizeof(*w)))
		return XDP_DROP;
	w = (void *)(long)ctx->data;
	if ((void *)(w + 1) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	__builtin_memcpy(to, w->w.from, sizeof(to));
	put_wire(&w->w, cfg, to, core, reason ? SHUNT_WIRE_REFUSE : SHUNT_WIRE_WELCOME, sizeof(*w));
	w->w.epoch = c->epoch;
	w->life = n->life;
	if (reason) {
		r = (void *)w;
		r->w.cookie = 0;
		r->reason = reason;
		r->process = n->process[shunt_index(port->group, SHUNT_NIC_GROUPS)];
	} else {
		w->w.cookie = c->cookie;
		w->k = outstanding_max(cfg);
		w->credit = cfg->credit;
		w->process = c->process;
	}
	proof = prove(ctx, core);
	w = (void *)(long)ctx->data;
	if ((void *)(w + 1) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	w->proof = proof;
	return XDP_TX;
}

/* A new epoch for the core. The NIC sends the core requests from its first
 * credit on: before it has heard the WELCOME, the core would ignore them. */
__noinline int open_core(__u32 core, __u64 nonce, __u64 process)
{
	struct shunt_nic *n = get_nic();
	struct shunt_view *v = get_view();
	struct shunt_nic_core *c = get_core(core);
	struct shunt_nic_port *port = bpf_map_lookup_elem(&nic_ports, &core);
	__u32 group;

	if (!n || !v || !c || !port)
		return 0;
	group = port->group;
	if (group >= SHUNT_NIC_GROUPS)
		return 0;
	close_core(core, 0);
	if (n->process[group] != process) {
		purge_tokens(group + 1);
		n->process[group] = process;
	}
	c->nonce = nonce;
	c->process = process;
	c->group = group;
	c->epoch++;
	c->cookie = port->cookie;
	c->sent = c->nr = c->high = c->done = 0;
	c->sent_ns = bpf_ktime_get_ns();
	c->busy_ns = c->found = c->found_late = 0;
	__builtin_memset(c->said, 0, sizeof(c->said));
	n->ev[SHUNT_NIC_EV_HELLO]++;
	return 1;
}

/* Proved, and of the core's own function: welcome again, the next epoch, or a reason against it. 0:
 * it begins. */
static __always_inline __u32 judge(const struct shunt_nic *n, const struct shunt_nic_core *c,
				   const struct shunt_nic_port *port, __u64 present, __u32 epoch,
				   __u32 life, __u64 process)
{
	if (life != n->life || epoch != c->epoch + 1)
		return SHUNT_WIRE_OLDER;
	if (process != present && SHUNT_WIRE_NUMBER(process) != SHUNT_WIRE_NUMBER(present) + 1)
		return SHUNT_WIRE_OLDER;
	if (!port->cookie || port->cookie == c->cookie)
		return SHUNT_WIRE_NO_COOKIE;
	return 0;
}

static __always_inline int hello(struct xdp_md *ctx, struct shunt_nic *n,
				 const struct shunt_nic_cfg *cfg, struct shunt_wire_hello *h)
{
	__u32 core = h->w.core, epoch = h->w.epoch, life = h->life, actors = h->actors, own, reason;
	__u64 nonce = h->nonce, process = h->process, proof = h->proof, want;
	struct shunt_nic_port *port = bpf_map_lookup_elem(&nic_ports, &core);
	struct shunt_nic_core *c = get_core(core);

	if (!port || !c || !port->on || port->group >= SHUNT_NIC_GROUPS)
		return bad(n, SHUNT_NIC_EV_CORE);
	own = same_mac(port->mac, h->w.from);
	want = prove(ctx, core);
	if (!want || proof != want) {
		n->keyless = core + 1;
		return bad(n, SHUNT_NIC_EV_KEY);
	}
	if (!own) {
		n->ev[SHUNT_NIC_EV_CORE]++;
		return answer_hello(ctx, core, SHUNT_WIRE_NO_CORE);
	}
	if (actors && actors != cfg->actors) {
		n->misfit = core + 1;
		n->ev[SHUNT_NIC_EV_ACTORS]++;
		return answer_hello(ctx, core, SHUNT_WIRE_ACTORS);
	}
	if (!n->life)
		n->life = bpf_get_prandom_u32() | 1;
	reason = 0;
	if (life != n->life || epoch != c->epoch || nonce != c->nonce || process != c->process ||
	    !c->cookie) {
		reason = judge(n, c, port, n->process[shunt_index(port->group, SHUNT_NIC_GROUPS)],
			       epoch, life, process);
		/* A HELLO with life 0 only asks for the numbers: nothing went wrong. */
		n->ev[SHUNT_NIC_EV_OLDER] += life && reason == SHUNT_WIRE_OLDER;
		if (!reason && !open_core(core, nonce, process))
			return XDP_DROP;
	}
	if (!reason)
		c->heard_ns = bpf_ktime_get_ns();
	return answer_hello(ctx, core, reason);
}

/* A HELLO of another version: counted, and answered where the core's function says it. */
static __always_inline int hello_stranger(struct xdp_md *ctx, struct shunt_nic *n,
					  struct shunt_wire *w)
{
	__u32 core = w->core;
	struct shunt_nic_port *port = bpf_map_lookup_elem(&nic_ports, &core);

	n->ev[SHUNT_NIC_EV_VERSION]++;
	if (!port || !port->on || !same_mac(port->mac, w->from))
		return XDP_DROP;
	n->stranger = core << 8 | w->version;
	return refuse_version(ctx, core);
}
