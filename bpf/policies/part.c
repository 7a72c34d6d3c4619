// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * part - a part of the cores for each class, and the less loaded of two random ones inside it
 *
 * knob c is the part of class c: first + 256 * count, positions among the cores that are up; 0 =
 * all. So `shunt knob 0 0x300` gives class 0 the first three, `shunt knob 1 0x103` class 1 the
 * fourth. A part that reaches past the cores there are is cut off; one that lies beyond them is all
 * cores. Short requests never wait behind long ones, at the price of cores that idle in a part
 * while another is short of them. Where loads are old (on a card) this is how classes are kept
 * apart.
 */
#include <shunt/policy.h>

SHUNT_POLICY("part", SHUNT_NEEDS_RANDOM,
	     "a part of the cores for each class (knob c: first + 256 * count)");

struct part {
	__u32 first, count;
};

__shunt_inline struct part part_of(const shunt_view *v, __u32 cls, __u32 n)
{
	__u64 knob = shunt_knob(v, cls);
	struct part p = { .first = knob & 0xff, .count = knob >> 8 & 0xff };

	if (!p.count || p.first >= n)
		return (struct part){ 0, n };
	if (p.count > n - p.first)
		p.count = n - p.first;
	return p;
}

static int steer(shunt_view *v, shunt_event *ev)
{
	__u32 n = shunt_cores(v);
	struct part p;

	if (!n)
		return SHUNT_HOLD;
	p = part_of(v, ev->cls, n);
	return shunt_less_loaded(v, ev->random, p.first, p.count);
}

/* True if the core is at a position of the class's
 * part. Cores that are not up may take any class. */
__shunt_inline __u64 serves(const shunt_view *v, __u32 core, __u32 cls)
{
	__u64 up = shunt_up(v), bit = 1ULL << (core & 63);
	struct part p = part_of(v, cls, shunt_ones(up));
	__u64 at = shunt_ones(up & (bit - 1));

	return !(up & bit) || ((shunt_less(at, p.first) ^ 1) & shunt_less(at, p.first + p.count));
}

static int select(shunt_view *v, shunt_event *ev)
{
	for (int c = 0; c < SHUNT_CLASSES; c++) {
		if ((ev->waiting & 1 << c) && serves(v, ev->core, c))
			return c;
	}
	return SHUNT_GO_ON;
}
