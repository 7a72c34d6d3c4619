// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses map-type
/* The host's sockets are no map of the card's. */
#include "probe.h"

MAP(socks, XSKMAP, __u32, __u32, 64);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	return bpf_redirect_map(&socks, 0, XDP_PASS);
}
