// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The register that is returned was written. */
#include "probe.h"

SEC("xdp") __attribute__((naked)) int probe(struct xdp_md *ctx)
{
	asm volatile("r0 = 2\nexit");
}
