// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses helper-firmware
/* A map is updated. */
#include "probe.h"

ARRAY(m, struct pair, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	struct pair v = { 1, 2 };
	__u32 key = 0;

	bpf_map_update_elem(&m, &key, &v, 0);
	return XDP_PASS;
}
