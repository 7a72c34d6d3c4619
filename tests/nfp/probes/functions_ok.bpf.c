// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: accepts
/* 255 and the program itself. */
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

SIXTY(F, 0) SIXTY(F, 1) SIXTY(F, 2)
SIXTEEN(F, 30) SIXTEEN(F, 31) SIXTEEN(F, 32)
FOUR(F, 330) FOUR(F, 331) FOUR(F, 332) F(3330) F(3331) F(3332)

SEC("xdp") int probe(struct xdp_md *ctx)
{
	SIXTY(CALL, 0) SIXTY(CALL, 1) SIXTY(CALL, 2)
	SIXTEEN(CALL, 30) SIXTEEN(CALL, 31) SIXTEEN(CALL, 32)
	FOUR(CALL, 330) FOUR(CALL, 331) FOUR(CALL, 332) f3330(); f3331(); f3332();
	return XDP_PASS;
}
