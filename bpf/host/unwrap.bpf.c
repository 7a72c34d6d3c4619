// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * unwrap.bpf.c - on the virtual functions of a host's cores:
 * turns the NIC's frames into entries of a core's ring
 *
 * A REQUEST becomes the packet itself behind its metadata, in the core's AF_XDP socket, as the
 * shared transport would put it there; hold_seq is its number on the wire. The packet's destination
 * becomes the function's own MAC, which so is the source of the reply that is turned round in
 * place. RESUME and NOTE go to the same socket as they are, without metadata: the library takes
 * them in order. WELCOME and REFUSE go to the kernel, and so to shuntd, if they name the nonce that
 * it asked with. A PREEMPT sets the mark in the core's line and goes nowhere. A REQUEST or RESUME
 * that is to go first makes the core look, too: the running request keeps its quantum and no more.
 *
 * One program for all functions of a host: the cookie tells whose frame it is, and the kernel lets
 * none into a socket of another function. No number is taken here: only the core knows whether a
 * number is new.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <shunt/policy.h>
#include <shunt/wire.h>

char _license[] SEC("license") = "Dual BSD/GPL";

/* The NIC's number of this host's first core. */
const volatile __u32 first_core;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SHUNT_CORES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct shunt_wire_epoch);
} wire_epoch SEC(".maps");

/* By core: the epoch that shuntd asked the NIC for, or was given. No worker has this map. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SHUNT_CORES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct shunt_wire_link);
} wire_link SEC(".maps");

enum { WIRE_SHORT, WIRE_VERSION, WIRE_STALE, WIRE_NO_META, WIRE_NO_SOCKET, WIRE_MARKED,
       WIRE_UNASKED, WIRE_NR };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WIRE_NR);
	__type(key, __u32);
	__type(value, __u64);
} wire_count SEC(".maps");

/* The view of the host's worker: marks go where its cores look for them. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct shunt_view));
} wire_view SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, SHUNT_CORES);
	__type(key, __u32);
	__type(value, __u32);
} wire_sock SEC(".maps");

static __always_inline int drop(__u32 why)
{
	__u64 *n = bpf_map_lookup_elem(&wire_count, &why);

	if (n)
		__sync_fetch_and_add(n, 1);
	return XDP_DROP;
}

static __always_inline int to_socket(__u32 core)
{
	if (bpf_redirect_map(&wire_sock, core, XDP_DROP) != XDP_REDIRECT)
		return drop(WIRE_NO_SOCKET);
	return XDP_REDIRECT;
}

static __always_inline struct shunt_view *get_view(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&wire_view, &zero);
}

/*
 * The core's part of the address is added last, and in place: what follows uses the register as it
 * is, with offsets of its own. shuntd has no CAP_PERFMON, so the verifier also follows the addition
 * as a CPU might mispredict it. There, the verifier of Linux 6.18 loses the pointer's 32-bit
 * bounds, and at a copy of the register says that they contradict the 64-bit ones.
 */
static __always_inline struct shunt_core_mark *mark_of(struct shunt_view *v, __u32 core)
{
	struct shunt_core_mark *mark = &v->core[0].mark;

	asm volatile("" : "+r"(mark));
	return (void *)mark + shunt_index(core, SHUNT_CORES) * sizeof(v->core[0]);
}

static __always_inline int preempt(const struct shunt_wire_preempt *p, __u32 core)
{
	struct shunt_view *v = get_view();
	struct shunt_core_mark *m;

	if (v) { /* exchanges: each store is seen after the one before */
		m = mark_of(v, core);
		__sync_lock_test_and_set(&m->by[SHUNT_MARK_XDP].id, 0);
		m->by[SHUNT_MARK_XDP].deadline_ns = bpf_ktime_get_ns() + p->after_ns;
		__sync_lock_test_and_set(&m->by[SHUNT_MARK_XDP].id, p->id);
		__sync_lock_test_and_set(&m->look, 1);
	}
	return drop(WIRE_MARKED);
}

/*
 * A request that goes first is on its way to the core's ring. The core sees this note before its
 * ring shows the request, and decides by itself whether to yield, so the note names no request. A
 * late or repeated frame does no harm: the core will not take it.
 */
static __always_inline void note_first(struct shunt_core_mark *m, __u32 epoch, __u32 seq)
{
	if (m->came >> 32 == epoch && (__s32)(seq - (__u32)m->came) <= 0)
		return;
	asm volatile("" : "+r"(m)); /* or &m->came is kept from above, in a copy of the register */
	__sync_lock_test_and_set(&m->came, SHUNT_CAME(epoch, seq));
	__sync_lock_test_and_set(&m->look, 1); /* after it: a core that clears look
						* before this sees it set again */
}

/* A REQUEST or RESUME goes to the core, which finds the quantum
 * of its class where it would if memory were shared. */
static __always_inline int hand_over(__u32 core, const struct shunt_wire_request *r)
{
	__u32 cls = shunt_index(r->cls, SHUNT_CLASSES),
	      us = shunt_min(r->quantum_us, SHUNT_SLO_MAX_US);
	struct shunt_view *v = get_view();
	int verdict = to_socket(core);

	if (!v || verdict != XDP_REDIRECT)
		return verdict;
	if (v->quantum_us[cls] != us)
		v->quantum_us[cls] = us;
	if (r->flags & SHUNT_META_FIRST)
		note_first(mark_of(v, core), r->w.epoch, r->seq);
	return verdict;
}

static __always_inline int unwrap(struct xdp_md *ctx, const struct shunt_wire_request *frame,
				  __u32 core)
{
	const struct shunt_wire_request r = *frame; /* it is cut off, and its place written to */
	struct shunt_meta meta = {
		.id = r.id, .hold_seq = r.seq, .payload = r.payload, .len = r.len,
		.cls = r.cls, .flags = r.flags, .abi = SHUNT_ABI, .epoch = r.w.epoch,
		.ack = r.ack ? r.seq - r.ack : 0, .row = r.actor,
	};
	__u64 now = bpf_ktime_get_ns();
	struct shunt_meta *m;
	__u8 *packet;

	/* Arrival by this host's clock: as long ago as the
	 * NIC kept the request. 0 ns: sent on at once. */
	meta.arrival_ns = now > r.waited_ns ? now - r.waited_ns : now;
	if (r.waited_ns)
		meta.flags |= SHUNT_META_HELD;
	if (bpf_xdp_adjust_head(ctx, sizeof(r)))
		return drop(WIRE_SHORT);
	packet = (void *)(long)ctx->data;
	if (packet + 14 > (__u8 *)(long)ctx->data_end)
		return drop(WIRE_SHORT);
	__builtin_memcpy(packet, r.w.to, sizeof(r.w.to));
	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*m)))
		return drop(WIRE_NO_META);
	m = (void *)(long)ctx->data_meta;
	if ((void *)(m + 1) > (void *)(long)ctx->data)
		return drop(WIRE_NO_META);
	*m = meta;
	return hand_over(core, &r);
}

/* An answer to a HELLO is for shuntd, which has the key to tell whether it is the NIC's. Of any
 * version: the nonce is there in all. */
static __always_inline int answer(const struct shunt_wire_welcome *w, void *end, __u32 core)
{
	struct shunt_wire_link *l = bpf_map_lookup_elem(&wire_link, &core);

	if ((void *)(&w->nonce + 1) > end)
		return drop(WIRE_SHORT);
	return l && l->nonce && w->nonce == l->nonce ? XDP_PASS : drop(WIRE_UNASKED);
}

SEC("xdp")
int shunt_unwrap(struct xdp_md *ctx)
{
	struct shunt_wire_request *r = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct shunt_wire *w = (void *)r;
	struct shunt_wire_epoch *e;
	__u32 core;

	if ((void *)(w + 1) > end || w->proto != bpf_htons(SHUNT_WIRE_PROTO))
		return XDP_PASS;
	core = w->core - first_core;
	if (w->type == SHUNT_WIRE_WELCOME || w->type == SHUNT_WIRE_REFUSE)
		return answer((void *)w, end, core);
	if (w->version != SHUNT_WIRE)
		return drop(WIRE_VERSION);
	e = bpf_map_lookup_elem(&wire_epoch, &core);
	if (!e || !e->cookie || w->cookie != e->cookie || w->epoch != e->epoch)
		return drop(WIRE_STALE);
	switch (w->type) {
	case SHUNT_WIRE_REQUEST:
		if ((void *)(r + 1) > end)
			return drop(WIRE_SHORT);
		return unwrap(ctx, r, core);
	case SHUNT_WIRE_RESUME:
		if ((void *)(r + 1) > end)
			return drop(WIRE_SHORT);
		return hand_over(core, r);
	case SHUNT_WIRE_PREEMPT:
		if ((void *)w + sizeof(struct shunt_wire_preempt) > end)
			return drop(WIRE_SHORT);
		return preempt((void *)w, core);
	default:
		return to_socket(core);
	}
}
