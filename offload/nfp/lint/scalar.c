// SPDX-License-Identifier: BSD-2-Clause
/*
 * scalar.c - what is known of a number: constants, coverage, and keeping bits and ranges in step
 */
#include "scalar_impl.h"

struct scalar scalar_const(__u64 value)
{
	return (struct scalar){
		.bits = { value, 0 },
		.smin = value, .smax = value, .umin = value, .umax = value,
		.smin32 = value, .smax32 = value, .umin32 = value, .umax32 = value,
	};
}

void forget64(struct scalar *s)
{
	s->smin = INT64_MIN;
	s->smax = INT64_MAX;
	s->umin = 0;
	s->umax = UINT64_MAX;
}

void forget32(struct scalar *s)
{
	s->smin32 = INT32_MIN;
	s->smax32 = INT32_MAX;
	s->umin32 = 0;
	s->umax32 = UINT32_MAX;
}

struct scalar scalar_any(void)
{
	struct scalar s = { .bits = bits_any };

	forget64(&s);
	forget32(&s);
	return s;
}

bool scalar_is_const(const struct scalar *s)
{
	return !s->bits.unknown;
}

void range_from_bits32(struct scalar *s)
{
	__u32 value = s->bits.value, unknown = s->bits.unknown;

	s->smin32 = most(s->smin32, (__s32)(value | (unknown & 0x80000000u)));
	s->smax32 = least(s->smax32, (__s32)(value | (unknown & 0x7fffffffu)));
	s->umin32 = most(s->umin32, value);
	s->umax32 = least(s->umax32, value | unknown);
}

void range_from_bits64(struct scalar *s)
{
	__u64 value = s->bits.value, unknown = s->bits.unknown;

	s->smin = most(s->smin, (__s64)(value | (unknown & (1ULL << 63))));
	s->smax = least(s->smax, (__s64)(value | (unknown & ~(1ULL << 63))));
	s->umin = most(s->umin, value);
	s->umax = least(s->umax, value | unknown);
}

/* Where the sign is known, the signed and the unsigned range are one. */
#define JOIN_SIGNS(smin, smax, umin, umax, S, U)                                                   \
	do {                                                                                       \
		if ((smin) >= 0 || (smax) < 0) {                                                   \
			(umin) = most((U)(smin), umin);                                            \
			(smin) = (S)(umin);                                                        \
			(umax) = least((U)(smax), umax);                                           \
			(smax) = (S)(umax);                                                        \
		} else if ((S)(umax) >= 0) {                                                       \
			(smin) = (S)(umin);                                                        \
			(umax) = least((U)(smax), umax);                                           \
			(smax) = (S)(umax);                                                        \
		} else if ((S)(umin) < 0) {                                                        \
			(umin) = most((U)(smin), umin);                                            \
			(smin) = (S)(umin);                                                        \
			(smax) = (S)(umax);                                                        \
		}                                                                                  \
	} while (0)

static void bits_from_ranges(struct scalar *s)
{
	struct bits all = bits_both(s->bits, bits_range(s->umin, s->umax));
	struct bits low = bits_both(bits_low32(all), bits_range(s->umin32, s->umax32));

	s->bits = bits_or(bits_high32(all), low);
}

void settle(struct scalar *s)
{
	range_from_bits32(s);
	range_from_bits64(s);
	JOIN_SIGNS(s->smin32, s->smax32, s->umin32, s->umax32, __s32, __u32);
	JOIN_SIGNS(s->smin, s->smax, s->umin, s->umax, __s64, __u64);
	bits_from_ranges(s);
	range_from_bits32(s);
	range_from_bits64(s);
}

/* The upper half is zero: the ranges of the lower half are those of the whole. */
static void ranges_from_low(struct scalar *s)
{
	s->umin = s->umin32;
	s->umax = s->umax32;
	if (s->smin32 >= 0 && s->smax32 >= 0) {
		s->smin = s->smin32;
		s->smax = s->smax32;
	} else {
		s->smin = 0;
		s->smax = UINT32_MAX;
	}
}

void clear_high32(struct scalar *s)
{
	s->bits = bits_low32(s->bits);
	ranges_from_low(s);
}

struct scalar scalar_low32(struct scalar s)
{
	clear_high32(&s);
	settle(&s);
	return s;
}

void low_to_all(struct scalar *s)
{
	struct bits high = bits_high32(s->bits);

	if (!high.value && !high.unknown)
		ranges_from_low(s);
	else
		forget64(s);
	settle(s);
}

void all_to_low(struct scalar *s)
{
	forget32(s);
	if (s->smin >= INT32_MIN && s->smin <= INT32_MAX && s->smax >= INT32_MIN &&
	    s->smax <= INT32_MAX) {
		s->smin32 = s->smin;
		s->smax32 = s->smax;
	}
	if (s->umin <= UINT32_MAX && s->umax <= UINT32_MAX) {
		s->umin32 = s->umin;
		s->umax32 = s->umax;
	}
	settle(s);
}

struct scalar scalar_loaded(struct scalar s, int size)
{
	__u64 mask;

	if (size >= 8)
		return s;
	mask = (1ULL << (size * 8)) - 1;
	s.bits.value &= mask;
	s.bits.unknown &= mask;
	if ((s.umin & ~mask) == (s.umax & ~mask)) {
		s.umin &= mask;
		s.umax &= mask;
	} else {
		s.umin = 0;
		s.umax = mask;
	}
	s.smin = s.umin;
	s.smax = s.umax;
	if (size < 4)
		all_to_low(&s);
	return s;
}

bool scalar_covers(const struct scalar *a, const struct scalar *b)
{
	return a->umin <= b->umin && a->umax >= b->umax && a->smin <= b->smin &&
	       a->smax >= b->smax && a->umin32 <= b->umin32 && a->umax32 >= b->umax32 &&
	       a->smin32 <= b->smin32 && a->smax32 >= b->smax32 &&
	       !(b->bits.unknown & ~a->bits.unknown) &&
	       a->bits.value == (b->bits.value & ~a->bits.unknown);
}

void scalar_meet(struct scalar *a, struct scalar *b)
{
	a->umin = b->umin = most(a->umin, b->umin);
	a->umax = b->umax = least(a->umax, b->umax);
	a->smin = b->smin = most(a->smin, b->smin);
	a->smax = b->smax = least(a->smax, b->smax);
	a->bits = b->bits = bits_both(a->bits, b->bits);
	settle(a);
	settle(b);
}
