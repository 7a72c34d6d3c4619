/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spin.h - shunt-spin's protocol on a packet as it lies on the wire
 */
#pragma once

#include <linux/types.h>
#include <string.h>
#include <time.h>

#include "apps/spin.h"

static inline __u64 now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static inline void swap(__u8 *a, __u8 *b, int n)
{
	__u8 was[16];

	memcpy(was, a, n);
	memcpy(a, b, n);
	memcpy(b, was, n);
}

/* Spins for as long as the packet asks, and turns addresses (IPv4) and ports round. */
static inline void spin_serve(__u8 *packet, __u32 len, __u16 payload)
{
	struct spin_msg m = { 0 };
	__u64 until;

	if (payload < 42 || len < payload + sizeof(m))
		return;
	memcpy(&m, packet + payload, sizeof(m));
	until = now_ns(CLOCK_MONOTONIC) + (m.spin_ns < SPIN_MAX_NS ? m.spin_ns : 0);
	while (now_ns(CLOCK_MONOTONIC) < until)
		;
	swap(packet + payload - 16, packet + payload - 12, 4);
	swap(packet + payload - 8, packet + payload - 6, 2);
	memset(packet + payload - 2, 0, 2); /* no checksum */
}
