// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Instructions that a jump leads to, though it is never taken. */
#include "probe.h"

SEC("xdp") __attribute__((naked)) int probe(struct xdp_md *ctx)
{
	asm volatile("r0 = 2\nif r0 == 3 goto +1\nexit\nr0 = 1\nexit");
}
