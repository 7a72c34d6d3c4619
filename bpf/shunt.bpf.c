// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * shunt.bpf.c - XDP ingress: parse, classify, let the policy steer, hand over to a core
 *
 * One object a policy: SHUNT_POLICY_FILE is included, so that its functions are inlined.
 * Failing anywhere means XDP_PASS or a counted drop, never a guess.
 *
 * Memory order. XDP is the only writer of enq[] and sent[], and a core that is idle polls the
 * rings themselves, so no barrier is needed between a count and the ring entry that it counts.
 * idle changes only by atomics with a result: the side that
 * clears a core's bit owns that core's next request.
 */
#include "maps.h"

#include "actor.h"
#include "exclusive.h"
#include "front.h"
#include "mark.h"
#include "refuse.h"
#include "seat.h"
#include <shunt/policy.h>

/* A call would need the event in memory, and saves registers: 5 ns. */
static __always_inline int steer(shunt_view *v, shunt_event *ev);

#include SHUNT_POLICY_FILE
#include "ask.h"
#include "event.h"
#include "plan.h"
#include "steer.h"
#include "wake.h"

char _license[] SEC("license") = "Dual BSD/GPL";

/* The state with which one arrival is decided. */
struct arrival {
	struct shunt_cfg *cfg;
	struct shunt_domain *dom;
	struct shunt_ingress *in;
	struct shunt_view *view;
	__u64 up;
	__u64 cls;
	__u64 id;
	__u32 domain;
	__u32 core;    /* the core whose queue the packet came through;
			* SHUNT_CORES: the policy chooses the core */
	__u32 payload; /* its offset, for the metadata */
	__u32 len;
	__u32 ipv6;
	__u32 actor;   /* its actor's id, for the metadata; 0: none */
	__u32 pinned;  /* the core that its actor is pinned to, + 1; 0: the policy chooses */
	__u32 most;    /* of an exclusive actor: as its row says */
	struct shunt_actor_at *at; /* where that one is; NULL: it is none */
};

/* True if the core's ring has room, by the counts. */
static __always_inline int has_room(struct arrival *a, __u64 core)
{
	__u64 load = (__u32)(a->in->sent[core] - a->view->done[core]);

	if (load + SHUNT_RING_MARGIN <= a->cfg->core_ring)
		return 1;
	if (load <= a->cfg->core_ring)
		return 0;
	/* No core can be that far behind: the worker's
	 * count is wrong, and the ring itself decides. */
	a->in->ev[SHUNT_EV_BAD_LOAD]++;
	return 1;
}

/* A core for the request, or a negative answer. Bounds what the policy said. */
static __always_inline int decide(struct arrival *a, const struct shunt_event *ev)
{
	__u64 bit, was;
	__u64 core;
	int said;

	if (!a->up)
		return SHUNT_HOLD;
	said = ask_steer(a->view, a->domain, ev);
	if (said < 0)
		return said >= SHUNT_DROP ? said : SHUNT_DROP;
	core = shunt_index((__u32)said, SHUNT_CORES);
	bit = 1ULL << core;
	if (!(a->up & bit)) {
		a->in->ev[SHUNT_EV_BAD_CORE]++;
		return SHUNT_HOLD;
	}
	/* An idle core may have taken a request since the policy
	 * looked: the side that cleared its bit owns it. */
	if (needs(SHUNT_IDLE_ONLY)) {
		was = __sync_fetch_and_and(&a->view->idle, ~bit);
		if (!(was & bit)) {
			a->in->ev[SHUNT_EV_CLAIM_LOST]++;
			return SHUNT_HOLD;
		}
	} else if (shunt_idle(a->view) & bit) {
		__sync_fetch_and_and(&a->view->idle, ~bit);
	}
	if (!has_room(a, core)) {
		a->in->ev[SHUNT_EV_CORE_FULL]++;
		return SHUNT_HOLD;
	}
	return core;
}

/* May the class hold one more? */
static __always_inline int may_hold(struct arrival *a)
{
	__u64 cls = a->cls,
	      limit = hold_at_most(a->in, a->view, cls, a->cfg->hold_ring - SHUNT_RING_MARGIN);
	__u32 backlog = a->in->enq[cls] - a->view->deq[cls];

	if (backlog > a->cfg->hold_ring) {
		/* Impossible: a core wrote nonsense. The ring
		 * itself refuses entries that do not fit. */
		a->in->ev[SHUNT_EV_BAD_BACKLOG]++;
		return 1;
	}
	return backlog < limit;
}

/* Puts the metadata in front of the packet. 0: there is no room for it. */
static __always_inline int put_meta(struct xdp_md *ctx, const struct arrival *a, __u64 now,
				    __u32 hold_seq, __u32 flags)
{
	struct shunt_meta *meta;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*meta)))
		return 0;
	meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 1) > (void *)(long)ctx->data)
		return 0;
	meta->id = a->id;
	meta->arrival_ns = now;
	meta->hold_seq = hold_seq;
	meta->payload = a->payload;
	meta->len = a->len;
	meta->cls = a->cls;
	meta->flags = flags | (a->ipv6 ? SHUNT_META_IPV6 : 0);
	meta->abi = SHUNT_ABI;
	meta->actor = a->actor;
	return 1;
}

/* Without a socket nothing can be held: only "pass" gives it to the kernel. */
static __always_inline int no_way(const struct arrival *a, front_count *n)
{
	return fall_back(n, a->cfg->fallback == SHUNT_FALLBACK_PASS);
}

static __always_inline int to_core(struct xdp_md *ctx, struct arrival *a,
				   front_count *n, __u32 core)
{
	__u32 flags = a->cfg->flags & (SHUNT_CFG_STAMP | SHUNT_CFG_PREEMPT), waits;
	__u64 now = 0;

	core = shunt_index(core, SHUNT_CORES);
	waits = a->in->sent[core] != a->view->done[core];
	/* A request that will wait in a ring needs its time of arrival: policies that preempt
	 * compare it with others, and it expires where no core is up, or is late or expires by its
	 * objective. */
	if (flags & SHUNT_CFG_STAMP || !a->up ||
	    (waits && (flags || a->view->slo_us[a->cls])))
		now = bpf_ktime_get_ns();
	if (!put_meta(ctx, a, now, 0, 0)) {
		a->in->ev[SHUNT_EV_NO_META]++;
		return no_way(a, n);
	}
	if (bpf_redirect_map(&xsks, a->domain * SHUNT_SLOTS + core, XDP_PASS) != XDP_REDIRECT) {
		a->in->ev[SHUNT_EV_NO_SOCKET]++;
		return no_way(a, n);
	}
	a->view->sent[core] = ++a->in->sent[core];
	n->steered++;
	if (a->at)
		exclusive_went(a->at, core, a->in->sent[core]);
	if (a->cfg->flags & SHUNT_CFG_SEATS)
		seat_arrive(a->dom, a->domain, core, &a->in->sent[core]);
	if (waits && flags & SHUNT_CFG_PREEMPT &&
	    mark(a->in, a->view, core, shunt_late_at(a->cfg, now)))
		bpf_tail_call(ctx, &signals, 0);
	return XDP_REDIRECT;
}

static __always_inline int to_hold(struct xdp_md *ctx, struct arrival *a,
				   front_count *n)
{
	__u64 cls = a->cls, now;
	__u32 slot = a->domain * SHUNT_SLOTS + SHUNT_HOLD_SLOT + cls;
	__u32 home = 0;
	int wants = 0;

	if (!may_hold(a)) {
		n->dropped++;
		n->limit++;
		return FRONT_REFUSED;
	}
	now = bpf_ktime_get_ns();
	if (!put_meta(ctx, a, now, a->in->enq[cls], SHUNT_META_HELD)) {
		a->in->ev[SHUNT_EV_NO_META]++;
		return no_way(a, n);
	}
	if (bpf_redirect_map(&xsks, slot, XDP_PASS) != XDP_REDIRECT) {
		a->in->ev[SHUNT_EV_NO_SOCKET]++;
		return no_way(a, n);
	}
	a->view->enq[cls] = ++a->in->enq[cls];
	n->held++;
	if (a->cfg->flags & SHUNT_CFG_SEATS) {
		home = seat_home(a->dom, a->up);
		wants = seat_arrive(a->dom, a->domain, home, &a->in->enq[cls]);
	}
	if (a->cfg->flags & SHUNT_CFG_HUNGRY && !(wants && seat_comes(a->dom, a->domain, home)))
		seat_held(a->view, a->domain, a->up);
	if (a->cfg->flags & SHUNT_CFG_PREEMPT &&
	    mark_one_of(a->in, a->view, cls, now, shunt_late_at(a->cfg, now)))
		bpf_tail_call(ctx, &signals, 0);
	return XDP_REDIRECT;
}

/*
 * The NIC chose the queue, and with it the core; or the request's actor is pinned to the core. The
 * request cannot be held for all cores, as a socket takes only packets of its own queue. So it
 * waits in the core's ring, also while that core has no thread; other cores may take it from there.
 */
static __always_inline int to_queue(struct xdp_md *ctx, struct arrival *a, front_count *n)
{
	__u64 core = shunt_index(a->core, SHUNT_CORES), bit = 1ULL << core;

	if (!has_room(a, core)) {
		n->dropped++;
		n->limit++;
		return FRONT_REFUSED;
	}
	if (a->view->idle & bit)
		__sync_fetch_and_and(&a->view->idle, ~bit);
	return to_core(ctx, a, n, core);
}

/* The exclusive actor's request goes to the core that has the actor. */
static __always_inline int to_owner(struct xdp_md *ctx, struct arrival *a, front_count *n)
{
	if (!exclusive_may(a->at, a->in, a->view, a->core, a->cfg->core_ring, a->most)) {
		n->dropped++;
		n->limit++;
		return FRONT_REFUSED;
	}
	return to_queue(ctx, a, n);
}

static __always_inline void describe(struct arrival *a, const struct shunt_packet *p)
{
	a->payload = (void *)(p->udp + 1) - p->data;
	a->len = p->len;
	a->ipv6 = p->ipv6;
}

/* A request of class a->cls: event, decision, hand-over. */
static __always_inline int arrive(struct xdp_md *ctx, struct arrival *a, const struct front *f)
{
	const struct shunt_packet *p = &f->p;
	front_count *n = f->n;
	struct shunt_event ev = { .cls = a->cls, .run_cls = SHUNT_NONE };
	int core;

	a->id = ++a->in->id;
	describe(a, p);
	if (!a->up && a->cfg->fallback != SHUNT_FALLBACK_HOLD)
		return no_way(a, n);
	if (a->core != SHUNT_CORES) {
		a->id = SHUNT_QUEUE_ID(a->id, a->core);
		return to_queue(ctx, a, n);
	}
	if (a->pinned && a->up >> ((a->pinned - 1) & 63) & 1) {
		a->core = (a->pinned - 1) & 63;
		return to_queue(ctx, a, n);
	}
	if (a->at) {
		core = exclusive_core(a->at, a->in, a->view, a->up, a->cfg->core_ring);
		if (core >= 0) {
			a->core = shunt_index(core, SHUNT_CORES);
			return to_owner(ctx, a, n);
		}
	}
	fill_event(&ev, p, f->port);
	core = decide(a, &ev);
	if (a->at && a->up && core == SHUNT_HOLD) {
		a->core = exclusive_home(a->at, a->view, a->up, f->actor);
		return to_queue(ctx, a, n);
	}
	if (core >= 0)
		return to_core(ctx, a, n, core);
	if (core == SHUNT_HOLD)
		return to_hold(ctx, a, n);
	if (core == SHUNT_REJECT) {
		n->rejected++;
		return FRONT_REFUSED;
	}
	n->dropped++;
	return XDP_DROP;
}

static __always_inline int foreign_queue(void)
{
	__u32 last = SHUNT_QUEUES;
	struct shunt_ingress *in = bpf_map_lookup_elem(&ingress, &last);

	if (in)
		__sync_fetch_and_add(&in->pass[SHUNT_PASS_QUEUE], 1);
	return XDP_PASS;
}

/* The domain that the queue feeds. 0: none. */
static __always_inline int find_domain(struct arrival *a, __u32 queue)
{
	struct shunt_queue *q = bpf_map_lookup_elem(&queues, &queue);
	__u32 number;

	if (!q)
		return 0;
	number = q->domain - 1;
	a->domain = number;
	a->dom = bpf_map_lookup_elem(&domains, &number);
	if (!a->dom || !a->dom->on)
		return 0;
	a->core = a->dom->by_queue ? shunt_index(q->core, SHUNT_CORES) : SHUNT_CORES;
	return 1;
}

/* Lines that a core on another CPU has just written: each takes some 100 ns to come, both together
 * no longer, and meanwhile the class is found. Nothing waits for what is read here. */
static __always_inline void fetch(const struct shunt_view *v)
{
	*(const volatile __u64 *)&v->idle;
	*(const volatile __u32 *)&v->done[0];
}

/* A request whose class is known; for an actor it goes where its row says, and is counted there. */
static __always_inline int to_actor(struct xdp_md *ctx, struct arrival *a, const struct front *f)
{
	__u64 rejected;
	int action;

	if (!f->actor)
		return arrive(ctx, a, f);
	a->actor = actor_id(f);
	a->pinned = SHUNT_ROW_CORE(f->row);
	a->most = SHUNT_ROW_EXCLUSIVE(f->row);
	a->at = exclusive_at(f);
	describe(a, &f->p); /* a refusal needs it, too */
	rejected = f->n->rejected;
	action = actor_arrives(f, a->domain) ? arrive(ctx, a, f) : FRONT_REFUSED;
	actor_ends(f, action, rejected);
	return action;
}

/* actors: may rules name some? A constant to each of the two programs. */
static __always_inline int ingress_of(struct xdp_md *ctx, int actors)
{
	struct front f;
	struct arrival a;
	/* Keys have their address taken: apart from "a", which stays in registers so. */
	__u32 zero = 0, queue = ctx->rx_queue_index;
	int action;

	if (!find_domain(&a, queue))
		return foreign_queue();
	a.in = bpf_map_lookup_elem(&ingress, &queue);
	a.cfg = bpf_map_lookup_elem(&cfg, &zero);
	if (!a.in || !a.cfg)
		return XDP_PASS;
	action = front(ctx, &f, a.cfg, a.in, a.domain);
	if (action != FRONT_REQUEST)
		return action;
	a.view = find_view(a.domain);
	if (!a.view)
		return XDP_PASS;
	fetch(a.view);
	a.actor = a.pinned = a.most = 0;
	a.at = NULL;
	if (actors)
		actor_class(&f, a.cfg, a.in);
	else
		front_class(&f, a.cfg, a.in);
	a.cls = f.cls;
	wake_agent(a.dom);
	a.up = a.dom->up;
	if (a.view->up != a.up)
		a.view->up = a.up;
	action = actors ? to_actor(ctx, &a, &f) : arrive(ctx, &a, &f);
	if (action != FRONT_REFUSED)
		return action;
	return say_no(ctx, a.in, f.port, a.cls, a.ipv6 << 31 | a.payload << 16 | a.len);
}

SEC("xdp")
int shunt_ingress(struct xdp_md *ctx)
{
	return ingress_of(ctx, 0);
}

/* The loader takes this one where rules name actors: the other one does not even ask. */
SEC("?xdp")
int shunt_actors(struct xdp_md *ctx)
{
	return ingress_of(ctx, 1);
}
