// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * card.bpf.c - the card's program: parse, classify, let the policy choose a receive queue
 *
 * One object a policy, as bpf/shunt.bpf.c, from the same files. The card's answer is the queue alone:
 * what the host needs besides (class, payload) the program on that queue finds out again.
 * Everything that is unusual passes, and the card spreads it by hash as it would without us.
 */
#include <bpf/bpf_endian.h>

#include "maps.h"

SHUNT_NFP_ARRAY(nfp_cfg, struct shunt_nfp_cfg, 1);
SHUNT_NFP_ARRAY(ports, struct shunt_port, 65536);
SHUNT_NFP_ARRAY(rules, struct shunt_rule, SHUNT_RULES);
SHUNT_NFP_ARRAY(knobs, __u64, SHUNT_KNOBS);

/* Added to by the card, and never read by it. */
SHUNT_NFP_ARRAY(nfp_count, struct shunt_nfp_count, SHUNT_CLASSES);
SHUNT_NFP_ARRAY(nfp_pass, __u64, SHUNT_NR_PASS);

#include "../../bpf/classify.h"

#include SHUNT_POLICY_FILE

#include "../../bpf/event.h"
#include "view.h"

#ifdef SHUNT_TARGET_EMU
/* A host's kernel lets no program choose a queue: the choice is stored, for who asks the program, and put in front of the
 * packet, for who forwards it (tests/lab_card.bpf.c). */
SHUNT_NFP_ARRAY(nfp_chosen, __u32, 1);

static __always_inline void choose_queue(struct xdp_md *ctx, __u32 queue)
{
	__u32 zero = 0, *chosen = bpf_map_lookup_elem(&nfp_chosen, &zero), *front;

	if (chosen)
		*chosen = queue;
	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*front)))
		return;
	front = (void *)(long)ctx->data_meta;
	if ((void *)(front + 1) <= (void *)(long)ctx->data)
		*front = queue;
}
#else
static __always_inline void choose_queue(struct xdp_md *ctx, __u32 queue)
{
	ctx->rx_queue_index = queue;
}
#endif

char _license[] SEC("license") = "Dual BSD/GPL";

static __always_inline int leave(__u32 why)
{
	__u32 key = why;
	__u64 *n = bpf_map_lookup_elem(&nfp_pass, &key);

	if (n)
		__sync_fetch_and_add(n, 1);
	return XDP_PASS;
}

/* No queue of the policy's: the operator says what becomes of it. */
static __always_inline int fall_back(const struct shunt_nfp_cfg *cfg, struct shunt_nfp_count *n)
{
	if (cfg->fallback == SHUNT_FALLBACK_DROP) {
		__sync_fetch_and_add(&n->dropped, 1);
		return XDP_DROP;
	}
	__sync_fetch_and_add(&n->passed, 1);
	return XDP_PASS;
}

static __always_inline int arrive(struct xdp_md *ctx, const struct shunt_nfp_cfg *cfg,
				  const struct shunt_event *ev, struct shunt_nfp_count *n)
{
	struct shunt_nfp_view view;
	int said;

	__sync_fetch_and_add(&n->arrived, 1);
	if (!nfp_view_of(0, &view) || !view.group->ncores)
		return fall_back(cfg, n);
	said = steer(&view, ev);
	if (said == SHUNT_REJECT || said == SHUNT_DROP) {
		__sync_fetch_and_add(&n->dropped, 1);
		return XDP_DROP;
	}
	/* A queue that is not enabled would be spread by hash, but for the first of them. */
	if ((__u32)said >= SHUNT_NFP_CORES || (__u32)said >= cfg->nqueues)
		return fall_back(cfg, n);
	__sync_fetch_and_add(&n->steered, 1);
	choose_queue(ctx, said);
	return XDP_PASS;
}

SEC("xdp")
int shunt_nfp(struct xdp_md *ctx)
{
	__u32 zero = 0, key, spill, cls;
	struct shunt_nfp_count *n;
	struct shunt_nfp_cfg *cfg;
	struct shunt_port *port;
	struct shunt_packet p;
	struct shunt_event ev;
	int why = parse(ctx, &p);

	if (why != SHUNT_NR_PASS)
		return leave(why);
	key = bpf_ntohs(p.udp->dest);
	port = bpf_map_lookup_elem(&ports, &key);
	if (!port || !(port->flags & SHUNT_PORT_ON))
		return leave(SHUNT_PASS_PORT);
	cfg = bpf_map_lookup_elem(&nfp_cfg, &zero);
	if (!cfg || !is_for(&p, cfg->flags, cfg->addr4, cfg->addr6))
		return leave(SHUNT_PASS_ADDR);
	cls = classify(&p, port, &spill);
	if (cls >= cfg->nclasses || cls >= SHUNT_CLASSES)
		cls = 0;
	key = cls;
	n = bpf_map_lookup_elem(&nfp_count, &key);
	if (!n)
		return XDP_PASS;
	if (spill)
		__sync_fetch_and_add(&n->spill, 1);
	ev = (struct shunt_event){ .cls = cls, .run_cls = SHUNT_NONE };
	fill_event(&ev, &p, port);
	return arrive(ctx, cfg, &ev, n);
}
