// SPDX-License-Identifier: BSD-2-Clause
/*
 * up.c - the list of a domain's cores that are up: XDP, policies and the agent each have it
 */
#include "domain.h"
#include "expire.h"

void domain_set_up(struct domain *d, __u64 up)
{
	struct shunt_view *v = d->pool.r.view;
	__u64 *truth = &d->maps->domains[d->id].up, was = peek(*truth), gone = was & ~up;
	__u32 n = 0;

	if (up && !was)
		expire_serve(d);

	/* Cores that go are gone for XDP before anybody else is told, cores that come are known to
	 * everybody else before XDP feeds them. */
	__atomic_store_n(truth, peek(*truth) & up, __ATOMIC_SEQ_CST);
	if (gone)
		__atomic_fetch_and(&v->idle, ~gone, __ATOMIC_SEQ_CST);
	for (int i = 0; i < SHUNT_CORES; i++) {
		if (up >> i & 1)
			poke(v->order[n++], i);
	}
	poke(v->ncores_up, n);
	__atomic_store_n(&v->up, up, __ATOMIC_SEQ_CST);
	__atomic_store_n(truth, up, __ATOMIC_SEQ_CST);
	if (was && !up && d->pool.state)
		expire_note(d);
}
