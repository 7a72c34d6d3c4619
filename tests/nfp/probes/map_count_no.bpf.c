// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses map-count
/* 129 maps. */
#include "probe.h"

#define FOUR(n)                \
	ARRAY(n##0, __u32, 1); \
	ARRAY(n##1, __u32, 1); \
	ARRAY(n##2, __u32, 1); \
	ARRAY(n##3, __u32, 1)
#define SIXTEEN(n) FOUR(n##a); FOUR(n##b); FOUR(n##c); FOUR(n##d)

SIXTEEN(a); SIXTEEN(b); SIXTEEN(c); SIXTEEN(d); SIXTEEN(e); SIXTEEN(f); SIXTEEN(g); SIXTEEN(h);
ARRAY(one_more, __u32, 1);

SEC("xdp") int probe(struct xdp_md *ctx)
{
	return XDP_PASS;
}
