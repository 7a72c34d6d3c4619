// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses bad-call
/* 256 functions and the program itself: one more than the kernel takes. */
#include "probe.h"

#define F(n)                                                                                       \
	static __attribute__((noinline)) void f##n(void)                                           \
	{                                                                                          \
		asm volatile("" ::"i"(0x##n));                                                     \
	}
#define FOUR(M, n) M(n##0) M(n##1) M(n##2) M(n##3)
#define SIXTEEN(M, n) FOUR(M, n##0) FOUR(M, n##1) FOUR(M, n##2) FOUR(M, n##3)
#define SIXTY(M, n) SIXTEEN(M, n##0) SIXTEEN(M, n##1) SIXTEEN(M, n##2) SIXTEEN(M, n##3)
#define CALL(n) f##n();

SIXTY(F, 0) SIXTY(F, 1) SIXTY(F, 2) SIXTY(F, 3)

SEC("xdp") int probe(struct xdp_md *ctx)
{
	SIXTY(CALL, 0) SIXTY(CALL, 1) SIXTY(CALL, 2) SIXTY(CALL, 3)
	return XDP_PASS;
}
