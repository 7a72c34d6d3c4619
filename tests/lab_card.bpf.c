// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * lab_card.bpf.c - the inside of a lab's card: tc programs
 * that forward between its two ports, one each way
 *
 * The XDP program on the wire's port named a queue in the four bytes in front of the packet
 * (offload/nfp/card.bpf.c), or a rule names that of its UDP port, as a NIC's would (lab.sh rule);
 * packets without a named queue are spread by hash, as a card would do. A packet's queue mapping is
 * the send queue towards the host + 1, and a veth's send queue is its peer's receive queue.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* By port: its queue, + 1; 0: none. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u32);
} port_queue SEC(".maps");

/* The port of a UDP datagram in the plainest of packets; 0: it is none. */
static __always_inline __u32 port_of(struct __sk_buff *skb)
{
	int v6 = skb->protocol == bpf_htons(ETH_P_IPV6), udp = ETH_HLEN + (v6 ? 40 : 20);
	__u8 proto = 0;
	__be16 port = 0;

	if (!v6 && skb->protocol != bpf_htons(ETH_P_IP))
		return 0;
	if (bpf_skb_load_bytes(skb, ETH_HLEN + (v6 ? 6 : 9), &proto, 1) || proto != IPPROTO_UDP ||
	    bpf_skb_load_bytes(skb, udp + 2, &port, 2))
		return 0;
	return bpf_ntohs(port);
}

SEC("wire")
int from_wire(struct __sk_buff *skb)
{
	__u32 *named = (void *)(long)skb->data_meta, *rule, port, queue = 0;

	if ((void *)(named + 1) <= (void *)(long)skb->data) {
		queue = *named + 1;
	} else {
		port = port_of(skb);
		rule = bpf_map_lookup_elem(&port_queue, &port);
		if (rule)
			queue = *rule;
	}
	skb->queue_mapping = queue;
	return bpf_redirect(HOST_PORT, 0);
}

SEC("host")
int from_host(struct __sk_buff *skb)
{
	skb->queue_mapping = 0;
	return bpf_redirect(WIRE_PORT, 0);
}

char _license[] SEC("license") = "Dual BSD/GPL";
