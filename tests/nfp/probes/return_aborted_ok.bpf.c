// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Dropped, and counted as such. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
return XDP_ABORTED;
}
