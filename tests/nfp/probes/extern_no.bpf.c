// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses extern
/* A function of the kernel's is called. */
#include "probe.h"

extern void bpf_rcu_read_lock(void) __ksym;

SEC("xdp") int probe(struct xdp_md *ctx)
{
	bpf_rcu_read_lock();
	return XDP_PASS;
}
