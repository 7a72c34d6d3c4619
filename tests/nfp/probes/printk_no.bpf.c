// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses global-data
/* A message has its format among the constants. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	bpf_printk("here");
	return XDP_PASS;
}
