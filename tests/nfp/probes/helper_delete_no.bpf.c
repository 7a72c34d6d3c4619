// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses helper-firmware
/* An entry is deleted. */
#include "probe.h"

MAP(m, HASH, __u32, __u32, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	__u32 key = 0;

	bpf_map_delete_elem(&m, &key);
	return XDP_PASS;
}
