// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * faults.bpf.c - a bad link: frames of the wire transport
 * are lost, duplicated and delivered out of order
 *
 * XDP can neither clone a frame nor put one by. So "faulty", on the ports, sends a frame to be
 * duplicated twice into a veth pair that leads back into the switch (a broadcast over a devmap with
 * the same device twice clones it); and a late frame's bytes are exchanged with those of an earlier
 * frame in a store: the earlier frame leaves in its place, and the late one waits for the next to
 * be late. "late", where the pair ends, does only that: so one of two equal frames may come long
 * after the other. A frame in the store when the faults end never arrives.
 */
#include "loss.h"

#define FRAME 1664
#define SHORTEST 16
#define DEPTH 8 /* places for frames that are late, each way; a power of two */

struct faults {
	__u32 twice, late; /* rates, of 2^16 */
	__u64 duplicated;
	__u64 exchanged;
	__u64 held;        /* of what was put into an empty place: never more than there are */
	__u64 unfit;       /* could not be made as long as the one in the store */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct faults);
} faults SEC(".maps");

/* The one that is kept is bytes[cur]; the other is room for the one that comes. */
struct place {
	__u32 busy, cur, len, pad;
	__u8 bytes[2][FRAME];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * DEPTH);
	__type(key, __u32);
	__type(value, struct place);
} store SEC(".maps");

/* The way back into the switch, twice. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} again SEC(".maps");

/* From the NIC, or to it: each way has places of its own,
 * for both ways have frames of their own lengths. */
static __always_inline __u32 way(struct xdp_md *ctx)
{
	__u32 type = type_of(ctx);

	return type == 1 || type == 4; /* HELLO, CREDIT */
}

/* A frame's length, for the verifier; 0: none that is exchanged. Linux 6.1 learns nothing from "not
 * 0", so the bound is that of what is more than the least; and it keeps no bounds of 32 bits. */
static __always_inline __u64 bounded(__u64 len)
{
	__u64 more = len - SHORTEST;

	asm volatile("" : "+r"(more));
	if (more > FRAME - SHORTEST)
		return 0;
	asm volatile("" : "+r"(more));
	return more + SHORTEST;
}

static __always_inline int exchange(struct xdp_md *ctx, struct faults *f, struct place *p)
{
	__u64 len = bounded((void *)(long)ctx->data_end - (void *)(long)ctx->data),
	      was = bounded(p->len);
	__u32 cur = p->cur & 1;

	if (!len || bpf_xdp_load_bytes(ctx, 0, p->bytes[!cur], len))
		return XDP_PASS;
	if (!was) {
		p->cur = !cur;
		p->len = len;
		__sync_fetch_and_add(&f->held, 1);
		return XDP_DROP;
	}
	if (bpf_xdp_adjust_tail(ctx, (int)was - (int)len) ||
	    bpf_xdp_store_bytes(ctx, 0, p->bytes[cur], was)) {
		__sync_fetch_and_add(&f->unfit, 1);
		return XDP_PASS;
	}
	p->cur = !cur;
	p->len = len;
	__sync_fetch_and_add(&f->exchanged, 1);
	return XDP_PASS;
}

/* Two CPUs at one place: the second's frame is in time. */
static __always_inline int be_late(struct xdp_md *ctx, struct faults *f)
{
	__u32 at = (bpf_get_prandom_u32() & (DEPTH - 1)) + way(ctx) * DEPTH;
	struct place *p = bpf_map_lookup_elem(&store, &at);
	int verdict = XDP_PASS;

	if (!p || __sync_lock_test_and_set(&p->busy, 1))
		return XDP_PASS;
	verdict = exchange(ctx, f, p);
	__sync_lock_test_and_set(&p->busy, 0);
	return verdict;
}

SEC("xdp")
int late(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct faults *f = bpf_map_lookup_elem(&faults, &zero);

	if (!f || !is_wire(ctx) || !chance(f->late))
		return XDP_PASS;
	return be_late(ctx, f);
}

SEC("xdp")
int faulty(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct faults *f = bpf_map_lookup_elem(&faults, &zero);

	if (!f || !is_wire(ctx))
		return XDP_PASS;
	if (loses(ctx))
		return XDP_DROP;
	if (chance(f->twice)) {
		__sync_fetch_and_add(&f->duplicated, 1);
		return bpf_redirect_map(&again, 0, BPF_F_BROADCAST);
	}
	return chance(f->late) ? be_late(ctx, f) : XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
