// SPDX-License-Identifier: BSD-2-Clause
/*
 * reply.c - is a frame the reply to a request? No header struct, and no sum, is shared with XDP
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reply.h"

static __u16 last_sum;

static __u32 get16(const __u8 *at)
{
	return at[0] << 8 | at[1];
}

static __u32 add_pairs(__u32 sum, const __u8 *at, __u32 len)
{
	for (__u32 i = 0; i < len; i++)
		sum += i % 2 ? at[i] : at[i] * 256;
	return sum;
}

static void assert_summed(__u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	assert_int_equal(sum, 0xffff);
}

static void check_ipv4(const __u8 *was, const __u8 *ip, __u32 udp_len)
{
	assert_int_equal(ip[0], 0x45);
	assert_int_equal(ip[1], 0);
	assert_int_equal(get16(ip + 2), 20 + udp_len);
	assert_memory_equal(ip + 4, was + 4, 4);
	assert_int_equal(ip[8], 64);
	assert_int_equal(ip[9], 17);
	assert_summed(add_pairs(0, ip, 20));
	assert_memory_equal(ip + 12, was + 16, 4);
	assert_memory_equal(ip + 16, was + 12, 4);
}

static void check_ipv6(const __u8 *was, const __u8 *ip, __u32 udp_len)
{
	assert_int_equal(ip[0], 0x60);
	assert_int_equal(ip[1] >> 4, 0);
	assert_int_equal(get16(ip + 4), udp_len);
	assert_int_equal(ip[6], 17);
	assert_int_equal(ip[7], 64);
	assert_memory_equal(ip + 8, was + 24, 16);
	assert_memory_equal(ip + 24, was + 8, 16);
}

const __u8 *reply_check(const struct packet *request, const struct packet_spec *spec,
			const __u8 *frame, __u32 frame_len, __u32 *payload_len)
{
	const __u8 *was = request->data, *ip = frame + request->l3, *udp = frame + request->l4;
	__u32 udp_len = frame_len - request->l4, sum;

	assert_true(frame_len >= request->payload);
	assert_memory_equal(frame, was + 6, 6);
	assert_memory_equal(frame + 6, was, 6);
	assert_memory_equal(frame + 12, was + 12, request->l3 - 12); /* tags */
	(spec->v6 ? check_ipv6 : check_ipv4)(was + request->l3, ip, udp_len);
	assert_memory_equal(udp, was + request->l4 + 2, 2);
	assert_memory_equal(udp + 2, was + request->l4, 2);
	assert_int_equal(get16(udp + 4), udp_len);
	last_sum = get16(udp + 6);
	sum = spec->v6 ? add_pairs(0, ip + 8, 32) : add_pairs(0, ip + 12, 8);
	if (last_sum || spec->v6)
		assert_summed(add_pairs(sum + udp_len + 17, udp, udp_len));
	else
		assert_int_equal(get16(was + request->l4 + 6), 0);
	*payload_len = udp_len - 8;
	return udp + 8;
}

__u16 reply_sum(void)
{
	return last_sum;
}
