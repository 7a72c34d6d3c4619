// SPDX-License-Identifier: BSD-2-Clause
/*
 * clock.c - CLOCK_MONOTONIC for a third of its price: the
 * time-stamp counter, set right each millisecond
 *
 * clock_gettime() waits for the instructions before it and reads a page that the kernel writes; on
 * the machine where this was measured it takes 30 ns, the bare counter 11. A core reads the time
 * some five times a turn. Between two anchors the counter's rate is what it was between the two
 * before: that is right to some 30 ns. A counter that does not run evenly (CPUID says so, or it
 * jumped) is not used.
 */
#include "internal.h"

#if defined(__x86_64__)
#include <cpuid.h>

#define SPAN_NS 1000000   /* from anchor to anchor */
#define LOOK_NS 500       /* what the two looks at an anchor may be apart */
#define LOOK_TICKS 5000   /* while no rate is known */
#define RATE_LOW 0.999    /* the rate does not change by more than this from one to the next */
#define RATE_HIGH 1.001

static bool counter_is_even(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d >> 8 & 1);
}

/* Did counter and clock tell the same moment? If the CPU was away between the two looks, the clock
 * would be ahead by that until the next anchor, and then go back. */
static bool looks_agree(const struct clock *k, uint64_t ticks)
{
	uint64_t took = __builtin_ia32_rdtsc() - ticks;

	return k->mult ? took * k->mult >> 32 < LOOK_NS : took < LOOK_TICKS;
}

/* Reads the real clock and makes it the new anchor. */
uint64_t clock_anchor(struct core *c, uint64_t ticks)
{
	struct clock *k = &c->clock;
	uint64_t now = clock_ns(), dt = ticks - k->ticks, dn = now - k->ns;
	double rate, change;

	if (!looks_agree(k, ticks)) {
		k->span = 0;
		return now;
	}
	if (!k->ns && !counter_is_even())
		k->off = true;
	if (k->off)
		return now;
	if (k->ns && dn < SPAN_NS / 2)
		return now; /* too near the last anchor to tell a rate */
	rate = (double)dn / dt * 4294967296.0;
	change = k->mult ? rate / k->mult : 1;
	k->span = 0;
	/* With the first two anchors, after a long pause,
	 * or after a jump, no rate can be trusted yet. */
	if (k->ns && dn < 1000 * SPAN_NS && rate > 0 && rate < 1e11) {
		if (k->mult && change > RATE_LOW && change < RATE_HIGH)
			k->span = SPAN_NS * 4294967296.0 / rate;
		k->mult = rate;
	}
	k->ticks = ticks;
	k->ns = now;
	return now;
}
#endif
