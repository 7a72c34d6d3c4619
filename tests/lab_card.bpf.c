// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * lab_card.bpf.c - the inside of a lab's card: tc programs
 * that forward between its two ports, one each way
 *
 * The XDP program on the wire's port named a queue in the four bytes in front of the packet
 * (offload/nfp/card.bpf.c); packets without a named queue are spread by hash, as a card would do. A
 * packet's queue mapping is the send queue towards the host + 1, and a veth's send queue is its
 * peer's receive queue.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

SEC("wire")
int from_wire(struct __sk_buff *skb)
{
	__u32 *queue = (void *)(long)skb->data_meta;

	skb->queue_mapping = (void *)(queue + 1) <= (void *)(long)skb->data ? *queue + 1 : 0;
	return bpf_redirect(HOST_PORT, 0);
}

SEC("host")
int from_host(struct __sk_buff *skb)
{
	skb->queue_mapping = 0;
	return bpf_redirect(WIRE_PORT, 0);
}

char _license[] SEC("license") = "Dual BSD/GPL";
