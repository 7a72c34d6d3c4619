// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * reject - a built-in policy that comes to its own decision, and then rejects
 *
 * No built-in policy rejects; this measures what it would cost one. SHUNT_BENCH_POLICY is its file.
 */
#define steer decide_as_ever
static __attribute__((always_inline)) int steer(shunt_view *v, shunt_event *ev); /* as in XDP */
#include SHUNT_BENCH_POLICY
#undef steer

static int steer(shunt_view *v, shunt_event *ev)
{
	int said = decide_as_ever(v, ev);

	asm volatile("" : : "r"(said)); /* or the compiler leaves the decision out */
	return SHUNT_REJECT;
}
