/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * proof.h - the proof that a HELLO, WELCOME or REFUSE carries: SipHash-2-4 under the core's key, of
 * all that goes before it in the frame
 *
 * One source for the NIC's program and for user space. The words are little-endian, as all of a
 * frame is.
 */
#pragma once

#include <linux/types.h>

#define SHUNT_PROOF_BYTES 56 /* of the frame, from its Ethernet header on */
#define SHUNT_PROOF_WORDS (SHUNT_PROOF_BYTES / 8)

/* A host's key of 128 bits; 0, 0: none. */
struct shunt_key {
	__u64 word[2];
};

#define SHUNT_ROTL(x, n) ((x) << (n) | (x) >> (64 - (n)))

static inline __attribute__((always_inline)) void shunt_sip_round(__u64 v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = SHUNT_ROTL(v[1], 13) ^ v[0];
	v[3] = SHUNT_ROTL(v[3], 16) ^ v[2];
	v[0] = SHUNT_ROTL(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = SHUNT_ROTL(v[1], 17) ^ v[2];
	v[3] = SHUNT_ROTL(v[3], 21) ^ v[0];
	v[2] = SHUNT_ROTL(v[2], 32);
}

static inline __attribute__((always_inline)) void shunt_sip_word(__u64 v[4], __u64 word)
{
	v[3] ^= word;
	shunt_sip_round(v);
	shunt_sip_round(v);
	v[0] ^= word;
}

/* SipHash-2-4 of whole words, at most 31 of them. */
static inline __attribute__((always_inline)) __u64 shunt_sip(const struct shunt_key *key,
							     const __u64 *word, unsigned int words)
{
	__u64 v[4] = {
		key->word[0] ^ 0x736f6d6570736575ULL,
		key->word[1] ^ 0x646f72616e646f6dULL,
		key->word[0] ^ 0x6c7967656e657261ULL,
		key->word[1] ^ 0x7465646279746573ULL,
	};

#ifdef __bpf__
#pragma unroll
#endif
	for (unsigned int i = 0; i < words; i++)
		shunt_sip_word(v, word[i]);
	shunt_sip_word(v, (__u64)words << 59); /* their length in bytes, in the uppermost one */
	v[2] ^= 0xff;
	shunt_sip_round(v);
	shunt_sip_round(v);
	shunt_sip_round(v);
	shunt_sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The value that the last eight bytes of a frame must have. */
static inline __u64 shunt_prove(const struct shunt_key *key, const void *frame)
{
	__u64 word[SHUNT_PROOF_WORDS];

	__builtin_memcpy(word, frame, sizeof(word));
	return shunt_sip(key, word, SHUNT_PROOF_WORDS);
}
