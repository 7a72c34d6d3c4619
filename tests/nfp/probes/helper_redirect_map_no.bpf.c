// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses map-type
/* The card does not redirect by a map. */
#include "probe.h"

MAP(m, DEVMAP, __u32, __u32, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
return bpf_redirect_map(&m, 0, XDP_PASS);
}
