// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * lab_vlan.bpf.c - tc programs of a lab with --vlan: packets leave with tags, and come in without
 *
 * VLAN1 is the only tag, or the outer one of two. The tags are real bytes on the wire, since the
 * lab turned VLAN offload off.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("push")
int push_tags(struct __sk_buff *skb)
{
#ifdef VLAN2
	if (bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), VLAN2) ||
	    bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021AD), VLAN1))
		return TC_ACT_SHOT;
#else
	if (bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), VLAN1))
		return TC_ACT_SHOT;
#endif
	return TC_ACT_OK;
}

/* An untagged frame is not of this lab's VLAN. */
SEC("pop")
int pop_tags(struct __sk_buff *skb)
{
	if (!skb->vlan_present || bpf_skb_vlan_pop(skb))
		return TC_ACT_SHOT;
#ifdef VLAN2
	if (!skb->vlan_present || bpf_skb_vlan_pop(skb))
		return TC_ACT_SHOT;
#endif
	return TC_ACT_OK;
}

char _license[] SEC("license") = "Dual BSD/GPL";
