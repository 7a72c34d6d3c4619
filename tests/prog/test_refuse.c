// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_refuse.c - replies that say no: with right headers, whom they go to, when, and how often
 */
/* link: tests/prog/refusal.c tests/prog/arrive.c tests/prog/ingress.c tests/prog/packet.c */
/* link: tests/prog/reply.c */
#include <sched.h>
#include <time.h>

#include "refusal.h"
#include "reply.h"

/* --- headers ---------------------------------------------------------------------------------- */

static void a_long_reply_is_summed_up_to_its_end(void **state)
{
	__u8 want[1400];

	for (__u32 len = 500; len < 1400; len += 97) {
		by_bytes("\xff\xfe\xfd", 3, len / 2, len);
		asks(NULL, len + 30);
		memcpy(want, packet.data + packet.payload, len);
		memcpy(want + len / 2, "\xff\xfe\xfd", 3);
		assert_said(want, len);
	}
}

/* IPv4 knows a datagram without a checksum, IPv6 does not. */
static void a_request_without_checksum_gets_none_over_ipv4_alone(void **state)
{
	by_bytes("no", 2, 0, 2);
	spec.sums = 0;
	asks(NULL, 16);
	assert_said("no", 2);
	assert_int_equal(reply_sum(), 0);
	spec.v6 = 1;
	asks(NULL, 16);
	assert_said("no", 2);
	assert_int_not_equal(reply_sum(), 0);
}

/* 0xffff stands for a sum of 0: of 65536 replies, one has it. */
static void a_checksum_is_never_0(void **state)
{
	by_bytes("n", 1, 2, 3);
	for (__u32 i = 0; i < 65536; i++) {
		asks((const __u8[]){ i >> 8, i, 0, 0 }, 4);
		if (arrive() != XDP_TX)
			fail_msg("no reply to %u", i);
		reply_check(&packet, &spec, v.data, v.len, &(__u32){ 0 });
		if (reply_sum() == 0xffff)
			return;
	}
	fail_msg("no sum of 0 among all");
}

static void what_stands_behind_the_datagram_is_cut_off(void **state)
{
	by_bytes("no", 2, 0, 2);
	spec.pad = 30;
	asks(NULL, 3);
	assert_said("no", 2);
	spec.udp_len_add = -9; /* and what the datagram itself does not count */
	asks(NULL, 12);
	spec.payload_len = 3;
	assert_said("no", 2);
}

/* --- whom, when, how often -------------------------------------------------------------------- */

static void each_way_to_be_refused_is_told(void **state)
{
	by_bytes("no", 2, 0, 2);
	asks(NULL, 16);
	assert_said("no", 2);
	assert_counted(cls[CLS].rejected);
	policy_says(HOLD);
	set_u32("hold_limit", CLS, 1);
	arrive();
	assert_held();
	assert_said("no", 2);
	assert_counted(cls[CLS].limit);
	ingress_slot(g, 0, false);
	policy_says(0);
	assert_said("no", 2); /* with metadata in front of it */
	assert_counted(ev[SHUNT_EV_NO_SOCKET]);
	assert_counted(cls[CLS].dropped);
}

static void a_full_queue_of_a_core_is_told(void **state)
{
	by_bytes("no", 2, 0, 2);
	asks(NULL, 16);
	g->dom->by_queue = 1;
	g->view->done[0] = g->in->sent[0] - cfg().core_ring;
	assert_said("no", 2);
	assert_counted(cls[CLS].limit);
}

static void with_no_core_up_fallback_decides_whether_it_is_told(void **state)
{
	struct shunt_cfg c;

	by_bytes("no", 2, 0, 2);
	asks(NULL, 16);
	ingress_up(g, 0);
	c = cfg();
	c.fallback = SHUNT_FALLBACK_PASS;
	set_cfg(c);
	assert_int_equal(arrive(), XDP_PASS);
	c.fallback = SHUNT_FALLBACK_DROP;
	set_cfg(c);
	assert_said("no", 2);
}

static void what_the_policy_drops_is_dropped_in_silence(void **state)
{
	by_bytes("no", 2, 0, 2);
	asks(NULL, 16);
	policy_says(DROP);
	assert_int_equal(arrive(), XDP_DROP);
	assert_counted(cls[CLS].dropped);
	assert_not_counted(said_no[CLS]);
	assert_not_counted(unsaid[CLS]);
}

static void a_port_without_refusal_is_silent_and_counts_nothing(void **state)
{
	by_bytes("no", 2, 0, 2);
	ingress_port(g, PACKET_PORT, (struct shunt_port){ .cls = CLS, .flags = SHUNT_PORT_ON });
	asks(NULL, 16);
	assert_int_equal(arrive(), XDP_DROP);
	assert_counted(cls[CLS].rejected);
	assert_not_counted(said_no[CLS]);
	assert_not_counted(unsaid[CLS]);
}

/* Of a source that must not be answered nothing arrives (test_source.c); nor is it told no. */
static void a_source_that_must_not_be_answered_is_told_nothing(void **state)
{
	static const char from[][4] = { { 224, 0, 0, 1 }, { 127, 0, 0, 1 }, { 255, 255, 255, 255 },
					{ 198, 18, 0, 2 }, { 0, 0, 0, 0 } };

	by_bytes("no", 2, 0, 2);
	for (size_t i = 0; i < sizeof(from) / sizeof(*from); i++) {
		spec.from = from[i];
		asks(NULL, 16);
		ingress_run(g, packet.data, packet.len, &v);
		assert_int_equal(v.action, XDP_DROP);
	}
	spec.from = NULL;
	spec.sport = PACKET_PORT;
	asks(NULL, 16);
	ingress_run(g, packet.data, packet.len, &v);
	assert_int_equal(v.action, XDP_DROP);
	spec.no_sport = 1;
	asks(NULL, 16);
	ingress_run(g, packet.data, packet.len, &v);
	assert_int_equal(v.action, XDP_PASS);
	assert_int_equal(g->in->said_no[CLS], 0);
}

/*
 * Two servers, each with a refusal of some kind, and each the source of what the other one gets: by
 * the addresses nobody could tell. The second hears the first's refusal, and so on.
 */
static void a_refusal_is_followed_by_one_more_at_most(void **state)
{
	static const struct {
		const char *bytes;
		__u32 len;
	} request[] = { { DNS("\1\0", "\0\1\0\0\0\0\0\0"), DNS_LEN }, { CALL, 40 },
			{ "\x12\x34\0\0\0\1\0\0get abcdefghijklmnopqrstuv\r\n", 36 },
			{ "\x12\x34\0\0\0\1\0\0\x80\1\0\3\x08\0\0\0\0\0\0\x10opaq        ", 40 } };
	/* the last two would be requests of DNS and of RPC, as far as bytes can say */
	static const struct shunt_refuse kind[] = {
		{ .kind = SHUNT_REFUSE_MEMCACHED }, { .kind = SHUNT_REFUSE_DNS },
		{ .kind = SHUNT_REFUSE_ONC_RPC },
		{ .kind = SHUNT_REFUSE_REPLY, .bytes = "no", .count = 2, .length = 32 },
		{ .kind = SHUNT_REFUSE_REPLY, .bytes = "ab\1\0\0\1", .count = 12, .length = 31 },
		{ .kind = SHUNT_REFUSE_REPLY, .bytes = "abcd\0\0\0\0\0\0\0\2", .count = 12,
		  .length = 32 },
	};
	__u8 heard[64];
	__u32 len;

	for (int i = 0; i < 4 * 6 * 6; i++) {
		int told = 0;

		asks(request[i / 36].bytes, request[i / 36].len);
		while (told < 4) {
			refuse(kind[told % 2 ? i / 6 % 6 : i % 6]);
			if (arrive() != XDP_TX)
				break;
			memcpy(heard, reply_check(&packet, &spec, v.data, v.len, &len),
			       sizeof(heard));
			asks(heard, len);
			told++;
		}
		if (told > 2)
			fail_msg("request %d, kinds %d and %d: refused %d times", i / 36, i % 6,
				 i / 6 % 6, told);
	}
}

static __u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

/* 1000 a second in batches of 5, unused ones kept for 20 ms. */
static void no_more_are_told_than_the_rate_allows(void **state)
{
	struct shunt_refuse r = { .kind = SHUNT_REFUSE_REPLY, .count = 1, .length = 1, .batch = 5,
				  .step_ns = 5000000, .burst_ns = 20000000 };
	__u64 begin = now_ns(), said = 0, all = 0;

	refuse(r);
	asks(NULL, 16);
	do {
		said += arrive() == XDP_TX;
		all++;
	} while (all < 200 || (said < 100 && now_ns() - begin < 10 * SECOND));
	assert_true(said >= 100); /* it goes on */
	assert_true(said <= (now_ns() - begin) / 1000000 + 20 + 5);
	assert_true(said < all);
	assert_int_equal(g->in->said_no[CLS], said);
	assert_int_equal(g->in->unsaid[CLS], all - said);
}

static void a_refusal_that_is_not_sent_takes_nothing_of_the_rate(void **state)
{
	struct shunt_refuse r = { .kind = SHUNT_REFUSE_REPLY, .count = 1, .length = 1, .batch = 1,
				  .step_ns = 1000 * SECOND, .burst_ns = 0 };

	refuse(r);
	asks(NULL, 1);
	for (int i = 0; i < 3; i++)
		assert_silent();
	asks(NULL, 2);
	assert_said("", 1);
	assert_silent();
}

#define TEST(name) { #name, name, refusal_set_up, unload, SAYS }

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_long_reply_is_summed_up_to_its_end),
		TEST(a_request_without_checksum_gets_none_over_ipv4_alone),
		TEST(a_checksum_is_never_0),
		TEST(what_stands_behind_the_datagram_is_cut_off),
		TEST(each_way_to_be_refused_is_told),
		TEST(a_full_queue_of_a_core_is_told),
		TEST(with_no_core_up_fallback_decides_whether_it_is_told),
		TEST(what_the_policy_drops_is_dropped_in_silence),
		TEST(a_port_without_refusal_is_silent_and_counts_nothing),
		TEST(a_source_that_must_not_be_answered_is_told_nothing),
		TEST(a_refusal_is_followed_by_one_more_at_most),
		TEST(no_more_are_told_than_the_rate_allows),
		TEST(a_refusal_that_is_not_sent_takes_nothing_of_the_rate),
	};

	ingress_need();
	if (unshare(CLONE_NEWNET))
		die("cannot make a network namespace");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
