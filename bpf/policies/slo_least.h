/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * slo_least.h - the shares of the cores' time that policy slo guarantees classes ("least")
 *
 * The class's word of the policy's memory is the time from which on its next request is owed to it.
 * A free core takes an owed request before all others, whether it is late or not, and does not put
 * it aside until it has ended: a piece of it would be of no use to anyone. Each request of the
 * class, however it came to a core, puts the time off by as long as the share takes to pay for it,
 * which is its service time by the share of the cores. So at most the share goes to requests that
 * are owed, and nothing does while the class gets its share without them.
 *
 * A request that is owed is charged with the mean when it is taken, so that not all cores take one
 * at once; done() corrects that by the service time that was measured. Bit OWED tells XDP, which
 * reads no clock, that the time has come: it lets a request in beyond the class's budget while few
 * of the class wait. So such a request is taken by the next core that is free.
 *
 * plan() bounds the time: what a class did not ask for is paid later for BANK_NS, and what it got
 * beyond its share is held against it for DEBT_NS.
 */
#pragma once

#define OWED 63
#define BANK_NS 20000000ULL
#define DEBT_NS 100000000ULL
#define RATE_SHIFT 10 /* of ns by which the time is put off for a ns of service */

/* Words of a core: arrival of the owed request that it runs, 0 if there is none; and what its class
 * was charged, from bit PAID on, with the class below. */
#define CORE_OWED 6
#define CORE_PAID 7
#define PAID 4

/* Of the plan, a class's share: the rate (see above), and from bit ROOM on how many requests that
 * are owed may wait. 0: it has none. */
#define ROOM 32

__shunt_inline __u64 owed_from(__u64 word)
{
	return word & ((1ULL << OWED) - 1);
}

__shunt_inline __u64 charge_of(__u64 share, __u64 ns)
{
	return ns * (share & 0xffffffff) >> RATE_SHIFT;
}

__shunt_inline void set_core(shunt_view *v, __u32 core, __u32 i, __u64 x)
{
	shunt_core_cas(v, core, i, shunt_core_state(v, core, i), x);
}

/* At an arrival beyond the class's budget: 1 if it is let in. */
__shunt_inline __u64 may_wait_owed(const shunt_view *v, __u32 cls, __u64 share)
{
	return shunt_state(v, cls) >> OWED & shunt_less(shunt_backlog(v, cls), share >> ROOM);
}

/* The core takes the class's head, as it is owed. 0: another core was faster. */
__shunt_inline int take_owed(shunt_view *v, shunt_event *ev, __u32 cls, __u64 share, __u64 now)
{
	__u64 word = shunt_state(v, cls), from = owed_from(word), charge;

	charge = charge_of(share, shunt_mean_ns(v, cls));
	if (shunt_less(now, from) || shunt_cas(v, cls, word, from + charge) != word)
		return 0;
	set_core(v, ev->core, CORE_OWED, shunt_head_ns(v, ev, cls));
	set_core(v, ev->core, CORE_PAID, charge << PAID | cls);
	return 1;
}

/* The class's bit for XDP becomes what it should be. */
__shunt_inline void say_owed(shunt_view *v, __u32 cls, __u64 now)
{
	__u64 word = shunt_state(v, cls), from = owed_from(word);

	shunt_cas(v, cls, word, from | (shunt_less(now, from) ^ 1) << OWED);
}

/* In select(), of the classes with a share (a bit each), whose words of the plan begin at "plan":
 * the one whose next request is owed, or SHUNT_GO_ON. */
__shunt_inline int select_owed(shunt_view *v, shunt_event *ev, __u64 classes, __u32 plan,
			       __u64 now)
{
	__u64 mine = shunt_core_state(v, ev->core, CORE_OWED), earliest = 1ULL << OWED;
	__u64 word, from, is, owed, waits, sooner, runs = 0, wrong = 0;
	int first = SHUNT_GO_ON;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		word = shunt_state(v, c);
		from = owed_from(word);
		is = shunt_bit(classes, c);
		owed = is & (shunt_less(now, from) ^ 1);
		waits = is & shunt_bit(ev->waiting, c);
		runs |= (waits & (shunt_some(shunt_head_ns(v, ev, c) ^ mine) ^ 1)) << c;
		wrong |= (is & (owed ^ word >> OWED)) << c;
		sooner = waits & owed & shunt_less(from, earliest);
		earliest = shunt_pick(sooner, from, earliest);
		first = shunt_pick(sooner, c, first);
	}
	if (mine && runs)
		return shunt_first(runs);
	if (ev->run_cls != SHUNT_NONE) /* it is a question, and the answer may be no */
		return SHUNT_GO_ON;
	if (wrong)
		say_owed(v, shunt_first(wrong), now);
	if (first == SHUNT_GO_ON ||
	    !take_owed(v, ev, first, shunt_plan(v, plan + (__u32)first), now))
		return SHUNT_GO_ON;
	return first;
}

/* In done(), of a class with a share. */
__shunt_inline void charge_done(shunt_view *v, shunt_event *ev, __u64 share)
{
	__u64 mine = shunt_core_state(v, ev->core, CORE_OWED), paid = 0;
	__u64 was = shunt_core_state(v, ev->core, CORE_PAID);

	if (mine && mine == (ev->run_ns & ~(1ULL << 63))) {
		set_core(v, ev->core, CORE_OWED, 0);
		paid = (was & ((1 << PAID) - 1)) == ev->cls ? was >> PAID : 0;
	}
	shunt_add(v, ev->cls, charge_of(share, ev->service_ns) - paid);
}

/* A class's share of so many cores' time, as a word of the plan. */
__shunt_inline __u64 share_of(const shunt_view *v, __u64 cores, __u32 cls)
{
	__u64 least = shunt_least(v, cls) * cores, rate, room;

	/* As much as the share serves in a quarter of the objective, and one more. */
	rate = shunt_min(shunt_div(100 << RATE_SHIFT, least), ~0u);
	room = shunt_div(shunt_slo_us(v, cls) * least * 1000 / 100 / 4, shunt_mean_ns(v, cls));
	return shunt_pick(shunt_some(rate), rate | (shunt_min(room, 1 << 20) + 1) << ROOM, 0);
}

/* Bounds the time from which on requests of the class are owed. */
__shunt_inline void bound_owed(shunt_view *v, __u32 cls, __u64 share, __u64 now)
{
	__u64 word = shunt_state(v, cls), from = owed_from(word), least, most;

	least = shunt_pick(shunt_less(now, BANK_NS), 0, now - BANK_NS);
	most = now + DEBT_NS + 2 * charge_of(share, shunt_mean_ns(v, cls));
	from = shunt_pick(shunt_less(from, least), least, shunt_min(from, most));
	shunt_cas(v, cls, word, from | word >> OWED << OWED);
}

/* In plan(): the classes with a share, a bit each, whose words of the plan begin at "plan". */
__shunt_inline __u64 plan_shares(shunt_view *v, __u32 plan, __u64 cores, __u64 now)
{
	__u64 classes = 0, share;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		share = share_of(v, cores, c);
		shunt_plan_set(v, plan + (__u32)c, share);
		bound_owed(v, c, share, now);
		classes |= shunt_some(share) << c;
	}
	return classes;
}
