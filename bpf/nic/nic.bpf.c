// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * nic.bpf.c - the whole scheduler in XDP, for a NIC that shares no memory with its hosts
 *
 * Runs on the NIC's port towards the embedded switch, which has one receive channel: one CPU at a
 * time, no locks. One object a policy, as shunt.bpf.c. A request goes to a core that has room, behind a header of
 * its own, or is copied into a slot and waits; a core's CREDIT is turned into its next request.
 */
#include "../maps.h"

#include "../classify.h"
#include <shunt/policy.h>

#include SHUNT_POLICY_FILE
#include "../event.h"
#include "../source.h"
#include "../sum.h"

#include "copy.h"
#include "control.h"
#include "mark.h"

char _license[] SEC("license") = "Dual BSD/GPL";

/* What the agent asked for since the last frame. */
static __always_inline void obey(struct shunt_nic *n)
{
	__u32 zero = 0;
	struct shunt_nic_cmd *cmd = bpf_map_lookup_elem(&nic_cmd, &zero);

	if (!cmd || cmd->nr == n->cmd)
		return;
	n->cmd = cmd->nr;
	if (cmd->core < SHUNT_CORES && (cmd->op == SHUNT_NIC_OFF || cmd->op == SHUNT_NIC_FENCED))
		close_core(cmd->core, cmd->op == SHUNT_NIC_FENCED);
}

/* The least loaded core that has room; -1: none. */
static __always_inline int roomiest(const struct shunt_nic *n, __u32 k)
{
	for (__u32 j = 0; j < SHUNT_WIRE_K_MAX; j++) {
		if (j >= k)
			break;
		if (n->level[j])
			return shunt_first(n->level[j]);
	}
	return -1;
}

/*
 * Nothing of the class waits, and a core has room though the policy said hold: would select give it this
 * request? Then it need not wait for a credit.
 */
static __always_inline int fill(struct shunt_nic *n, struct shunt_view *v, __u32 cls, __u32 k,
				__u64 now)
{
	struct shunt_event ev = { .now_ns = now, .run_cls = SHUNT_NONE };
	int core = roomiest(n, k);
	struct shunt_nic_core *c;
	__u32 waiting;

	if (core < 0)
		return -1;
	c = get_core(core);
	if (!c)
		return -1;
	waiting = waiting_for(n, v, core, tokens_of(n, c));
	if (waiting >> (cls & 15) & 1)
		return -1;
	ev.core = core;
	ev.waiting = waiting | 1 << (cls & 15);
	set_head(v, core, cls, now);
	return select(v, &ev) == (int)cls ? core : -1;
}

/* A copy of the packet, described; 0: no slot. */
static __noinline __u32 store(struct xdp_md *ctx, __u32 cls, __u32 payload_and_len, __u64 now)
{
	__u32 len = frame_bytes(ctx);
	__u32 slot = take_slot(SHUNT_NIC_RESERVE);
	struct shunt_nic_slot *s = get_slot(slot);
	__u32 flags = payload_and_len >> 31;

	if (!slot || !s)
		return 0;
	if (copy_in(ctx, slot, len)) {
		free_slot(slot);
		return 0;
	}
	s->len = len;
	s->cls = cls;
	s->queue = 0;
	s->first_ns = s->queue_ns = now;
	s->token = 0;
	s->payload = payload_and_len >> 16 & 0x7fff;
	s->payload_len = payload_and_len;
	s->flags = flags ? SHUNT_META_IPV6 : 0;
	return slot;
}

/* May the class hold one more? Publishes its objective to select. */
static __always_inline int may_hold(struct shunt_nic *n, struct shunt_view *v, __u32 cls)
{
	__u32 *slo = bpf_map_lookup_elem(&slo_us, &cls);
	__u32 *limit = bpf_map_lookup_elem(&hold_limit, &cls);

	if (slo && v->slo_us[shunt_index(cls, SHUNT_CLASSES)] != *slo)
		v->slo_us[shunt_index(cls, SHUNT_CLASSES)] = *slo;
	return !limit || !*limit || get_fifo(n, cls, 0)->count < *limit;
}

/* The request goes on to the core behind a header. */
static __noinline int forward(struct xdp_md *ctx, __u32 core, __u32 cls, __u32 payload_and_len)
{
	struct shunt_nic *n = get_nic();
	struct shunt_view *v = get_view();
	struct shunt_nic_cfg *cfg = get_cfg();
	struct shunt_nic_core *c = get_core(core);
	struct shunt_nic_port *port = bpf_map_lookup_elem(&nic_ports, &core);
	__u64 now = bpf_ktime_get_ns();
	struct shunt_nic_slot s = {
		.len = frame_bytes(ctx), .cls = cls, .first_ns = now,
		.payload = payload_and_len >> 16 & 0x7fff, .payload_len = payload_and_len,
		.flags = payload_and_len >> 31 ? SHUNT_META_IPV6 : 0,
	};
	__u32 slot = 0;

	if (!n || !v || !cfg || !c || !port)
		return 0;
	if (out_of(c, c->sent + 1)->state != SHUNT_OUT_NONE) {
		n->ev[SHUNT_NIC_EV_WINDOW]++;
		return 0;
	}
	if (cfg->flags & SHUNT_NIC_KEEP)
		slot = store(ctx, cls, payload_and_len, now);
	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(struct shunt_wire_request))) {
		n->ev[SHUNT_NIC_EV_NO_ROOM]++;
		if (slot)
			free_slot(slot);
		return 0;
	}
	if (slot)
		n->cls[shunt_index(cls, SHUNT_CLASSES)].kept++;
	book(n, v, c, core, cls, slot, now, now);
	return put_request(ctx, cfg, port, c, core, &s, 0, now);
}

/* A core for the request, or a negative answer. Bounds what the policy said. */
static __always_inline int decide(struct shunt_nic *n, struct shunt_view *v,
				  struct shunt_ingress *in, struct shunt_event *ev, __u32 k)
{
	struct shunt_nic_core *c;
	int said = SHUNT_HOLD;
	__u32 core;

	if (v->up)
		said = steer(v, ev);
	if (said < 0 && said != SHUNT_HOLD)
		return said >= SHUNT_DROP ? said : SHUNT_DROP;
	if (said >= 0) {
		core = shunt_index((__u32)said, SHUNT_CORES);
		c = get_core(core);
		if (!c || !(v->up >> core & 1))
			in->ev[SHUNT_EV_BAD_CORE]++;
		else if (c->load < k)
			return core;
		else
			in->ev[SHUNT_EV_CORE_FULL]++;
	}
	return fill(n, v, ev->cls, k, ev->now_ns ? ev->now_ns : bpf_ktime_get_ns());
}

/* A request of a class: event, decision, hand-over. */
static __always_inline int arrive(struct xdp_md *ctx, struct shunt_nic *n, struct shunt_view *v,
				  struct shunt_ingress *in, const struct shunt_cfg *c,
				  const struct shunt_packet *p, const struct shunt_port *port,
				  __u32 cls)
{
	__u32 where = (p->ipv6 ? 1u << 31 : 0) | (__u32)((void *)(p->udp + 1) - p->data) << 16 |
		      (p->len & 0xffff);
	struct shunt_nic_cfg *cfg = get_cfg();
	struct shunt_ingress_class *count = &in->cls[shunt_index(cls, SHUNT_CLASSES)];
	struct shunt_event ev = { .cls = cls, .run_cls = SHUNT_NONE };
	__u32 slot;
	int core;

	count->arrived++;
	in->id++;
	if (!cfg)
		return XDP_DROP;
	if (!v->up && c->fallback != SHUNT_FALLBACK_HOLD) {
		if (c->fallback == SHUNT_FALLBACK_DROP) {
			count->dropped++;
			return XDP_DROP;
		}
		count->passed++;
		return XDP_PASS;
	}
	if (p->end - p->data > nic_frame) {
		n->ev[SHUNT_NIC_EV_LONG]++;
		count->dropped++;
		return XDP_DROP;
	}
	fill_event(&ev, p, port);

	core = decide(n, v, in, &ev, outstanding_max(cfg));
	if (core == SHUNT_REJECT) {
		count->rejected++;
		return XDP_DROP;
	}
	if (core == SHUNT_DROP) {
		count->dropped++;
		return XDP_DROP;
	}
	if (core >= 0 && forward(ctx, core, cls, where)) {
		count->steered++;
		return say_first(ctx, core);
	}
	if (!v->up)
		expire(cls, too_old(c));
	if (!may_hold(n, v, cls)) {
		count->limit++;
		count->dropped++;
		return XDP_DROP;
	}
	slot = store(ctx, cls, where, bpf_ktime_get_ns());
	if (!slot) {
		n->ev[SHUNT_NIC_EV_NO_SLOT]++;
		count->dropped++;
		return XDP_DROP;
	}
	push_slot(slot, 0);
	in->enq[shunt_index(cls, SHUNT_CLASSES)]++;
	count->held++;
	if (!(c->flags & SHUNT_CFG_PREEMPT))
		return XDP_DROP;
	slot = tell_to_yield(ctx, in->id);
	in->marks += slot == XDP_TX;
	return slot;
}

SEC("xdp")
int shunt_nic(struct xdp_md *ctx)
{
	struct shunt_packet p;
	struct shunt_ingress *in;
	struct shunt_nic *n = get_nic();
	struct shunt_view *v = get_view();
	struct shunt_port *port;
	struct shunt_own *mine;
	struct shunt_cfg *c;
	struct ethernet *eth = (void *)(long)ctx->data;
	__u32 zero = 0, key, spill, cls;
	__u64 reasons;
	int why;

	if (!n || !v)
		return XDP_PASS;
	obey(n);
	if ((void *)(eth + 1) <= (void *)(long)ctx->data_end &&
	    eth->proto == bpf_htons(SHUNT_WIRE_PROTO))
		return control(ctx, n);
	in = bpf_map_lookup_elem(&ingress, &zero);
	if (!in)
		return XDP_PASS;
	why = parse(ctx, &p);
	if (why != SHUNT_NR_PASS) {
		count_pass(in, why);
		return XDP_PASS;
	}
	key = bpf_ntohs(p.udp->dest);
	port = bpf_map_lookup_elem(&ports, &key);
	if (!port || !(port->flags & SHUNT_PORT_ON)) {
		in->pass[SHUNT_PASS_PORT]++;
		return XDP_PASS;
	}
	c = bpf_map_lookup_elem(&cfg, &zero);
	mine = bpf_map_lookup_elem(&own, &zero);
	if (!c || !mine)
		return XDP_PASS;
	why = not_for(&p, mine, c->flags);
	if (why != SHUNT_NR_PASS) {
		count_pass(in, why);
		return XDP_PASS;
	}
	reasons = deny(&p, mine, c->port_bits);
	if (c->verify)
		reasons |= sums_wrong(ctx, sum_where(&p), c->verify);
	if (reasons) {
		count_deny(in, reasons);
		return XDP_DROP;
	}
	cls = classify(&p, port, &spill);
	if (cls >= c->nclasses || cls >= SHUNT_CLASSES) {
		in->ev[SHUNT_EV_BAD_CLASS]++;
		cls = 0;
	}
	cls = shunt_index(cls, SHUNT_CLASSES);
	if (spill)
		in->cls[cls].spill++;
	return arrive(ctx, n, v, in, c, &p, port, cls);
}
