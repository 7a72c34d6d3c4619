// SPDX-License-Identifier: BSD-2-Clause
/*
 * forger.c - an agent of threads that writes whatever comes to its mind
 *
 *   forger SECONDS   takes over, then stages at random: operations, classes, threads, versions,
 *                    CPUs, slices, whole or torn; half of the time a thread that there is
 *
 * Prints one line of JSON: how many decisions it wrote.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../agent/sched_join.h"
#include "clock.h"
#include "offload/inside.h"

static __u64 any(void)
{
	static __u64 x = 88172645463325252ULL;

	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

/* Now and then something else. */
static __u32 mostly(__u32 right)
{
	return any() % 8 ? right : (__u32)any();
}

static struct shunt_off_decision make(const struct shunt_off_view *v, __u32 slot)
{
	struct shunt_off_decision d = { 0 };
	__u32 obj = any() % 4 ? any() % 128 : any() % SHUNT_SCHED_OBJECTS;
	const struct shunt_off_object *o = &v->object[obj];

	d.epoch = mostly(v->epoch);
	d.obj = mostly(obj);
	d.ver = any() % 2 ? o->ver & ~1u : (__u32)any();
	d.op = any() % 4 ? 1 + any() % 2 : any();
	d.cls = any() % 4 ? o->cls : any();
	d.core = mostly(slot);
	d.quantum_us = any() % 2 ? 0 : any();
	d.until_ns = any() % 4 ? 0 : any();
	return d;
}

/* Under the next number, or before it is whole. */
static void forge(struct shunt_off_view *v, __u32 slot)
{
	__u32 n = __atomic_load_n(&v->done[slot].done, __ATOMIC_RELAXED) + 1 + any() % 2;
	struct shunt_off_decision d = make(v, slot);
	struct shunt_off_decision *to = &v->agent->slot[slot].place[n % SHUNT_OFF_DEPTH].d;

	if (any() % 4) {
		off_write_numbered(to, &d, n);
	} else {
		d.n = n;
		memcpy(to, &d, sizeof(d));
	}
}

int main(int argc, char **argv)
{
	struct shunt_pins pins = { .ifname = SHUNT_SCHED_PINS };
	__u64 until, written = 0;
	struct why why = { 0 };
	struct sched_load load;
	struct shunt_off_view *v;

	if (argc != 2)
		return 2;
	v = sched_load_open(&load, &pins, &why) ? NULL : sched_join(&load, &pins, &why);
	if (!v) {
		fprintf(stderr, "forger: %s\n", why_text(&why));
		return 1;
	}
	for (until = clock_ns() + strtoull(argv[1], NULL, 10) * 1000000000ULL;
	     clock_ns() < until; written++) {
		forge(v, any() % v->nslots % 8);
		if (any() % 64 == 0)
			sched_ring(&load, any());
	}
	printf("{\"written\":%llu}\n", (unsigned long long)written);
	return 0;
}
