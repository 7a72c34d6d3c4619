/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * control.h - control frames from the hosts: HELLO goes to hello.h, CREDIT is taken here
 *
 * A malformed or forged frame is dropped and counted, and changes nothing else.
 */
#pragma once

#include "hello.h"

/* The class that a request is queued as which used up so many quanta as one of "as". */
static __always_inline __u32 demoted(struct shunt_view *v, __u32 core, __u32 as, __u32 quanta)
{
	struct shunt_view_class *cls = &v->cls[shunt_index(as, SHUNT_CLASSES)];
	__u32 after = cls->demote_after, to = shunt_index(cls->demote_to, SHUNT_CLASSES);

	if (!after || quanta < after || to == as)
		return as;
	v->core[shunt_index(core, SHUNT_CORES)].preempt.demoted++;
	return to;
}

/* A parked request's token into its queue. The number to acknowledge; 0: none. */
__noinline __u32 park(__u32 core, __u32 seq, __u64 token, __u32 flags)
{
	struct shunt_nic *n = get_nic();
	struct shunt_view *v = get_view();
	struct shunt_nic_core *c = get_core(core);
	__u64 now = bpf_ktime_get_ns();
	struct shunt_nic_out *o;
	struct shunt_nic_slot *s;
	__u32 slot, cls, as, head;

	if (!n || !v || !c || !seq)
		return 0;
	o = out_of(c, seq);
	if (o->seq != seq || (o->state != SHUNT_OUT_TAKEN && o->state != SHUNT_OUT_PARKED)) {
		n->ev[SHUNT_NIC_EV_TOKEN]++;
		return 0;
	}
	if (o->state == SHUNT_OUT_PARKED)
		return seq;
	if (!tokens_of(n, c)) {
		n->ev[SHUNT_NIC_EV_TOKEN]++;
		return 0;
	}
	slot = take_slot(0);
	s = get_slot(slot);
	if (!slot || !s) {
		n->ev[SHUNT_NIC_EV_NO_SLOT]++;
		return 0;
	}
	cls = shunt_index(o->cls, SHUNT_CLASSES);
	as = shunt_index(o->as, SHUNT_CLASSES);
	/* A token that is said again may arrive only when the request has ended for which it made
	 * room: that request was sent after it. */
	if (c->load <= 1 && c->sent == seq && !n->waiting[0] && !waiting_tokens(n, tokens_of(n, c)))
		n->ev[SHUNT_NIC_EV_NEEDLESS]++;
	head = flags & SHUNT_WIRE_HEAD || to_head(v, core, as, o->first_ns, now);
	s->len = 0;
	s->cls = cls;
	s->as = demoted(v, core, as, o->quanta + 1);
	s->quanta = s->as == as ? o->quanta + 1 : 0;
	s->steered = o->steered;
	s->actor = o->actor;
	s->queue = tokens_of(n, c);
	s->token = token;
	s->first_ns = o->first_ns;
	s->queue_ns = head ? o->first_ns : now;
	s->payload = s->payload_len = 0;
	s->flags = 0;
	push_slot(slot, head);
	o->state = SHUNT_OUT_PARKED;
	if (nic_has_actors && o->actor & SHUNT_NIC_EXCLUSIVE)
		exclusive_parks(o->actor);
	c->load--;
	n->cls[cls].parked++;
	if (flags & SHUNT_WIRE_SIGNAL)
		n->signalled++;
	return seq;
}

/*
 * The core's service times of a class so far in this epoch. The part that is new is added to the
 * view, where the agent looks for it, as a core with shared memory does. A core can report any
 * numbers; impossible ones are left out.
 */
#define SERVICE_MAX_NS (SHUNT_SLO_MAX_US * 1000ULL)
#define SERVICES_MAX (1u << 20) /* in one step */

__noinline int add_service(__u32 core, __u32 cls, __u32 timed, __u64 ns, __u64 sq)
{
	struct shunt_nic *n = get_nic();
	struct shunt_view *v = get_view();
	struct shunt_nic_core *c = get_core(core);
	struct shunt_core_class *sum;
	struct shunt_nic_said *was;
	__u32 more, most;

	if (!n || !v || !c)
		return 0;
	c->ended_ns = 0;
	was = &c->said[shunt_index(cls, SHUNT_CLASSES)];
	sum = &v->core[shunt_index(core, SHUNT_CORES)].cls[shunt_index(cls, SHUNT_CLASSES)];
	more = timed - was->timed;
	most = c->sent - was->sent + SHUNT_WIRE_WINDOW;
	if (!more && cls < SHUNT_CLASSES)
		return 0;
	ns -= was->service_ns;
	sq -= was->service_sq;
	was->service_ns += ns;
	was->service_sq += sq;
	was->timed = timed;
	was->sent = c->sent;
	if (cls >= SHUNT_CLASSES || more > most || more > SERVICES_MAX ||
	    ns > more * SERVICE_MAX_NS ||
	    (ns < 1ULL << 32 && sq > ns * ns)) {
		n->ev[SHUNT_NIC_EV_SERVICE]++;
		return 0;
	}
	c->ended_ns = shunt_min(shunt_div(ns, more), ~0u);
	c->ended_cls = cls;
	sum->timed += more;
	sum->service_ns += ns;
	sum->service_sq += sq;
	return 1;
}

/* Adds the counts of held requests that the core found when it was idle. */
__noinline int add_found(__u32 core, __u32 found, __u32 late, __u64 max_ns)
{
	struct shunt_nic *n = get_nic();
	struct shunt_view *v = get_view();
	struct shunt_nic_core *c = get_core(core);
	struct shunt_core_stats *sum;

	if (!n || !v || !c)
		return 0;
	sum = &v->core[shunt_index(core, SHUNT_CORES)].stats;
	found -= c->found;
	late -= c->found_late;
	c->found += found;
	c->found_late += late;
	if (found > SERVICES_MAX || late > found || max_ns > SERVICE_MAX_NS) {
		n->ev[SHUNT_NIC_EV_SERVICE]++;
		return 0;
	}
	sum->found += found;
	sum->found_late += late;
	if (max_ns > sum->found_max_ns)
		sum->found_max_ns = max_ns;
	return 1;
}

/* The request that runs on the core, or will when it arrives
 * there; its start is the time at which the NIC heard of it. */
static __always_inline void see_run(struct shunt_nic_core *c, __u32 run, __u64 now)
{
	struct shunt_nic_out *o;

	if (!run && c->high != c->sent)
		run = c->high + 1;
	if (run == c->run && run)
		return;
	o = out_of(c, run);
	c->run = run;
	c->run_ns = now;
	c->run_id = 0;
	if (run && o->seq == run && (o->state == SHUNT_OUT_TAKEN || o->state == SHUNT_OUT_SENT)) {
		c->run_id = o->id;
		c->run_cls = o->as;
	}
}

/* How long the NIC sends nothing to an idle core before it asks whether the core hears: a part of
 * hang.after; 0: never. */
static __always_inline __u64 ask_after_ns(void)
{
	__u32 zero = 0;
	struct shunt_cfg *c = bpf_map_lookup_elem(&cfg, &zero);

	return c ? c->hang_ms * 1000000ULL / 4 : 0;
}

/*
 * Credits do not tell that the core hears: where shuntd has gone from its host, and the program on
 * its function with it, they go on. So an idle core is asked, by a NOTE of the next number, which
 * is no request's. A core that hears says that number; of one that does not the agent finds that
 * "high" stands still. 1: the NOTE is due.
 */
static __always_inline int is_to_be_asked(struct shunt_nic_core *c, __u32 high, __u64 now)
{
	__u64 after;

	if (c->load || high != c->sent)
		return 0;
	after = ask_after_ns();
	if (!after || now - c->sent_ns < after || out_of(c, high + 1)->state != SHUNT_OUT_NONE)
		return 0;
	c->sent++;
	c->sent_ns = now;
	return 1;
}

static __always_inline int credit(struct xdp_md *ctx, struct shunt_nic *n,
				  const struct shunt_nic_cfg *cfg, struct shunt_wire_credit *w)
{
	struct shunt_view *v = get_view();
	__u32 core = w->w.core, high = w->high, ack = 0, was, seq = w->park;
	__u32 flags = w->w.flags, run = w->run;
	__u64 token = w->token, now;
	struct shunt_nic_core *c;

	if (w->w.version != SHUNT_WIRE)
		return bad(n, SHUNT_NIC_EV_VERSION);
	c = get_core(core);
	if (!c || !v || !c->epoch)
		return bad(n, SHUNT_NIC_EV_CORE);
	if (w->w.epoch != c->epoch || !c->cookie)
		return bad(n, SHUNT_NIC_EV_EPOCH);
	if (w->w.cookie != c->cookie)
		return bad(n, SHUNT_NIC_EV_COOKIE);
	if ((__s32)(w->nr - c->nr) <= 0)
		return bad(n, SHUNT_NIC_EV_OLD);
	if (high - c->high > c->sent - c->high || (w->open & ~w->taken))
		return bad(n, SHUNT_NIC_EV_BAD);
	now = bpf_ktime_get_ns();
	was = c->load;
	if (!c->nr) {
		show_up(core, 1);
		was = SHUNT_WIRE_K_MAX + 1;
	}
	c->nr = w->nr;
	c->high = high;
	c->busy_ns = w->busy_ns;
	c->done = w->done;
	c->heard_ns = now;
	c->credits++;
	if (flags & SHUNT_WIRE_LEAVE && !c->leaving) {
		c->leaving = 1;
		show_up(core, 0);
	}
	add_service(core, w->cls, w->timed, w->service_ns, w->service_sq);
	add_found(core, w->found, w->found_late, w->found_max_ns);
	settle(core, high, w->taken, w->open, w->silent);
	if (seq)
		ack = park(core, seq, token, flags);
	show_load(n, v, core, was, c->load);
	see_run(c, run, now);
	if (nic_has_actors && serve_granted(ctx, core, ack))
		return say_first(ctx, core);
	if (serve(ctx, core, ack))
		return say_first(ctx, core);
	if (high != c->sent && now - c->sent_ns > cfg->late_ns) {
		n->ev[SHUNT_NIC_EV_SKIP]++;
		return note(ctx, core, c->sent, ack, 0);
	}
	if (c->leaving && high == c->sent && !c->load && !waiting_tokens(n, tokens_of(n, c)))
		return note(ctx, core, 0, ack, SHUNT_WIRE_LEAVE);
	if (ack) {
		n->ev[SHUNT_NIC_EV_NOTE]++;
		return note(ctx, core, 0, ack, 0);
	}
	if (is_to_be_asked(c, high, now))
		return note(ctx, core, c->sent, 0, 0);
	return XDP_DROP;
}

static __noinline int control(struct xdp_md *ctx, struct shunt_nic *n)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct shunt_nic_cfg *cfg = get_cfg();
	struct shunt_wire *w = data;

	if (!cfg)
		return XDP_DROP;
	if ((void *)(w + 1) > end)
		return bad(n, SHUNT_NIC_EV_SHORT);
	if (w->type == SHUNT_WIRE_HELLO && w->version != SHUNT_WIRE)
		return hello_stranger(ctx, n, w);
	if (w->type == SHUNT_WIRE_HELLO) {
		if (data + sizeof(struct shunt_wire_hello) > end)
			return bad(n, SHUNT_NIC_EV_SHORT);
		return hello(ctx, n, cfg, data);
	}
	if (w->type == SHUNT_WIRE_CREDIT) {
		if (data + sizeof(struct shunt_wire_credit) > end)
			return bad(n, SHUNT_NIC_EV_SHORT);
		return credit(ctx, n, cfg, data);
	}
	return bad(n, SHUNT_NIC_EV_TYPE);
}
