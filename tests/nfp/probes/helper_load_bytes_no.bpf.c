// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses helper
/* Bytes of the packet are copied by a helper. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
__u32 word;

return bpf_xdp_load_bytes(ctx, 0, &word, sizeof(word)) ? XDP_DROP : XDP_PASS;
}
