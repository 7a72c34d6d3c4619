/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * refuse_kinds.h - the payload of a reply that says no, written over that of the request
 *
 * Each function returns the length of the reply, which is never longer than the request; 0: no
 * reply of this kind fits. No refusal is a request that another one would answer, or two servers
 * would answer each other for ever: the protocols tell requests from replies, and configured bytes
 * are shorter than what they answer.
 */
#pragma once

#include "parse.h"
#include "sum.h"

struct refused {
	void *data, *end; /* the frame */
	__u64 at;         /* offset of the UDP payload */
	__u32 len;        /* of the payload */
	__u32 ipv6;
	__u64 sum;        /* of the reply's payload, by its kind; 0: it is to be read. Bytes that
			   * were just stored in other pieces are read slowly */
};

/* So many bytes of the payload from "at" on; NULL: the frame does not have them. */
static __always_inline void *part(const struct refused *q, __u64 at, __u32 bytes)
{
	void *here = q->data + shunt_index(q->at + at, 4096);

	return here + bytes <= q->end ? here : NULL;
}

/* A last word that is not whole is put together with the bytes before it: the UDP header alone has
 * as many. */
static __always_inline __u32 refuse_by_bytes(const struct refused *q, const struct shunt_refuse *r)
{
	__u32 count = r->count, rest = count & 7, before = (8 - rest) * 8;
	__u64 at = r->offset, *here;

	if (count > SHUNT_REFUSE_BYTES || at + count > r->length || r->length >= q->len)
		return 0;
	for (__u32 i = 0; i < SHUNT_REFUSE_BYTES && i + 8 <= count; i += 8, at += 8) {
		here = part(q, at, 8);
		if (!here)
			return 0;
		*here = *(const __u64 *)(r->bytes + i);
	}
	if (rest) {
		here = part(q, at + rest - 8, 8);
		if (!here)
			return 0;
		*here = (*here & ~(~0ULL << before)) |
			*(const __u64 *)(r->bytes + (count & 56)) << before;
	}
	return r->length;
}

#define MEMCACHED_HEADER 8 /* of each datagram: request, number of the datagram, of how many, 0 */
#define MEMCACHED_ASKS 0x80
#define MEMCACHED_ANSWERS 0x81
#define MEMCACHED_BUSY 0x85

/* The binary protocol: opcode and opaque stay. */
static __always_inline __u32 refuse_by_busy(const struct refused *q)
{
	__u8 *p = part(q, MEMCACHED_HEADER, 24);

	if (!p || q->len < MEMCACHED_HEADER + 24)
		return 0;
	p[0] = MEMCACHED_ANSWERS;
	*(__u16 *)(p + 2) = 0;
	*(__u32 *)(p + 4) = bpf_htonl(MEMCACHED_BUSY);
	*(__u32 *)(p + 8) = 0;
	*(__u64 *)(p + 16) = 0;
	return MEMCACHED_HEADER + 24;
}

/* Texts of eight bytes and less, the first byte lowest. */
#define SERVER_E 0x455f524556524553ULL
#define RROR_BUS 0x73756220524f5252ULL
#define RROR 0x524f5252U
#define SY_CR_LF 0x0a0d7973U
#define CR_LF 0x0a0dU
#define Y_CR 0x0d79U

/* As two halves, whose sum is that of the whole. */
#define HALVES(word) (((word) >> 32) + ((word) & 0xffffffff))

/* Commands begin with a small letter, replies with a large one or a digit. */
static __always_inline __u32 refuse_by_memcached(struct refused *q)
{
	__u32 word = sizeof("SERVER_ERROR") - 1, least = MEMCACHED_HEADER + word + 2;
	__u64 *p = part(q, 0, least), header;
	__u8 first;

	if (!p || q->len < least)
		return 0;
	header = p[0];
	first = p[1];
	if (header >> 16 & 0xffff) /* the first datagram of a request alone */
		return 0;
	header = (__u32)header | (__u64)bpf_htonl(1 << 16) << 32;
	p[0] = header;
	if (first == MEMCACHED_ASKS)
		return refuse_by_busy(q);
	if ((__u8)(first - 'a') > 'z' - 'a')
		return 0;
	p[1] = SERVER_E;
	q->sum = halves(header) + HALVES(SERVER_E);
	if (q->len >= least + 5 && (void *)p + least + 5 <= q->end) {
		p[2] = RROR_BUS;
		*(__u32 *)((void *)p + least + 1) = SY_CR_LF;
		q->sum += HALVES(RROR_BUS) + Y_CR + '\n';
		return least + 5;
	}
	*(__u32 *)(p + 2) = RROR;
	*(__u16 *)((void *)p + least - 2) = CR_LF;
	q->sum += (__u64)RROR + CR_LF;
	return least;
}

#define DNS_HEADER 12
#define DNS_QUESTION 4  /* type and class, behind the name */
#define DNS_NAME 255
#define DNS_LABELS 128  /* of a name, at most; a label has a byte of length and one more */
#define DNS_QR 0x80     /* of the third byte: it is a reply */
#define DNS_OPCODE 0x78
#define DNS_RD 0x01
#define DNS_CD 0x10     /* of the fourth */
#define DNS_REFUSED 5

/* Where the question ends; 0: it does not, or its name refers to another. */
static __always_inline __u32 dns_end(const struct refused *q)
{
	__u64 at = DNS_HEADER;
	__u8 *label;

	for (__u32 i = 0; i < DNS_LABELS; i++) {
		label = part(q, at, 1);
		if (!label || *label > 63 || at >= DNS_HEADER + DNS_NAME)
			return 0;
		at += 1 + *label;
		if (!*label)
			return at + DNS_QUESTION;
	}
	return 0;
}

/* Header and question stay; EDNS' options go, as they would need an answer of their own. */
static __always_inline __u32 refuse_by_dns(const struct refused *q)
{
	__u8 *p = part(q, 0, DNS_HEADER);
	__u32 end;

	/* A query, with one question and nothing but additional records. */
	if (!p || q->len < DNS_HEADER || p[2] & (DNS_QR | DNS_OPCODE) ||
	    *(__u32 *)(p + 4) != bpf_htonl(1 << 16) || *(__u16 *)(p + 8))
		return 0;
	end = dns_end(q);
	if (!end || end > q->len)
		return 0;
	p[2] = DNS_QR | (p[2] & DNS_RD);
	p[3] = DNS_REFUSED | (p[3] & DNS_CD);
	*(__u16 *)(p + 10) = 0;
	return end;
}

#define RPC_CALL_LEAST 40 /* bytes: without credentials, verifier and arguments */
#define RPC_REPLY 1
#define RPC_SYSTEM_ERR 5

/* RFC 5531: xid, REPLY, MSG_ACCEPTED, no verifier, SYSTEM_ERR. */
static __always_inline __u32 refuse_by_onc_rpc(struct refused *q)
{
	__u32 *p = part(q, 0, 24);

	if (!p || q->len < RPC_CALL_LEAST || p[1] || p[2] != bpf_htonl(2))
		return 0;
	q->sum = (__u64)p[0] + bpf_htonl(RPC_REPLY) + bpf_htonl(RPC_SYSTEM_ERR);
	p[1] = bpf_htonl(RPC_REPLY);
	p[2] = p[3] = p[4] = 0;
	p[5] = bpf_htonl(RPC_SYSTEM_ERR);
	return 24;
}

/* The reply's payload in place of the request's. */
static __always_inline __u32 refuse_by(struct refused *q, const struct shunt_refuse *r)
{
	switch (r->kind) {
	case SHUNT_REFUSE_REPLY:
		return refuse_by_bytes(q, r);
	case SHUNT_REFUSE_MEMCACHED:
		return refuse_by_memcached(q);
	case SHUNT_REFUSE_DNS:
		return refuse_by_dns(q);
	case SHUNT_REFUSE_ONC_RPC:
		return refuse_by_onc_rpc(q);
	default:
		return 0;
	}
}
