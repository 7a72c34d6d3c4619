/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * steer.h - asks the policy about an arrival, over the domain's view or, emulating a card, over a
 * card's view
 *
 * Included behind the policy's own file.
 */
#pragma once

#ifdef SHUNT_TARGET_EMU
#include "../offload/nfp/view.h"

static __always_inline int ask_steer(struct shunt_view *view, __u32 domain,
				     const struct shunt_event *ev)
{
	struct shunt_nfp_view card;

	return nfp_view_of(domain, &card) ? steer(&card, ev) : SHUNT_HOLD;
}
#else
static __always_inline int ask_steer(struct shunt_view *view, __u32 domain,
				     const struct shunt_event *ev)
{
	return steer(view, ev);
}
#endif
