/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spin.h - the protocol of the synthetic server: a request says its class and how long to compute
 *
 * 24 bytes, little-endian; the reply is the request with
 * sojourn_ns filled in. XDP's rules look at byte 0.
 */
#pragma once

#include <stdint.h>

#define SPIN_PORT 9000
#define SPIN_MAX_NS 100000000u /* a request cannot ask for more */

struct spin_msg {
	uint8_t type;        /* 1: short, 2: long, … as the rules have it */
	uint8_t replies;     /* datagrams in the reply: 0 and 1 mean one; 255 none at all */
	uint16_t pad;        /* 0, but see SPIN_REFUSED */
	uint32_t spin_ns;
	uint64_t sent_ns;    /* the client's own: comes back as it was */
	uint64_t sojourn_ns; /* in replies: arrival at the server to now */
};

#define SPIN_NO_REPLY 255
/* "pad" of a reply that says no. It lacks the request's last byte (as refuse: {reply: 0xffff,
 * offset: 2, length: 31} of a port makes it: XDP's replies of bytes are shorter than requests). */
#define SPIN_REFUSED 0xffff
