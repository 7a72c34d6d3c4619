/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctx_regs.h - fills every register that a call must keep, calls, and looks
 */
#pragma once

#include <stdint.h>

#if defined(__x86_64__)
#define REGS 6 /* rbx rbp r12 r13 r14 r15 */
#elif defined(__aarch64__)
#define REGS 19 /* x19 to x29, d8 to d15 */
#endif

/* in: what to put there; out: what was there after call(a, b). */
void ctx_regs(const uint64_t in[REGS], uint64_t out[REGS], void (*call)(void *a, void *b), void *a,
	      void *b);
