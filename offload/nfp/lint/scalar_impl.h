/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scalar_impl.h - shared by the files that make up scalar.h: arithmetic on partly known bits
 */
#pragma once

#include <linux/bpf.h>
#include <stdint.h>

#include "scalar.h"

#define least(a, b) ((a) < (b) ? (a) : (b))
#define most(a, b) ((a) > (b) ? (a) : (b))

#define bits_any ((struct bits){ 0, UINT64_MAX })

static inline struct bits bits_low32(struct bits a)
{
	return (struct bits){ (__u32)a.value, (__u32)a.unknown };
}

static inline struct bits bits_high32(struct bits a)
{
	return (struct bits){ a.value & ~0xffffffffULL, a.unknown & ~0xffffffffULL };
}

/* The bits that two sources agree on, or that one of them knows. */
static inline struct bits bits_both(struct bits a, struct bits b)
{
	__u64 unknown = a.unknown & b.unknown;

	return (struct bits){ (a.value | b.value) & ~unknown, unknown };
}

static inline struct bits bits_range(__u64 min, __u64 max)
{
	__u64 differ = min ^ max, below;

	if (differ >> 63)
		return bits_any;
	below = differ ? (1ULL << (64 - __builtin_clzll(differ))) - 1 : 0;
	return (struct bits){ min & ~below, below };
}

static inline struct bits bits_or(struct bits a, struct bits b)
{
	__u64 value = a.value | b.value;

	return (struct bits){ value, (a.unknown | b.unknown) & ~value };
}

static inline struct bits bits_and(struct bits a, struct bits b)
{
	__u64 value = a.value & b.value;

	return (struct bits){ value, (a.value | a.unknown) & (b.value | b.unknown) & ~value };
}

static inline struct bits bits_xor(struct bits a, struct bits b)
{
	__u64 unknown = a.unknown | b.unknown;

	return (struct bits){ (a.value ^ b.value) & ~unknown, unknown };
}

static inline struct bits bits_add(struct bits a, struct bits b)
{
	__u64 value = a.value + b.value;
	__u64 unknown = ((a.unknown + b.unknown + value) ^ value) | a.unknown | b.unknown;

	return (struct bits){ value & ~unknown, unknown };
}

static inline struct bits bits_sub(struct bits a, struct bits b)
{
	__u64 value = a.value - b.value;
	__u64 unknown = ((value + a.unknown) ^ (value - b.unknown)) | a.unknown | b.unknown;

	return (struct bits){ value & ~unknown, unknown };
}

void forget64(struct scalar *s);
void forget32(struct scalar *s);
void range_from_bits32(struct scalar *s);
void range_from_bits64(struct scalar *s);
/* Lets bits and ranges learn from each other. */
void settle(struct scalar *s);
void clear_high32(struct scalar *s);
/* After the lower half, or the whole, was learned about: the other one follows. */
void low_to_all(struct scalar *s);
void all_to_low(struct scalar *s);
