/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * policy_view.h - what a policy may look at where XDP, agent and workers share a view (abi.h)
 *
 * Used through policy.h.
 */
#pragma once

#include <shunt/abi.h>

/*
 * The slot of the policy that this code is of: whoever puts it in force writes it into the
 * program's constants, and into the copy of the native code that workers get.
 */
#ifdef __bpf__
const volatile __u32 shunt_slot = 0;
#else
static const volatile __u32 shunt_slot __attribute__((unused));
#endif

/* i, bounded; an i beyond n is counted in the view's
 * bad_index, as the answer is then another entry's. */
__shunt_inline __u64 shunt_within(const struct shunt_view *v, __u32 i, __u32 n)
{
	if (__builtin_expect(i >= n, 0))
		__sync_fetch_and_add(&((struct shunt_view *)v)->bad_index, 1);
	return i & (n - 1);
}

/* Cores with a worker thread, one bit each. */
__shunt_inline __u64 shunt_up(const struct shunt_view *v)
{
	return v->up;
}

/* Cores with nothing to do, one bit each. */
__shunt_inline __u64 shunt_idle(const struct shunt_view *v)
{
	return *(volatile const __u64 *)&v->idle & v->up;
}

/*
 * Cores that are up and may serve now, one bit each: those that share their CPU with no other
 * service, and those whose seat (abi_seat.h) this service has. Only an idle one serves at once.
 */
__shunt_inline __u64 shunt_there(const struct shunt_view *v)
{
	return v->up & ~*(volatile const __u64 *)&v->away;
}

/* Cores that are up, but whose seat another service has, or nobody: what is steered to one of them,
 * or held, makes this service want the seat. */
__shunt_inline __u64 shunt_away(const struct shunt_view *v)
{
	return v->up & *(volatile const __u64 *)&v->away;
}

/* The time from the move that lets a core on its seat until it serves, in ns, as measured lately.
 * 0: not measured yet, or there are no seats. */
__shunt_inline __u32 shunt_switch_ns(const struct shunt_view *v)
{
	return *(volatile const __u32 *)&v->switch_ns;
}

/* How many cores are up. */
__shunt_inline __u32 shunt_cores(const struct shunt_view *v)
{
	__u32 n = v->ncores_up;

	return n <= SHUNT_CORES ? n : SHUNT_CORES;
}

/* The i-th core that is up, i < shunt_cores(). */
__shunt_inline int shunt_core_at(const struct shunt_view *v, __u32 i)
{
	return v->order[shunt_index(i, SHUNT_CORES)];
}

/* Requests steered to a core that it has not finished. */
__shunt_inline __u32 shunt_load(const struct shunt_view *v, __u32 core)
{
	core = shunt_index(core, SHUNT_CORES);
	return v->sent[core] - *(volatile const __u32 *)&v->done[core];
}

/* Requests of a class that wait in its hold queue. */
__shunt_inline __u32 shunt_backlog(const struct shunt_view *v, __u32 cls)
{
	cls = shunt_index(cls, SHUNT_CLASSES);
	return v->enq[cls] - *(volatile const __u32 *)&v->deq[cls];
}

/* Requests of a class that were taken out of its hold queue so far, modulo 2^32. */
__shunt_inline __u32 shunt_taken(const struct shunt_view *v, __u32 cls)
{
	return *(volatile const __u32 *)&v->deq[shunt_index(cls, SHUNT_CLASSES)];
}

/* Preempted requests of a class, which wait to go on. On the wire they are in its hold queue. */
__shunt_inline __u32 shunt_parked(const struct shunt_view *v, __u32 cls)
{
	__u32 n = 0;

	cls = shunt_index(cls, SHUNT_CLASSES);
	for (int i = 0; i < SHUNT_WORKERS; i++)
		n += *(volatile const __u32 *)&v->parked[i].cls[cls];
	return n;
}

/* 1 if it can be seen what the core runs: on the wire it cannot. */
__shunt_inline __u64 shunt_seen(const struct shunt_view *v, __u32 core)
{
	return shunt_some(v->core[shunt_index(core, SHUNT_CORES)].run.state);
}

/* 1 if the core runs a request of the class, as far as can be seen. */
__shunt_inline __u64 shunt_runs(const struct shunt_view *v, __u32 core, __u32 cls)
{
	const struct shunt_core_run *run = &v->core[shunt_index(core, SHUNT_CORES)].run;

	return shunt_some(*(volatile const __u64 *)&run->id) &
	       (shunt_some(*(volatile const __u8 *)&run->cls ^ cls) ^ 1);
}

/* Arrival of the next request of a class, as the core that asks sees it (SHUNT_NEEDS_HEADS). */
__shunt_inline __u64 shunt_head_ns(const struct shunt_view *v, shunt_event *ev, __u32 cls)
{
	const struct shunt_core_heads *h = &v->core[shunt_index(ev->core, SHUNT_CORES)].heads;

	return h->head_ns[shunt_index(cls, SHUNT_CLASSES)] & ~(1ULL << 63);
}

/* Since when it is queued: its arrival, or when it was
 * preempted to the tail (SHUNT_NEEDS_HEADS). */
__shunt_inline __u64 shunt_queued_ns(const struct shunt_view *v, shunt_event *ev, __u32 cls)
{
	const struct shunt_core_heads *h = &v->core[shunt_index(ev->core, SHUNT_CORES)].heads;

	return h->queued_ns[shunt_index(cls, SHUNT_CLASSES)] & ~(1ULL << 63);
}

/* The class, of those that wait, whose next request is queued longest: one queue for all. */
__shunt_inline int shunt_oldest(const struct shunt_view *v, shunt_event *ev)
{
	__u64 oldest = ~0ULL >> 1, older;
	int best = SHUNT_GO_ON;

	for (int c = 0; c < SHUNT_CLASSES; c++) {
		older = shunt_bit(ev->waiting, c) & shunt_less(shunt_queued_ns(v, ev, c), oldest);
		oldest = shunt_pick(older, shunt_queued_ns(v, ev, c), oldest);
		best = shunt_pick(older, c, best);
	}
	return best;
}

/* How long that request has waited, in ns, at most 2^32 - 1. */
__shunt_inline __u32 shunt_waited(const struct shunt_view *v, shunt_event *ev, __u32 cls)
{
	__u64 head = shunt_head_ns(v, ev, cls), now = ev->now_ns & ~(1ULL << 63);

	return shunt_min(shunt_pick(shunt_less(now, head), 0, now - head), ~0u);
}

/* The class's objective in microseconds, 1 … SHUNT_SLO_MAX_US; 0 = it has none. */
__shunt_inline __u32 shunt_slo_us(const struct shunt_view *v, __u32 cls)
{
	return shunt_min(v->slo_us[shunt_index(cls, SHUNT_CLASSES)], SHUNT_SLO_MAX_US);
}

/* The mean service time of its requests in ns, as measured lately. 0: not measured yet. */
__shunt_inline __u32 shunt_mean_ns(const struct shunt_view *v, __u32 cls)
{
	return v->mean_ns[shunt_index(cls, SHUNT_CLASSES)];
}

/* The class's standard deviation of service times, in ns. */
__shunt_inline __u32 shunt_sigma_ns(const struct shunt_view *v, __u32 cls)
{
	return v->sigma_ns[shunt_index(cls, SHUNT_CLASSES)];
}

/* How many of its requests ended a second, lately. */
__shunt_inline __u32 shunt_rate(const struct shunt_view *v, __u32 cls)
{
	return v->rate[shunt_index(cls, SHUNT_CLASSES)];
}

/* How long its requests run while others wait, in microseconds; 0: to their end. */
__shunt_inline __u32 shunt_quantum_us(const struct shunt_view *v, __u32 cls)
{
	__u64 us = shunt_min(v->quantum_us[shunt_index(cls, SHUNT_CLASSES)], SHUNT_SLO_MAX_US);

	return shunt_pick(shunt_some(v->preempt), us, 0);
}

/* The percentage of its objective within which a request of the class must end to be let in; 0: all
 * are let in. */
__shunt_inline __u32 shunt_slack(const struct shunt_view *v, __u32 cls)
{
	__u64 slack = v->admit[shunt_index(cls, SHUNT_CLASSES)];

	slack = shunt_pick(shunt_some(slack), slack, 100);
	return shunt_pick(shunt_less(SHUNT_SLACK_MAX, slack), 0, slack);
}

/* The percentage of the cores' time that the class is guaranteed; 0: none. */
__shunt_inline __u32 shunt_least(const struct shunt_view *v, __u32 cls)
{
	return shunt_min(v->least[shunt_index(cls, SHUNT_CLASSES)], SHUNT_LEAST_MAX);
}

/*
 * When a request of the class that arrived then should have ended: arrival + SLO, in ns. Without an
 * SLO later than any. Of a class's next request shunt_head_ns() has the arrival, of the running
 * one, and of that which requeue and done are about, ev->run_ns.
 */
__shunt_inline __u64 shunt_deadline_ns(const struct shunt_view *v, __u32 cls, __u64 arrival_ns)
{
	__u64 slo = shunt_slo_us(v, cls);

	return shunt_pick(shunt_some(slo), (arrival_ns & ~(1ULL << 63)) + slo * 1000, ~0ULL >> 1);
}

/* A number that the operator sets (shunt knob). */
__shunt_inline __u64 shunt_knob(const struct shunt_view *v, __u32 i)
{
	__u64 at = shunt_within(v, i, SHUNT_KNOBS);

	return v->knob[shunt_index(at, SHUNT_KNOBS)];
}

__shunt_inline __u64 *shunt_state_at(const struct shunt_view *v, __u32 i)
{
	__u64 at = shunt_within(v, i, SHUNT_STATES);
	__u64 slot = shunt_index(shunt_slot, SHUNT_POLICY_SLOTS);

	return &((struct shunt_view *)v)->state[slot][shunt_index(at, SHUNT_STATES)];
}

/* The policy's own memory: many cores at once, so it changes by these two only. */
__shunt_inline __u64 shunt_state(const struct shunt_view *v, __u32 i)
{
	return *(volatile const __u64 *)shunt_state_at(v, i);
}

__shunt_inline __u64 shunt_add(struct shunt_view *v, __u32 i, __u64 x)
{
	return __sync_fetch_and_add(shunt_state_at(v, i), x);
}

__shunt_inline __u64 shunt_cas(struct shunt_view *v, __u32 i, __u64 old, __u64 new_)
{
	return __sync_val_compare_and_swap(shunt_state_at(v, i), old, new_);
}

__shunt_inline __u64 *shunt_core_state_at(const struct shunt_view *v, __u32 core, __u32 i)
{
	__u64 line = shunt_within(v, core, SHUNT_CORES), at = shunt_within(v, i, SHUNT_CORE_STATES);
	__u64 slot = shunt_index(shunt_slot, SHUNT_POLICY_SLOTS);

	line = shunt_index(line, SHUNT_CORES);
	at = shunt_index(at, SHUNT_CORE_STATES);
	return &((struct shunt_view *)v)->core_state[slot][line][at];
}

/* Word i (below SHUNT_CORE_STATES) of the policy's memory of a core, in a cache line of its own. */
__shunt_inline __u64 shunt_core_state(const struct shunt_view *v, __u32 core, __u32 i)
{
	return *(volatile const __u64 *)shunt_core_state_at(v, core, i);
}

__shunt_inline __u64 shunt_core_add(struct shunt_view *v, __u32 core, __u32 i, __u64 x)
{
	return __sync_fetch_and_add(shunt_core_state_at(v, core, i), x);
}

__shunt_inline __u64 shunt_core_cas(struct shunt_view *v, __u32 core, __u32 i, __u64 old,
				    __u64 new_)
{
	return __sync_val_compare_and_swap(shunt_core_state_at(v, core, i), old, new_);
}

__shunt_inline struct shunt_plan *shunt_plan_of(const struct shunt_view *v)
{
	return &((struct shunt_view *)v)->plan[shunt_index(shunt_slot, SHUNT_POLICY_SLOTS)];
}

__shunt_inline __u64 shunt_plan_use(const struct shunt_plan *p)
{
	return *(volatile const __u64 *)&p->use;
}

/* Word i of the plan in force; 0 until plan() wrote it. */
__shunt_inline __u64 shunt_plan(const struct shunt_view *v, __u32 i)
{
	const struct shunt_plan *p = shunt_plan_of(v);
	__u64 at = shunt_within(v, i, SHUNT_PLANS), bank = shunt_plan_use(p);

	return p->word[shunt_index(bank, 2)][shunt_index(at, SHUNT_PLANS)];
}

/* In plan(): in force once it has returned, with all else that it sets. The rest stays as it is. */
__shunt_inline void shunt_plan_set(struct shunt_view *v, __u32 i, __u64 x)
{
	struct shunt_plan *p = shunt_plan_of(v);
	__u64 at = shunt_within(v, i, SHUNT_PLANS), bank = shunt_plan_use(p) + 1;

	p->word[shunt_index(bank, 2)][shunt_index(at, SHUNT_PLANS)] = x;
}

/* Around plan(), by whoever calls it: the other bank becomes as the one in force. Returns what
 * shunt_plan_end() asks for. */
__shunt_inline __u64 shunt_plan_begin(struct shunt_view *v)
{
	struct shunt_plan *p = shunt_plan_of(v);
	__u64 use = shunt_plan_use(p), bank = shunt_index(use, 2), next = shunt_index(use + 1, 2);

	for (int i = 0; i < SHUNT_PLANS; i++)
		p->word[next][i] = p->word[bank][i];
	return use;
}

/* The other bank is in force, after all that was written to it (a full barrier): 1. 0: meanwhile
 * another generation is. */
__shunt_inline int shunt_plan_end(struct shunt_view *v, __u64 use)
{
	return __sync_bool_compare_and_swap(&shunt_plan_of(v)->use, use, use ^ 1);
}
