// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* Bytes are moved within the packet: 6, 12 and 20 at once. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	PACKET(ctx);
	__builtin_memcpy(data + 32, data + 6, 6);
	__builtin_memcpy(data + 40, data, 12);
	__builtin_memcpy(data + 4, data + 40, 20);
	return XDP_TX;
}
