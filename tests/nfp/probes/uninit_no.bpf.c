// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses uninit
/* A register that was never written is returned. */
#include "probe.h"

SEC("xdp") __attribute__((naked)) int probe(struct xdp_md *ctx)
{
	asm volatile("exit");
}
