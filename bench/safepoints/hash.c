/* SPDX-License-Identifier: BSD-2-Clause */
/* hash.c - SipHash-2-4 of a few hundred keys of many lengths */
#include "work.h"

#define ROL(x, b) ((x) << (b) | (x) >> (64 - (b)))

struct state {
	uint64_t a, b, c, d;
};

static void mix(struct state *s)
{
	s->a += s->b;
	s->b = ROL(s->b, 13) ^ s->a;
	s->a = ROL(s->a, 32);
	s->c += s->d;
	s->d = ROL(s->d, 16) ^ s->c;
	s->a += s->d;
	s->d = ROL(s->d, 21) ^ s->a;
	s->c += s->b;
	s->b = ROL(s->b, 17) ^ s->c;
	s->c = ROL(s->c, 32);
}

static __attribute__((noinline)) uint64_t siphash(const uint8_t *in, size_t len)
{
	struct state s = { 0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261,
			   0x7465646279746573 };
	uint64_t last = (uint64_t)len << 56, m;
	size_t i;

	for (i = 0; i + 8 <= len; i += 8) {
		memcpy(&m, in + i, 8);
		s.d ^= m;
		mix(&s);
		mix(&s);
		s.a ^= m;
	}
	for (unsigned int shift = 0; i < len; i++, shift += 8)
		last |= (uint64_t)in[i] << shift;
	s.d ^= last;
	mix(&s);
	mix(&s);
	s.a ^= last;
	s.c ^= 0xff;
	for (i = 0; i < 4; i++)
		mix(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}

uint64_t WORK(void)
{
	static uint8_t text[65536];
	uint64_t sum = 0;
	size_t at = 0;

	if (!text[1])
		fill(text, sizeof(text), 1);
	for (size_t len = 4; len < 1500; len += 3, at += 61)
		sum ^= siphash(text + at, len) + len;
	return sum;
}
