// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * nic.bpf.c - the whole scheduler in XDP, for a NIC that shares no memory with its hosts
 *
 * Runs on the NIC's port towards the embedded switch, which has one receive channel: one CPU at a
 * time, no locks. One object a policy, as shunt.bpf.c. A request goes to a core that has room,
 * behind a header of its own, or is copied into a slot and waits; a core's CREDIT is turned into
 * its next request.
 */
#include "../maps.h"

#include "../actor.h"
#include <shunt/policy.h>

#include SHUNT_POLICY_FILE
#include "../event.h"
#include "../plan.h"
#include "../refuse.h"

#include "copy.h"
#include "control.h"
#include "mark.h"

char _license[] SEC("license") = "Dual BSD/GPL";

/* Does what the agent has asked for since the last frame (nic_cmd). */
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
 * The policy said hold, but a core has room and no request of the class waits. If select() would
 * give this request to that core now, it need not wait for a credit.
 */
static __noinline int fill(struct shunt_nic *n, struct shunt_view *v, __u32 cls, __u32 k,
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
static __noinline __u32 store(struct xdp_md *ctx, __u32 cls, __u32 payload_and_len, __u64 now,
			      __u32 actor)
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
	s->cls = s->as = cls;
	s->steered = SHUNT_NONE;
	s->quanta = 0;
	s->actor = actor;
	s->queue = 0;
	s->first_ns = s->queue_ns = now;
	s->token = 0;
	s->payload = payload_and_len >> 16 & 0x7fff;
	s->payload_len = payload_and_len;
	s->flags = flags ? SHUNT_META_IPV6 : 0;
	return slot;
}

/* May the class hold one more? */
static __always_inline int may_hold(struct shunt_nic *n, struct shunt_view *v,
				    struct shunt_ingress *in, const struct shunt_nic_cfg *wire,
				    __u64 cls)
{
	__u32 slots = slots_of(wire),
	      room = slots > SHUNT_NIC_RESERVE ? slots - SHUNT_NIC_RESERVE : 0,
	      behind = nic_has_actors ? n->behind[shunt_index(cls, SHUNT_CLASSES)] : 0;

	return get_fifo(n, cls, 0)->count + behind <
	       hold_at_most(in, v, shunt_index(cls, SHUNT_CLASSES), room);
}

/* The request goes on to the core behind a header. */
static __noinline int forward(struct xdp_md *ctx, __u32 core, __u32 cls, __u32 payload_and_len,
			      __u32 actor)
{
	struct shunt_nic *n = get_nic();
	struct shunt_view *v = get_view();
	struct shunt_nic_cfg *cfg = get_cfg();
	struct shunt_nic_core *c = get_core(core);
	struct shunt_nic_port *port = bpf_map_lookup_elem(&nic_ports, &core);
	__u64 now = bpf_ktime_get_ns();
	struct shunt_nic_slot s = {
		.len = frame_bytes(ctx), .cls = cls, .as = cls, .steered = core, .first_ns = now,
		.payload = payload_and_len >> 16 & 0x7fff, .payload_len = payload_and_len,
		.flags = payload_and_len >> 31 ? SHUNT_META_IPV6 : 0, .actor = actor,
	};
	__u32 slot = 0;

	if (!n || !v || !cfg || !c || !port)
		return 0;
	if (out_of(c, c->sent + 1)->state != SHUNT_OUT_NONE) {
		n->ev[SHUNT_NIC_EV_WINDOW]++;
		return 0;
	}
	if (cfg->flags & SHUNT_NIC_KEEP)
		slot = store(ctx, cls, payload_and_len, now, actor);
	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(struct shunt_wire_request))) {
		n->ev[SHUNT_NIC_EV_NO_ROOM]++;
		if (slot)
			free_slot(slot);
		return 0;
	}
	if (slot)
		n->cls[shunt_index(cls, SHUNT_CLASSES)].kept++;
	book(n, v, c, core, slot, &s, now);
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

/* Counts the request, and ends those that no core came for. 0: it goes on; else what becomes of
 * it. */
static __always_inline int begin(struct xdp_md *ctx, const struct front *f,
				 const struct shunt_cfg *c, struct shunt_ingress *in)
{
	struct shunt_view *v = get_view();
	struct shunt_nic *n = get_nic();
	front_count *count = f->n;

	if (!v || !n)
		return XDP_DROP;
	in->id++;
	if (!v->up && c->fallback != SHUNT_FALLBACK_HOLD)
		return fall_back(count, c->fallback == SHUNT_FALLBACK_PASS);
	if (frame_bytes(ctx) > nic_frame) {
		n->ev[SHUNT_NIC_EV_LONG]++;
		count->dropped++;
		return FRONT_REFUSED;
	}
	if (!v->up)
		expire(f->cls, too_old(c));
	return 0;
}

/* The request is copied and waits: the frame is to be dropped; or FRONT_REFUSED. */
static __always_inline int hold(struct xdp_md *ctx, struct shunt_nic *n, struct shunt_view *v,
				struct shunt_ingress *in, const struct shunt_nic_cfg *wire,
				__u32 cls, __u32 payload, __u32 actor)
{
	front_count *count = &in->cls[shunt_index(cls, SHUNT_CLASSES)];
	__u32 slot;

	if (!may_hold(n, v, in, wire, cls)) {
		count->limit++;
		count->dropped++;
		return FRONT_REFUSED;
	}
	slot = store(ctx, cls, payload, bpf_ktime_get_ns(), actor);
	if (!slot) {
		n->ev[SHUNT_NIC_EV_NO_SLOT]++;
		count->dropped++;
		return FRONT_REFUSED;
	}
	in->enq[shunt_index(cls, SHUNT_CLASSES)]++;
	count->held++;
	if (nic_has_actors)
		exclusive_waits(slot);
	else
		push_slot(slot, 0);
	return XDP_DROP;
}

/*
 * A request of the event's class: decision, hand-over. payload: its offset and length; highest
 * bit: IPv6. actor: as in a slot.
 */
static __always_inline int arrive(struct xdp_md *ctx, struct shunt_event *ev, __u32 payload,
				  __u32 actor)
{
	__u32 zero = 0, cls;
	struct shunt_ingress *in = bpf_map_lookup_elem(&ingress, &zero);
	struct shunt_cfg *c = bpf_map_lookup_elem(&cfg, &zero);
	struct shunt_nic_cfg *wire = get_cfg();
	struct shunt_view *v = get_view();
	struct shunt_nic *n = get_nic();
	front_count *count;
	int core, action;

	if (!ev || !in || !c || !wire || !v || !n)
		return XDP_DROP;
	cls = shunt_index(ev->cls, SHUNT_CLASSES);
	count = &in->cls[shunt_index(cls, SHUNT_CLASSES)];
	core = decide(n, v, in, ev, outstanding_max(wire));
	if (core == SHUNT_REJECT) {
		count->rejected++;
		return FRONT_REFUSED;
	}
	if (core == SHUNT_DROP) {
		count->dropped++;
		return XDP_DROP;
	}
	if (core >= 0 && forward(ctx, core, cls, payload, actor)) {
		count->steered++;
		return say_first(ctx, core);
	}
	action = hold(ctx, n, v, in, wire, cls, payload, actor);
	if (action == FRONT_REFUSED || !(c->flags & SHUNT_CFG_PREEMPT))
		return action;
	action = tell_to_yield(ctx, in->id);
	in->marks += action == XDP_TX;
	return action;
}

/* A request of an exclusive actor waits for it. A function that the verifier looks at by itself: it
 * would follow this once more for each answer of the policy. */
__noinline int wait_for_actor(struct xdp_md *ctx, __u32 cls, __u32 payload, __u32 actor)
{
	__u32 zero = 0;
	struct shunt_ingress *in = bpf_map_lookup_elem(&ingress, &zero);
	struct shunt_nic_cfg *wire = get_cfg();
	struct shunt_view *v = get_view();
	struct shunt_nic *n = get_nic();

	if (!in || !wire || !v || !n)
		return XDP_DROP;
	return hold(ctx, n, v, in, wire, cls, payload, actor);
}

/* A request where rules may name an actor: it is counted there, too. If a core has the actor, or
 * there is a ticket, the policy is not asked, and nobody is told to yield. */
static __always_inline int to_actor(struct xdp_md *ctx, const struct front *f,
				    const struct shunt_cfg *c, struct shunt_ingress *in,
				    struct shunt_event *ev, __u32 payload)
{
	/* of the counts 32 bits are enough, and the stack has room for no more */
	__u32 rejected = f->n->rejected, dropped = f->n->dropped, word = actor_comes(f->actor);
	int action, way;

	if (word & ACTOR_REFUSED) {
		f->n->dropped++;
		action = FRONT_REFUSED;
	} else {
		action = begin(ctx, f, c, in);
	}
	if (!action) {
		way = exclusive_way(word);
		if (way == EXCLUSIVE_ANY) {
			action = arrive(ctx, ev, payload, word);
		} else if (way >= 0 && forward(ctx, way, f->cls, payload, word)) {
			f->n->steered++;
			action = XDP_TX; /* behind what the core has of the actor */
		} else {
			action = wait_for_actor(ctx, f->cls, payload, word);
		}
	}
	/* A request that waits is copied, and its frame dropped: the action does not tell. */
	actor_stays_out(f->actor, (__u32)f->n->rejected - rejected,
			(__u32)f->n->dropped - dropped, action == XDP_PASS);
	return action;
}

/* A request: class, event. A function that the verifier looks at by itself: it would follow the
 * rules, and all that comes then, once for each way through the parser. */
__noinline int classified(struct xdp_md *ctx, __u32 layout)
{
	__u32 zero = 0, payload;
	struct shunt_ingress *in = bpf_map_lookup_elem(&ingress, &zero);
	struct shunt_cfg *c = bpf_map_lookup_elem(&cfg, &zero);
	struct shunt_event ev = { .run_cls = SHUNT_NONE };
	struct front f;
	int action;

	if (!in || !c || !find_again(ctx, &f, layout))
		return XDP_PASS;
	if (nic_has_actors)
		actor_class(&f, c, in);
	else
		front_class(&f, c, in);
	ev.cls = f.cls;
	fill_event(&ev, &f.p, f.port);
	payload = f.p.ipv6 << 31 | (__u32)((void *)(f.p.udp + 1) - f.p.data) << 16 | f.p.len;
	if (nic_has_actors) {
		action = to_actor(ctx, &f, c, in, &ev, payload);
	} else {
		action = begin(ctx, &f, c, in);
		if (!action)
			action = arrive(ctx, &ev, payload, 0);
	}
	return action == FRONT_REFUSED ? say_no(ctx, in, f.port, f.cls, payload) : action;
}

/* Is it a request? Its layout (front_layout()), or ~ of what becomes of the frame. Functions that
 * the verifier looks at by themselves, and whose stack is free again for what follows. */
__noinline int find_request(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct shunt_ingress *in = bpf_map_lookup_elem(&ingress, &zero);
	struct shunt_cfg *c = bpf_map_lookup_elem(&cfg, &zero);
	struct front f;
	int action;

	if (!in || !c)
		return ~XDP_PASS;
	action = front(ctx, &f, c, in, 0);
	return action == FRONT_REQUEST ? (int)front_layout(&f) : ~action;
}

SEC("xdp")
int shunt_nic(struct xdp_md *ctx)
{
	struct ethernet *eth = (void *)(long)ctx->data;
	struct shunt_nic *n = get_nic();
	int found;

	if (!n)
		return XDP_PASS;
	obey(n);
	if (nic_has_actors && n->gone)
		give_back();
	if ((void *)(eth + 1) <= (void *)(long)ctx->data_end &&
	    eth->proto == bpf_htons(SHUNT_WIRE_PROTO))
		return control(ctx, n);
	found = find_request(ctx);
	return found < 0 ? ~found : classified(ctx, found);
}
