/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * cores.h - what each core has, and what the policy's view shows of it
 */
#pragma once

#include "expire.h"

/* Linux 6.1's verifier bounds a register that was compared,
 * and not the copy on the stack that it came from. */
static __always_inline __u64 in_register(__u64 value)
{
	asm volatile("" : "+r"(value));
	return value;
}

/* A core's load, in the levels, the view and its idle bit.
 * "was" above the greatest k: it was off. */
static __always_inline void show_load(struct shunt_nic *n, struct shunt_view *v, __u32 core,
				      __u32 was, __u32 load)
{
	__u64 bit = 1ULL << (core & (SHUNT_CORES - 1)), at;

	at = in_register(was);
	if (at <= SHUNT_WIRE_K_MAX)
		n->level[at] &= ~bit;
	at = in_register(load);
	if (at <= SHUNT_WIRE_K_MAX)
		n->level[at] |= bit;
	core = shunt_index(core, SHUNT_CORES);
	v->done[core] = v->sent[core] - load;
	at = in_register(load);
	if (!(v->up & bit) && at <= SHUNT_WIRE_K_MAX) /* it is leaving: no more for it */
		n->level[at] &= ~bit;
	if (load || !(v->up & bit))
		v->idle &= ~bit;
	else
		v->idle |= bit;
}

/* The core is up, or is not: the list that policies spread over. */
__noinline int show_up(__u32 core, __u32 on)
{
	struct shunt_nic *n = get_nic();
	struct shunt_view *v = get_view();
	__u64 bit = 1ULL << (core & (SHUNT_CORES - 1));
	__u32 count = 0;

	if (!v)
		return 0;
	if (on) {
		if (n && !v->up)
			serve_from_now(n);
		v->up |= bit;
	} else {
		v->up &= ~bit;
		v->idle &= ~bit;
	}
	for (__u32 i = 0; i < SHUNT_CORES; i++) {
		v->order[shunt_index(count, SHUNT_CORES)] = i;
		count += v->up >> i & 1;
	}
	v->ncores_up = count;
	return 0;
}

static __always_inline struct shunt_nic_out *out_of(struct shunt_nic_core *c, __u32 seq)
{
	return &c->out[shunt_index(seq, SHUNT_WIRE_WINDOW)];
}

/* A request that was not taken and never will be goes back to the head of its queue, or is
 * lost. Call for a core's youngest request first, so that the oldest is at the head in the end. */
static __always_inline void refused(struct shunt_nic *n, struct shunt_nic_out *o)
{
	__u32 cls = shunt_index(o->cls, SHUNT_CLASSES);

	if (o->slot) {
		send_back(o->slot);
		n->cls[cls].requeued++;
	} else {
		n->cls[cls].lost++;
		actor_end(o->actor, ACTOR_LOST);
	}
	o->state = SHUNT_OUT_NONE;
	o->slot = 0;
}

#if SHUNT_HAS(DONE)
/*
 * Tells the policy of a request that ended. The service time is the credit's: the mean, if several
 * requests ended since the credit before. For another class than the credit's it is the mean of
 * that class on this core.
 */
__noinline int tell_done(__u32 core, __u32 seq)
{
	struct shunt_view *v = get_view();
	struct shunt_nic_core *c = get_core(core);
	struct shunt_event ev = { .run_cls = SHUNT_NONE, .core = core };
	struct shunt_core_class *sum;
	struct shunt_nic_out *o;

	if (!v || !c)
		return 0;
	o = out_of(c, seq);
	sum = &v->core[shunt_index(core, SHUNT_CORES)].cls[shunt_index(o->cls, SHUNT_CLASSES)];
	ev.now_ns = bpf_ktime_get_ns();
	ev.run_ns = o->first_ns;
	ev.cls = o->cls;
	ev.steered = o->steered;
	ev.service_ns = c->ended_ns && c->ended_cls == o->cls ? c->ended_ns :
			shunt_min(shunt_div(sum->service_ns, sum->timed), ~0u);
	done(v, &ev);
	return 0;
}
#endif

/* Counts a request that ended after its objective, as far as the NIC knows: with its credit. */
static __always_inline void note_late(struct shunt_view *v, __u32 core,
				      const struct shunt_nic_out *o, __u64 now)
{
	__u64 cls = shunt_index(o->cls, SHUNT_CLASSES);

	core = shunt_index(core, SHUNT_CORES);
	v->core[core].late.n[cls] += shunt_less(shunt_deadline_ns(v, cls, o->first_ns), now);
}

/*
 * Applies a credit to every request that is out, and counts c->load anew. An entry only moves
 * forwards: sent, taken, parked or not, gone; so each happens once, whatever the core says. The
 * load is counted in the map: in a register, the verifier would follow each value that it can have.
 */
__noinline int settle(__u32 core, __u32 high, __u32 taken, __u32 open, __u32 silent)
{
	struct shunt_nic *n = get_nic();
	struct shunt_nic_core *c = get_core(core);
	struct shunt_view *v = get_view();
	volatile __u32 *load;
	struct shunt_nic_out *o;
	__u32 back;

	if (!n || !c || !v)
		return 0;
	load = &c->load;
	*load = 0;
	for (__u32 i = 0; i < SHUNT_WIRE_WINDOW; i++) {
		o = out_of(c, c->sent - i);
		if (o->state == SHUNT_OUT_NONE)
			continue;
		back = high - o->seq;
		if (back >= 32) { /* above high: under way */
			++*load;
			continue;
		}
		if (!(taken >> back & 1)) {
			if (o->state == SHUNT_OUT_SENT)
				refused(n, o);
			else if (o->state == SHUNT_OUT_TAKEN)
				++*load;
			continue;
		}
		if (o->slot)
			free_slot(o->slot);
		o->slot = 0;
		if (open >> back & 1) {
			if (o->state == SHUNT_OUT_SENT)
				o->state = SHUNT_OUT_TAKEN;
			if (o->state == SHUNT_OUT_TAKEN)
				++*load;
			continue;
		}
		if (o->state != SHUNT_OUT_PARKED) {
			n->cls[shunt_index(o->cls, SHUNT_CLASSES)].done++;
			n->cls[shunt_index(o->cls, SHUNT_CLASSES)].noreply += silent >> back & 1;
			actor_end(o->actor, silent >> back & 1 ? ACTOR_NOREPLY : ACTOR_DONE);
			note_late(v, core, o, c->heard_ns);
#if SHUNT_HAS(DONE)
			tell_done(core, o->seq);
#endif
		}
		o->state = SHUNT_OUT_NONE;
	}
	return 0;
}

/* The epoch is over. fenced: nothing that was not taken will be. */
__noinline int close_core(__u32 core, __u32 fenced)
{
	struct shunt_nic *n = get_nic();
	struct shunt_view *v = get_view();
	struct shunt_nic_core *c = get_core(core);
	struct shunt_nic_out *o;

	if (!n || !v || !c || !c->cookie)
		return 0;
	for (__u32 i = 0; i < SHUNT_WIRE_WINDOW; i++) {
		o = out_of(c, c->sent - i);
		if (o->state == SHUNT_OUT_NONE)
			continue;
		if (o->state == SHUNT_OUT_SENT && fenced) {
			refused(n, o);
			continue;
		}
		if (o->state != SHUNT_OUT_PARKED) {
			n->cls[shunt_index(o->cls, SHUNT_CLASSES)].lost++;
			actor_end(o->actor, ACTOR_LOST);
		}
		if (o->slot)
			free_slot(o->slot);
		o->slot = 0;
		o->state = SHUNT_OUT_NONE;
	}
	show_load(n, v, core, c->load, SHUNT_WIRE_K_MAX + 1);
	v->done[shunt_index(core, SHUNT_CORES)] = v->sent[shunt_index(core, SHUNT_CORES)];
	c->cookie = 0;
	c->load = c->run = c->run_id = c->run_ns = c->leaving = 0;
	show_up(core, 0);
	n->ev[SHUNT_NIC_EV_OFF]++;
	return 0;
}

/* Books a request for the core; its number is c->sent
 * afterwards. 0: the core's window is used up. */
static __always_inline int book(struct shunt_nic *n, struct shunt_view *v,
				struct shunt_nic_core *c, __u32 core, __u32 slot,
				const struct shunt_nic_slot *s, __u64 now)
{
	struct shunt_nic_out *o = out_of(c, c->sent + 1);
	__u32 cls = s->cls;

	if (o->state != SHUNT_OUT_NONE) {
		n->ev[SHUNT_NIC_EV_WINDOW]++;
		return 0;
	}
	c->sent++;
	o->id = ++n->id;
	o->first_ns = s->first_ns;
	o->seq = c->sent;
	o->slot = slot;
	o->cls = cls;
	o->as = s->as;
	o->steered = s->steered;
	o->quanta = shunt_min(s->quanta, 0xffff);
	o->actor = s->actor;
	o->state = SHUNT_OUT_SENT;
	v->sent[shunt_index(core, SHUNT_CORES)]++;
	show_load(n, v, core, c->load, c->load + 1);
	if (!c->load) {
		c->run = c->sent;
		c->run_id = o->id;
		c->run_cls = s->as;
		c->run_ns = now;
	}
	c->load++;
	c->sent_ns = now;
	n->cls[shunt_index(cls, SHUNT_CLASSES)].sent++;
	if (nic_has_actors && s->actor & SHUNT_NIC_EXCLUSIVE)
		exclusive_goes(s->actor, core, !s->len);
	return 1;
}
