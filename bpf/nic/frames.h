/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * frames.h - the frame at hand turned into one for a core
 */
#pragma once

#include "cores.h"

/* The 32 bytes that every frame begins with; the caller has checked that they are there. */
static __always_inline void put_wire(struct shunt_wire *w, const struct shunt_nic_cfg *cfg,
				     const __u8 *to, __u32 core, __u32 type, __u32 bytes)
{
	__builtin_memcpy(w->to, to, sizeof(w->to));
	__builtin_memcpy(w->from, cfg->mac, sizeof(w->from));
	w->proto = bpf_htons(SHUNT_WIRE_PROTO);
	w->version = SHUNT_WIRE;
	w->type = type;
	w->core = core;
	w->flags = 0;
	w->bytes = bytes;
}

/* Makes the frame so long, if it can be made so. */
static __always_inline int set_length(struct xdp_md *ctx, __u32 bytes)
{
	__u32 have = frame_bytes(ctx);

	if (bytes < SHUNT_WIRE_MIN)
		bytes = SHUNT_WIRE_MIN;
	return have == bytes ? 0 : bpf_xdp_adjust_tail(ctx, (int)bytes - (int)have);
}

static __always_inline __u32 waited(__u64 first_ns, __u64 now)
{
	return now > first_ns ? shunt_min(now - first_ns, ~0u) : 0;
}

/*
 * The header of a REQUEST or RESUME for the slot that was
 * just booked. The frame begins where the header goes.
 */
static __always_inline int put_request(struct xdp_md *ctx, const struct shunt_nic_cfg *cfg,
				       const struct shunt_nic_port *port, struct shunt_nic_core *c,
				       __u32 core, const struct shunt_nic_slot *s, __u32 ack,
				       __u64 now)
{
	struct shunt_wire_request *r = (void *)(long)ctx->data;
	struct shunt_nic_out *o = out_of(c, c->sent);

	if ((void *)(r + 1) > (void *)(long)ctx->data_end)
		return 0;
	put_wire(&r->w, cfg, port->mac, core, s->len ? SHUNT_WIRE_REQUEST : SHUNT_WIRE_RESUME,
		 sizeof(*r) + s->len);
	r->w.epoch = c->epoch;
	r->w.cookie = c->cookie;
	r->seq = c->sent;
	r->ack = ack;
	r->id = o->id;
	r->token = s->token;
	r->waited_ns = waited(s->first_ns, now);
	r->payload = s->payload;
	r->len = s->payload_len;
	r->cls = s->cls;
	r->flags = s->flags;
	r->quantum_us = quantum_of(s->as);
	r->actor = s->actor & ~SHUNT_NIC_EXCLUSIVE;
	return 1;
}

/* The queue that has the oldest of a class for this core. */
static __always_inline __u32 queue_for(struct shunt_nic *n, __u32 cls, __u32 tokens)
{
	struct shunt_nic_fifo *f = get_fifo(n, cls, 0), *t = get_fifo(n, cls, tokens);

	if (!tokens || !t->head)
		return 0;
	return !f->head || t->queue_ns < f->queue_ns ? tokens : 0;
}

/* Queue of the tokens that the core may resume; 0: none. */
static __always_inline __u32 tokens_of(const struct shunt_nic *n, const struct shunt_nic_core *c)
{
	__u32 group = c->group;

	if (group >= SHUNT_NIC_GROUPS || n->process[group] != c->process)
		return 0;
	return group + 1;
}

/* Classes of which tokens wait in a queue of them. */
static __always_inline __u32 waiting_tokens(const struct shunt_nic *n, __u32 tokens)
{
	return tokens && tokens <= SHUNT_NIC_GROUPS ? n->waiting[tokens] & 0xffff : 0;
}

/* Classes with something for the core. Shows their heads to the policy. */
static __always_inline __u32 waiting_for(struct shunt_nic *n, struct shunt_view *v, __u32 core,
					 __u32 tokens)
{
	__u32 waiting = n->waiting[0] | waiting_tokens(n, tokens);
	struct shunt_nic_fifo *f;

	if (!waiting || !((int)shunt_policy_flags & SHUNT_NEEDS_HEADS))
		return waiting & 0xffff;
	for (__u32 i = 0; i < SHUNT_CLASSES; i++) {
		if (!(waiting >> i & 1))
			continue;
		f = get_fifo(n, i, queue_for(n, i, tokens));
		set_head(v, core, i, f->first_ns);
	}
	return waiting & 0xffff;
}

/* 1: the preempted request queues at the head of its class, before requests that arrived later; 0:
 * at the tail. The policy's requeue() says so, else the configuration of the class. */
static __always_inline __u32 to_head(struct shunt_view *v, __u32 core, __u32 cls, __u64 first_ns,
				     __u64 now)
{
#if SHUNT_HAS(REQUEUE)
	struct shunt_event ev = { .now_ns = now, .run_ns = first_ns, .cls = cls, .core = core,
				  .run_cls = cls };

	return requeue(v, &ev) == SHUNT_HEAD;
#else
	return v->cls[shunt_index(cls, SHUNT_CLASSES)].requeue == SHUNT_HEAD;
#endif
}

/* The frame becomes the request, or token, of the slot, which is still where it was. 0: nothing has
 * become of it; -1: that was booked, and the frame is nothing. */
static __always_inline int put_slot(struct xdp_md *ctx, struct shunt_nic *n, __u32 core, __u32 slot,
				    __u32 ack, __u64 now)
{
	struct shunt_nic_port *port = bpf_map_lookup_elem(&nic_ports, &core);
	struct shunt_nic_core *c = get_core(core);
	struct shunt_nic_slot *s = get_slot(slot);
	struct shunt_nic_cfg *cfg = get_cfg();
	struct shunt_view *v = get_view();

	if (!cfg || !v || !c || !port || !slot || !s)
		return 0;
	if (set_length(ctx, sizeof(struct shunt_wire_request) + s->len)) {
		n->ev[SHUNT_NIC_EV_NO_ROOM]++;
		return 0;
	}
	if (s->len && copy_out(ctx, slot, s->len)) {
		n->ev[SHUNT_NIC_EV_NO_ROOM]++;
		return 0;
	}
	if (!book(n, v, c, core, slot, s, now))
		return 0;
	if (!s->len)
		n->cls[shunt_index(s->cls, SHUNT_CLASSES)].resumed++;
	return put_request(ctx, cfg, port, c, core, s, ack, now) ? 1 : -1;
}

/* The frame becomes a request of the exclusive actor that the core has, if its ticket grants it
 * one. 0: it does not. */
static __noinline int serve_granted(struct xdp_md *ctx, __u32 core, __u32 ack)
{
	__u32 slot = granted_to(core);
	struct shunt_nic_core *c = get_core(core);
	struct shunt_nic_cfg *cfg = get_cfg();
	struct shunt_nic *n = get_nic();
	int done;

	if (!slot || !n || !c || !cfg || c->leaving || c->load >= outstanding_max(cfg))
		return 0;
	done = put_slot(ctx, n, core, slot, ack, bpf_ktime_get_ns());
	if (done)
		granted_goes(c->granted);
	return done > 0;
}

/* The frame becomes the next request of the core. 0: nothing for it. */
static __noinline int serve(struct xdp_md *ctx, __u32 core, __u32 ack)
{
	struct shunt_nic *n = get_nic();
	struct shunt_view *v = get_view();
	struct shunt_nic_cfg *cfg = get_cfg();
	struct shunt_nic_core *c = get_core(core);
	struct shunt_event ev = { .run_cls = SHUNT_NONE, .core = core };
	struct shunt_nic_fifo *f;
	__u32 tokens, queue, cls, left = 0;
	int said;

	if (!n || !v || !cfg || !c || c->load >= outstanding_max(cfg))
		return 0;
	if (n->serve_from_ns && !expire_all(n))
		return 0;
	tokens = tokens_of(n, c);
	ev.waiting = c->leaving ? waiting_tokens(n, tokens) : waiting_for(n, v, core, tokens);
	if (v->expires && ev.waiting && !c->leaving) {
		left = expire_waited(v, bpf_ktime_get_ns());
		ev.waiting = waiting_for(n, v, core, tokens) & ~left;
	}
	if (!ev.waiting)
		return 0;
	ev.now_ns = bpf_ktime_get_ns();
	said = c->leaving ? shunt_first(ev.waiting) : select(v, &ev);
	if (said < 0)
		return 0;
	if (said >= SHUNT_CLASSES || !(ev.waiting >> (said & 15) & 1)) {
		n->ev[SHUNT_NIC_EV_BAD_SELECT]++;
		said = shunt_first(ev.waiting);
	}
	cls = shunt_index((__u32)said, SHUNT_CLASSES);
	queue = c->leaving ? tokens : queue_for(n, cls, tokens);
	f = get_fifo(n, cls, queue);
	said = put_slot(ctx, n, core, f->head, ack, ev.now_ns);
	if (said)
		pop_slot(cls, queue);
	return said > 0;
}

/* The frame becomes a NOTE. */
static __noinline int note(struct xdp_md *ctx, __u32 core, __u32 skip, __u32 ack, __u32 flags)
{
	struct shunt_nic_cfg *cfg = get_cfg();
	struct shunt_nic_core *c = get_core(core);
	struct shunt_nic_port *port = bpf_map_lookup_elem(&nic_ports, &core);
	struct shunt_wire_note *w;

	if (!cfg || !c || !port || set_length(ctx, sizeof(*w)))
		return XDP_DROP;
	w = (void *)(long)ctx->data;
	if ((void *)(w + 1) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	put_wire(&w->w, cfg, port->mac, core, SHUNT_WIRE_NOTE, sizeof(*w));
	w->w.epoch = c->epoch;
	w->w.cookie = c->cookie;
	w->w.flags = flags;
	w->skip = skip;
	w->ack = ack;
	w->pad = 0;
	return XDP_TX;
}

/*
 * Does the request sent to the core last go before the one sent before it, once that one has used
 * up its quantum? As select() would choose in the long run if both waited for ever. Of two requests
 * of one class only if it pays: a turn costs two frames here, and helps only where service times
 * vary.
 */
#define LONG_RUN_NS 1000000000ULL /* waits are clamped to four of these */

__noinline __u32 goes_first(__u32 core)
{
	struct shunt_view *v = get_view();
	struct shunt_nic_core *c = get_core(core);
	struct shunt_event ev = { .core = core };
	struct shunt_nic_out *o, *before;
	__u32 cls, was, tail, zero = 0;
	struct shunt_nic_cmd *cmd = bpf_map_lookup_elem(&nic_cmd, &zero);

	if (!v || !c || !cmd || c->load < 2)
		return 0;
	o = out_of(c, c->sent);
	before = out_of(c, c->sent - 1);
	cls = shunt_index(o->as, SHUNT_CLASSES);
	was = shunt_index(before->as, SHUNT_CLASSES);
	if (nic_has_actors && o->actor & SHUNT_NIC_EXCLUSIVE && o->actor == before->actor)
		return 0; /* they keep their order */
	if (!quantum_of(was) ||
	    (before->state != SHUNT_OUT_SENT && before->state != SHUNT_OUT_TAKEN))
		return 0;
	ev.now_ns = c->sent_ns + LONG_RUN_NS;
	tail = !to_head(v, core, was, before->first_ns, ev.now_ns);
	if (cls == was)
		return tail && cmd->varied >> cls & 1;
	ev.run_ns = before->first_ns;
	ev.run_cls = was;
	ev.waiting = 1 << was | 1 << cls;
	set_head(v, core, cls, o->first_ns);
	set_head(v, core, was, before->first_ns);
	if (tail)
		v->core[shunt_index(core, SHUNT_CORES)].heads.queued_ns[was] = ev.now_ns;
	return select(v, &ev) == (int)cls;
}

/* The frame, a REQUEST or RESUME, says so. */
static __always_inline int say_first(struct xdp_md *ctx, __u32 core)
{
	struct shunt_wire_request *r;

	if (!goes_first(core))
		return XDP_TX;
	r = (void *)(long)ctx->data;
	if ((void *)(r + 1) <= (void *)(long)ctx->data_end)
		r->flags |= SHUNT_META_FIRST;
	return XDP_TX;
}
