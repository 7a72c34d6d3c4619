// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses map-element
/* A key of 9 and a value of 56 bytes: rounded up, 72. */
#include "probe.h"

struct key {
	__u8 byte[9];
};
MAP(m, HASH, struct key, struct words, 4);

SEC("xdp") int probe(struct xdp_md *ctx)
{
struct key key = { 0 };

return bpf_map_lookup_elem(&m, &key) ? XDP_PASS : XDP_DROP;
}
