/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * mark.h - an arrival that has to wait tells a running request to yield when its quantum is over
 *
 * The mark is written at once and carries the deadline, so there is no timer: the core that runs
 * the request compares it with its own clock at the next safepoint. The core's line is the worker's
 * to write: values from it are written back into the same worker's memory and go nowhere else.
 */
#pragma once

#include <shunt/policy.h>

#include "maps.h"

/* When the quantum of a core's running request is over; ~0:
 * no request runs there that can be marked. */
static __always_inline __u64 deadline_of(struct shunt_view *view, __u32 core, __u64 *id)
{
	struct shunt_core_run *run = &view->core[shunt_index(core, SHUNT_CORES)].run;
	__u32 cls = shunt_index(run->queue, SHUNT_CLASSES), key = cls;
	__u32 *quantum = bpf_map_lookup_elem(&quantum_us, &key);
	__u32 us = quantum ? *quantum : 0;

	*id = *(volatile __u64 *)&run->id;
	if (us > SHUNT_SLO_MAX_US)
		us = SHUNT_SLO_MAX_US;
	if (view->quantum_us[cls] != us)
		view->quantum_us[cls] = us;
	return *id && us ? *(volatile __u64 *)&run->start_ns + us * 1000ULL : ~0ULL;
}

/* Barriers: the exchanges order id = 0, deadline, id, look, on machines that would not; the last
 * also orders the count of what waits (before it) and the core's look at that count (after it
 * cleared look). */
static __always_inline void write_mark(struct shunt_ingress *in, struct shunt_view *view,
				       __u32 core, __u64 id, __u64 deadline, __u32 cls, __u64 now)
{
	struct shunt_core_mark *m = &view->core[shunt_index(core, SHUNT_CORES)].mark;
	struct shunt_mark *mine = &m->by[SHUNT_MARK_XDP];

	if (mine->id != id || mine->deadline_ns != deadline) {
		__sync_lock_test_and_set(&mine->id, 0);
		mine->deadline_ns = deadline;
		m->held.arrival_ns = now;
		m->held.seq = in->enq[shunt_index(cls, SHUNT_CLASSES)] - 1;
		m->held.cls = cls;
		__sync_lock_test_and_set(&mine->id, id);
		in->marks++;
	}
	__sync_lock_test_and_set(&m->look, 1);
}

/* True if the running request was to yield before "late" (now less the grace time; 0: no signals):
 * its core and number are noted for the signal. */
static __always_inline int is_late(struct shunt_ingress *in, __u32 core, __u64 id, __u64 deadline,
				   __u64 late)
{
	if (deadline >= late)
		return 0;
	in->late_core = core;
	in->late_id = id;
	return 1;
}

/* Something waits in this core's own ring. */
static __always_inline int mark(struct shunt_ingress *in, struct shunt_view *view, __u32 core,
				__u64 late)
{
	__u64 id, deadline = deadline_of(view, core, &id);

	if (deadline == ~0ULL)
		return 0;
	write_mark(in, view, core, id, deadline, 0, 0);
	return is_late(in, core, id, deadline, late);
}

/* The request that was just held waits for any core. Two cores are sampled by its number; the one
 * with the earlier deadline is marked. */
static __always_inline int mark_one_of(struct shunt_ingress *in, struct shunt_view *view, __u32 cls,
				       __u64 now, __u64 late)
{
	__u32 n = shunt_cores(view), word = (__u32)in->id * 0x9e3779b1;
	__u32 a = shunt_core_at(view, shunt_scale(word, n));
	__u32 b = shunt_core_at(view, shunt_scale(word << 16, n));
	__u64 id, id_b, deadline, deadline_b;

	if (!n)
		return 0;
	deadline = deadline_of(view, a, &id);
	if (b != a) {
		deadline_b = deadline_of(view, b, &id_b);
		if (deadline_b < deadline) {
			deadline = deadline_b;
			id = id_b;
			a = b;
		}
	}
	if (deadline == ~0ULL)
		return 0;
	write_mark(in, view, a, id, deadline, cls, now);
	return is_late(in, a, id, deadline, late);
}
