// SPDX-License-Identifier: BSD-2-Clause
/*
 * refusal.c - a port that refuses by a reply, a request that is refused, and its reply
 */
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "refusal.h"
#include "reply.h"

struct packet_spec spec;

void refuse(struct shunt_refuse r)
{
	if (!r.batch) {
		r.batch = 1;
		r.step_ns = 1;
		r.burst_ns = SECOND;
	}
	ingress_set(g, "refuse", 1, &r);
	ingress_port(g, PACKET_PORT, (struct shunt_port){
		.cls = CLS, .flags = SHUNT_PORT_ON | 1 << SHUNT_PORT_REFUSAL });
}

void by(enum shunt_refuse_kind kind)
{
	refuse((struct shunt_refuse){ .kind = kind });
}

void by_bytes(const void *bytes, __u32 count, __u32 offset, __u32 length)
{
	struct shunt_refuse r = { .kind = SHUNT_REFUSE_REPLY, .count = count, .offset = offset,
				  .length = length };

	memcpy(r.bytes, bytes, count);
	refuse(r);
}

/* The request: this payload, in a packet of the present spec. */
void asks(const void *payload, __u32 len)
{
	spec.payload_len = len;
	packet_build(&spec, &packet);
	if (payload)
		memcpy(packet.data + packet.payload, payload, len);
}

/* Nor if the frame has more bytes than the datagram. */
void assert_silent(void)
{
	for (int i = 0; i < 2; i++) {
		assert_int_equal(arrive(), XDP_DROP);
		assert_not_counted(said_no[CLS]);
		assert_counted(unsaid[CLS]);
		memset(packet.data + packet.len, 0, 40);
		packet.len += 40;
	}
}

/* The payload of the reply, whose headers are right. */
const __u8 *said(__u32 *len)
{
	assert_int_equal(arrive(), XDP_TX);
	assert_counted(said_no[CLS]);
	assert_not_counted(unsaid[CLS]);
	return reply_check(&packet, &spec, v.data + (v.has_meta ? sizeof(v.meta) : 0), v.len, len);
}

void assert_said(const void *want, __u32 want_len)
{
	__u32 len;
	const __u8 *payload = said(&len);

	assert_int_equal(len, want_len);
	assert_memory_equal(payload, want, want_len);
	assert_true(len <= spec.payload_len);
}

int refusal_set_up(void **state)
{
	spec = (struct packet_spec){ .sums = 1 };
	load(state);
	/* A program that is attached runs in a microsecond; else each run waits for RCU. */
	assert_int_equal(bpf_xdp_attach(1, g->prog, XDP_FLAGS_SKB_MODE, NULL), 0);
	policy_says(REJECT);
	return 0;
}
