// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
// lint: warns return-value
/* XDP_REDIRECT is taken, but the card drops the packet. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	return XDP_REDIRECT;
}
