// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * baseline.bpf.c - the BPF side of baselines: a socket selector (what Syrup's users write), and
 * packets to the AF_XDP socket of the queue that they came in on
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "config.h"

#define THREADS_MAX 64

const volatile struct baseline_config config = { .threads = 1 };

struct {
	__uint(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
	__uint(max_entries, THREADS_MAX);
	__type(key, __u32);
	__type(value, __u64);
} socks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, THREADS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} xsks SEC(".maps");

/* Written by the threads: 1 while one waits for a request. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, THREADS_MAX);
	__type(key, __u32);
	__type(value, __u64);
} idle SEC(".maps");

__u64 turn;

SEC("sk_reuseport")
int choose(struct sk_reuseport_md *ctx)
{
	__u32 pick = __sync_fetch_and_add(&turn, 1) % (config.threads ? config.threads : 1);

	for (__u32 i = 0; config.want_idle && i < THREADS_MAX; i++) {
		__u32 at = i;
		__u64 *is;

		if (i >= config.threads)
			break;
		is = bpf_map_lookup_elem(&idle, &at);
		if (is && *is) {
			*is = 0;
			pick = i;
			break;
		}
	}
	bpf_sk_select_reuseport(ctx, &socks, &pick, 0);
	return SK_PASS; /* if it was not there, by hash */
}

SEC("xdp")
int to_queue(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 ||
	    ip->protocol != IPPROTO_UDP || ip->frag_off & bpf_htons(0x3fff) ||
	    udp->dest != bpf_htons(config.port))
		return XDP_PASS;
	return bpf_redirect_map(&xsks, ctx->rx_queue_index, XDP_PASS);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
