/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * input.h - a fuzzer's input, taken piece by piece; what it lacks comes as zeros
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Something that must hold does not: libFuzzer keeps the input, the trace shows the line. */
#define MUST(cond) ((cond) ? (void)0 : abort())

struct input {
	const uint8_t *at;
	size_t left;
};

static inline size_t take(struct input *in, void *to, size_t len)
{
	size_t n = len < in->left ? len : in->left;

	memcpy(to, in->at, n);
	memset((char *)to + n, 0, len - n);
	in->at += n;
	in->left -= n;
	return n;
}

static inline uint8_t take8(struct input *in)
{
	uint8_t x;

	take(in, &x, sizeof(x));
	return x;
}

static inline uint16_t take16(struct input *in)
{
	uint16_t x;

	take(in, &x, sizeof(x));
	return x;
}

static inline uint32_t take32(struct input *in)
{
	uint32_t x;

	take(in, &x, sizeof(x));
	return x;
}

static inline uint64_t take64(struct input *in)
{
	uint64_t x;

	take(in, &x, sizeof(x));
	return x;
}

/* All up to the separator, or the end: *len bytes, which are the input's own. */
static inline const uint8_t *take_until(struct input *in, uint8_t separator, size_t *len)
{
	const uint8_t *begin = in->at, *end = in->left ? memchr(begin, separator, in->left) : NULL;

	*len = end ? (size_t)(end - begin) : in->left;
	in->at += *len + !!end;
	in->left -= *len + !!end;
	return begin;
}

/* A copy of exactly its length: a byte read too far is noticed. free() it. */
static inline void *exactly(const void *data, size_t len)
{
	void *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	if (len)
		memcpy(copy, data, len);
	return copy;
}
