// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * least.bpf.c - what no program can leave out that gives requests to cores' sockets: five programs,
 * each with one step more than the one before
 *
 * Nothing is checked or decided beyond that: no source, no own address, no rule, no policy, no room
 * in the ring. So what shunt takes over the last of them is shunt's own.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <shunt/abi.h>

enum { PORT, COUNT, META, REDIRECT, CLAIM };

struct least {
	__u64 idle; /* the cores' bits */
	__u64 pad[15];
	__u64 arrived, sent;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct shunt_port);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct least);
} state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, SHUNT_DOMAINS * SHUNT_SLOTS);
	__type(key, __u32);
	__type(value, __u32);
} xsks SEC(".maps");

/* The port's entry, and whether it is one. */
static __always_inline struct shunt_port *find_port(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = data + sizeof(struct ethhdr);
	struct udphdr *udp = (void *)(ip + 1);
	__u32 key;

	if ((void *)(udp + 1) > end || ((struct ethhdr *)data)->h_proto != bpf_htons(ETH_P_IP) ||
	    *(__u8 *)ip != 0x45 || ip->protocol != 17)
		return NULL;
	key = bpf_ntohs(udp->dest);
	return bpf_map_lookup_elem(&ports, &key);
}

static __always_inline int put_meta(struct xdp_md *ctx, const struct least *s)
{
	struct shunt_meta *meta;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*meta)))
		return 0;
	meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 1) > (void *)(long)ctx->data)
		return 0;
	__builtin_memset(meta, 0, sizeof(*meta));
	meta->id = s->arrived;
	meta->abi = SHUNT_ABI;
	return 1;
}

/* to: the last step, a constant of each program. */
static __always_inline int least(struct xdp_md *ctx, int to)
{
	struct shunt_port *port = find_port(ctx);
	__u32 zero = 0;
	struct least *s;

	if (!port || !(port->flags & SHUNT_PORT_ON))
		return XDP_PASS;
	if (to < COUNT)
		return XDP_DROP;
	s = bpf_map_lookup_elem(&state, &zero);
	if (!s)
		return XDP_PASS;
	s->arrived++;
	if (to >= META && !put_meta(ctx, s))
		return XDP_PASS;
	if (to >= CLAIM && !(__sync_fetch_and_and(&s->idle, ~2ULL) & 1))
		return XDP_PASS;
	if (to < REDIRECT)
		return XDP_DROP;
	if (bpf_redirect_map(&xsks, port->cls, XDP_PASS) != XDP_REDIRECT)
		return XDP_PASS;
	s->sent++;
	return XDP_REDIRECT;
}

#define LEAST(step, to)                                                                            \
	SEC("xdp")                                                                                 \
	int least_##step(struct xdp_md *ctx)                                                       \
	{                                                                                          \
		return least(ctx, to);                                                             \
	}

LEAST(port, PORT)
LEAST(count, COUNT)
LEAST(meta, META)
LEAST(redirect, REDIRECT)
LEAST(claim, CLAIM)

char _license[] SEC("license") = "Dual BSD/GPL";
