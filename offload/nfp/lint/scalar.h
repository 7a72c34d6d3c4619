/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scalar.h - what is known of a number: which bits, and ranges of all 64 and of the lower 32
 *
 * Neither more nor less than Linux 6.1's verifier knows: the card's driver asks that verifier for
 * ranges, so a lint that knew better would let pass what the card refuses.
 */
#pragma once

#include <linux/types.h>
#include <stdint.h>
#include <stdbool.h>

/* Bits that are set in unknown may be either; the others are those of value. */
struct bits {
	__u64 value;
	__u64 unknown;
};

struct scalar {
	struct bits bits;
	__s64 smin, smax;
	__u64 umin, umax;
	__s32 smin32, smax32;
	__u32 umin32, umax32;
};

struct scalar scalar_const(__u64 value);
struct scalar scalar_any(void);
/* The value that a load of size bytes gives. */
struct scalar scalar_loaded(struct scalar s, int size);
/* The lower 32 bits, the upper ones cleared. */
struct scalar scalar_low32(struct scalar s);

bool scalar_is_const(const struct scalar *s);
/* Everything that b can be, a can be, too. */
bool scalar_covers(const struct scalar *a, const struct scalar *b);

/* dst OP= src; op as in BPF_OP(code). */
void scalar_op(struct scalar *dst, struct scalar src, __u8 op, bool is32);
/* A pointer's variable part and a number added to it, or taken from it. */
void scalar_shift_pointer(struct scalar *ptr, const struct scalar *by, bool subtract);

/* "if (s OP value)": 1 always, 0 never, -1 sometimes. */
int scalar_test(const struct scalar *s, __u64 value, __u8 op, bool is32);
/* The values that are left where the test with a constant holds, and where it does not. */
void scalar_learn(struct scalar *yes, struct scalar *no, __u64 value, __u8 op, bool is32);
/* Both are known to be equal. */
void scalar_meet(struct scalar *a, struct scalar *b);
/* The test with its sides swapped; 0: no comparison. */
__u8 scalar_flip(__u8 op);
