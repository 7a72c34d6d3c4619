/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * refusal.h - a port that refuses by a reply, a request that is refused, and its reply
 */
#pragma once

#include "arrive.h"

#define SECOND 1000000000ULL

/* Requests of DNS, and of ONC RPC (40 bytes). */
#define DNS(flags, counts) "\xab\xcd" flags counts "\3www\7example\3org\0\0\1\0\1"
#define DNS_LEN 33
#define CALL "wxyz\0\0\0\0\0\0\0\2\0\1\x86\xa3\0\0\0\3\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

extern struct packet_spec spec; /* of the requests */

/* A policy that rejects all. */
int refusal_set_up(void **state);

/* The port's refusal; without a batch there is no limit. */
void refuse(struct shunt_refuse r);
void by(enum shunt_refuse_kind kind);
void by_bytes(const void *bytes, __u32 count, __u32 offset, __u32 length);

/* The request: this payload, in a packet of the present spec. */
void asks(const void *payload, __u32 len);

/* Nothing is said, nor if the frame has more bytes than the datagram. */
void assert_silent(void);
/* The payload of the reply, whose headers are right. */
const __u8 *said(__u32 *len);
void assert_said(const void *want, __u32 want_len);
