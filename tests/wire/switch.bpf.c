// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * switch.bpf.c - programs of the wire lab's switch ports
 *
 * A veth's XDP_TX needs a program at the peer; "port" is that, and loses frames of the wire
 * transport. "uplink" drops them all: no client is a core.
 */
#include "loss.h"

SEC("xdp")
int port(struct xdp_md *ctx)
{
	return is_wire(ctx) && loses(ctx) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int uplink(struct xdp_md *ctx)
{
	return is_wire(ctx) ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
