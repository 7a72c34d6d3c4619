// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Out of the port where it came from. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
return XDP_TX;
}
