// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* The same, as XDP. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
return XDP_PASS;
}
