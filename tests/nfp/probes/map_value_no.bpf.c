// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses map-value
/* A value of 57 bytes. */
#include "probe.h"

struct value {
	__u8 byte[57];
};
ARRAY(m, struct value, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
__u32 key = 0;

return bpf_map_lookup_elem(&m, &key) ? XDP_PASS : XDP_DROP;
}
