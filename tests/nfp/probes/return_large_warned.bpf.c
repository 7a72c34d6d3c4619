// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
// lint: warns return-value
/* Five is nothing that XDP knows: dropped. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
return 5;
}
