// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses helper
/* The card sends nothing elsewhere. */
#include "probe.h"

SEC("xdp") int probe(struct xdp_md *ctx)
{
	return bpf_redirect(1, 0);
}
