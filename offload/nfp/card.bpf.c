// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * card.bpf.c - the card's program: parse, classify, let the policy choose a receive queue
 *
 * One object a policy, as bpf/shunt.bpf.c, from the same files. The card's answer is the queue
 * alone: the host's program on that queue finds class and payload again. Everything that is unusual
 * passes, and the card spreads it by hash as it would without us.
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

#define SHUNT_FRONT_CARD
#include "../../bpf/front.h"

#include SHUNT_POLICY_FILE

#include "../../bpf/event.h"
#include "view.h"

#if SHUNT_HAS(PLAN)
#warning "the card does not call plan(): shuntd does, on the host; steer() here sees none of it"
#endif

#ifdef SHUNT_TARGET_EMU
/* A host's kernel lets no program choose a queue: the choice is stored, for who asks the program,
 * and put in front of the packet, for who forwards it (tests/lab_card.bpf.c). */
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

/* No queue of the policy's: the operator says what becomes
 * of it. A card holds nothing, so to hold is to pass. */
static __always_inline int no_queue(const struct shunt_nfp_cfg *cfg, front_count *n)
{
	return fall_back(n, cfg->fallback != SHUNT_FALLBACK_DROP);
}

static __always_inline int arrive(struct xdp_md *ctx, const struct shunt_nfp_cfg *cfg,
				  const struct shunt_event *ev, front_count *n)
{
	struct shunt_nfp_view view;
	int said;

	if (!nfp_view_of(0, &view) || !view.group->ncores)
		return no_queue(cfg, n);
	said = steer(&view, ev);
	if (said == SHUNT_REJECT || said == SHUNT_DROP) {
		COUNT(n->dropped);
		return XDP_DROP;
	}
	/* A queue that is not enabled would be spread by hash, but for the first of them. */
	if ((__u32)said >= SHUNT_NFP_CORES || (__u32)said >= cfg->nqueues)
		return no_queue(cfg, n);
	COUNT(n->steered);
	choose_queue(ctx, said);
	return XDP_PASS;
}

SEC("xdp")
int shunt_nfp(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct shunt_nfp_cfg *cfg = bpf_map_lookup_elem(&nfp_cfg, &zero);
	struct shunt_event ev;
	struct front f;
	int action;

	if (!cfg)
		return XDP_PASS;
	action = front(ctx, &f, cfg);
	if (action != FRONT_REQUEST)
		return action;
	if (!front_class(&f, cfg))
		return XDP_PASS;
	ev = (struct shunt_event){ .cls = f.cls, .run_cls = SHUNT_NONE };
	fill_event(&ev, &f.p, f.port);
	return arrive(ctx, cfg, &ev, f.n);
}
