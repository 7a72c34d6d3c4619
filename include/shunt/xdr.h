/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * xdr.h - values in the form of XDR (RFC 4506), for code that shunt-rpcgen wrote
 */
#pragma once

#include <stdbool.h>
#include <string.h>

#include <shunt/rpc.h>

#define SHUNT_XDR_REPLY_MAX 4096 /* no frame has more */

static inline uint32_t shunt_xdr_get32(const uint8_t *p)
{
	uint32_t word;

	memcpy(&word, p, 4);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	word = __builtin_bswap32(word);
#endif
	return word;
}

static inline uint64_t shunt_xdr_get64(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

static inline float shunt_xdr_get_float(const uint8_t *p)
{
	uint32_t word = shunt_xdr_get32(p);
	float value;

	memcpy(&value, &word, sizeof(value));
	return value;
}

static inline double shunt_xdr_get_double(const uint8_t *p)
{
	uint64_t word = shunt_xdr_get64(p);
	double value;

	memcpy(&value, &word, sizeof(value));
	return value;
}

/* A length, that many bytes, and up to three to fill a word. What is behind them; NULL: there are
 * fewer, or more than max. */
static inline const uint8_t *shunt_xdr_get_bytes(const uint8_t *p, const uint8_t *end, uint32_t max,
						 struct shunt_rpc_bytes *bytes)
{
	size_t left = end - p;
	uint64_t len;

	if (left < 4)
		return NULL;
	len = shunt_xdr_get32(p);
	if (len > max || ((len + 3) & ~3ULL) > left - 4)
		return NULL;
	bytes->data = (const char *)p + 4;
	bytes->len = len;
	return p + 4 + ((len + 3) & ~3ULL);
}

static inline void shunt_xdr_put32(uint8_t *p, uint32_t word)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	word = __builtin_bswap32(word);
#endif
	memcpy(p, &word, 4);
}

static inline void shunt_xdr_put64(uint8_t *p, uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	memcpy(p, &word, 8);
}

static inline void shunt_xdr_put_float(uint8_t *p, float value)
{
	uint32_t word;

	memcpy(&word, &value, 4);
	shunt_xdr_put32(p, word);
}

static inline void shunt_xdr_put_double(uint8_t *p, double value)
{
	uint64_t word;

	memcpy(&word, &value, 8);
	shunt_xdr_put64(p, word);
}

/* The bytes, and zeros that fill the last word. */
static inline void shunt_xdr_put_opaque(uint8_t *p, const void *data, uint32_t len)
{
	memcpy(p, data, len);
	memset(p + len, 0, -len & 3);
}

/* What is behind them; NULL: there is no room, or they are more than max. */
static inline uint8_t *shunt_xdr_put_bytes(uint8_t *p, const uint8_t *end, uint32_t max,
					   struct shunt_rpc_bytes bytes)
{
	size_t left = end - p;

	if (left < 4 || bytes.len > max || ((bytes.len + 3ULL) & ~3ULL) > left - 4)
		return NULL;
	shunt_xdr_put32(p, bytes.len);
	if (bytes.len)
		shunt_xdr_put_opaque(p + 4, bytes.data, bytes.len);
	return p + 4 + ((bytes.len + 3) & ~3u);
}

/* The end of the room that a reply has. */
static inline const uint8_t *shunt_xdr_room(const struct shunt_rpc_call *call)
{
	return (const uint8_t *)call->req->data + call->req->room;
}

/* Would the bytes be written over while they are encoded into the frame? */
static inline bool shunt_xdr_in_frame(const struct shunt_rpc_call *call,
				      struct shunt_rpc_bytes bytes)
{
	return bytes.data + bytes.len > (const char *)call->req->data &&
	       bytes.data < (const char *)shunt_xdr_room(call);
}

/* The length of a reply whose results end at "at"; NULL: they had no room. */
static inline long shunt_xdr_end(const struct shunt_rpc_call *call, const uint8_t *at)
{
	return at ? at - (const uint8_t *)call->req->data :
		    shunt_rpc_refuse(call, SHUNT_RPC_SYSTEM_ERR);
}

/* The same for results that were encoded beside the frame. */
static inline long shunt_xdr_copy(const struct shunt_rpc_call *call, const uint8_t *beside,
				  const uint8_t *at)
{
	uint8_t *to = at ? shunt_rpc_accept(call) : NULL;

	if (!to || at - beside > shunt_xdr_room(call) - to)
		return shunt_rpc_refuse(call, SHUNT_RPC_SYSTEM_ERR);
	memcpy(to, beside, at - beside);
	return shunt_xdr_end(call, to + (at - beside));
}
