// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_refuse.c - replies that say no: byte by byte as the RFCs have them, never longer than the
 * request, to requests alone, and no more of them than the port's rate allows
 */
/* link: tests/prog/arrive.c tests/prog/ingress.c tests/prog/packet.c tests/prog/reply.c */
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "arrive.h"
#include "reply.h"

#define SECOND 1000000000ULL

static struct packet_spec spec;

/* --- the port's refusal, a request, its reply ------------------------------------------------- */

static void refuse(struct shunt_refuse r)
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

static void by(enum shunt_refuse_kind kind)
{
	refuse((struct shunt_refuse){ .kind = kind });
}

static void by_bytes(const void *bytes, __u32 count, __u32 offset, __u32 length)
{
	struct shunt_refuse r = { .kind = SHUNT_REFUSE_REPLY, .count = count, .offset = offset,
				  .length = length };

	memcpy(r.bytes, bytes, count);
	refuse(r);
}

/* The request: this payload, in a packet of the present spec. */
static void asks(const void *payload, __u32 len)
{
	spec.payload_len = len;
	packet_build(&spec, &packet);
	if (payload)
		memcpy(packet.data + packet.payload, payload, len);
}

/* Nor if the frame has more bytes than the datagram. */
static void assert_silent(void)
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
static const __u8 *said(__u32 *len)
{
	assert_int_equal(arrive(), XDP_TX);
	assert_counted(said_no[CLS]);
	assert_not_counted(unsaid[CLS]);
	return reply_check(&packet, &spec, v.data + (v.has_meta ? sizeof(v.meta) : 0), v.len, len);
}

static void assert_said(const void *want, __u32 want_len)
{
	__u32 len;
	const __u8 *payload = said(&len);

	assert_int_equal(len, want_len);
	assert_memory_equal(payload, want, want_len);
	assert_true(len <= spec.payload_len);
}

static int set_up(void **state)
{
	spec = (struct packet_spec){ .sums = 1 };
	load(state);
	/* A program that is attached runs in a microsecond; else each run waits for RCU. */
	assert_int_equal(bpf_xdp_attach(1, g->prog, XDP_FLAGS_SKB_MODE, NULL), 0);
	policy_says(REJECT);
	return 0;
}

/* --- configured bytes ------------------------------------------------------------------------- */

/* What the request has around the bytes stays, in every kind of packet that is a request. */
static void bytes_go_where_they_are_configured(void **state)
{
	static const __u8 bytes[SHUNT_REFUSE_BYTES] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";
	__u8 want[256];

	for (int i = 0; i < 6; i++) {
		spec.v6 = i % 2;
		spec.tags = i / 2;
		for (__u32 count = 1; count <= SHUNT_REFUSE_BYTES; count++) {
			for (__u32 offset = 0; offset < 20; offset += 3) {
				__u32 length = offset + count + count % 5;

				asks(NULL, length + 1 + offset);
				memcpy(want, packet.data + packet.payload, length);
				memcpy(want + offset, bytes, count);
				by_bytes(bytes, count, offset, length);
				assert_said(want, length);
			}
		}
	}
}

static void a_reply_of_bytes_is_shorter_than_the_request(void **state)
{
	by_bytes("no", 2, 0, 8);
	asks(NULL, 8);
	assert_silent();
	asks(NULL, 9);
	assert_said("no\2\3\4\5\6\7", 8);
	asks(NULL, 0);
	assert_silent();
}

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

static void nonsense_in_the_map_is_no_reply(void **state)
{
	static const struct shunt_refuse bad[] = {
		{ .kind = SHUNT_REFUSE_DROP },
		{ .kind = SHUNT_NR_REFUSE },
		{ .kind = 255 },
		{ .kind = SHUNT_REFUSE_REPLY, .count = 65, .length = 80 },
		{ .kind = SHUNT_REFUSE_REPLY, .count = 255, .length = 300 },
		{ .kind = SHUNT_REFUSE_REPLY, .count = 3, .length = 2 },
		{ .kind = SHUNT_REFUSE_REPLY, .count = 3, .offset = 0xfffe, .length = 0xffff },
		{ .kind = SHUNT_REFUSE_REPLY, .count = 1, .offset = 90, .length = 90 },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		refuse(bad[i]);
		asks(NULL, 90);
		assert_silent();
	}
}

/* --- memcached -------------------------------------------------------------------------------- */

static void memcached_hears_server_error_behind_the_number_of_its_request(void **state)
{
	static const char ask[] = "\x12\x34\0\0\0\1\0\0get abcdefghijklm\r\n";

	by(SHUNT_REFUSE_MEMCACHED);
	for (spec.v6 = 0; spec.v6 < 2; spec.v6++) {
		spec.pad = 20 * spec.v6;
		asks(ask, 27);
		assert_said("\x12\x34\0\0\0\1\0\0SERVER_ERROR busy\r\n", 27);
		asks(ask, 26); /* room for no word more */
		assert_said("\x12\x34\0\0\0\1\0\0SERVER_ERROR\r\n", 22);
		asks(ask, 22);
		assert_said("\x12\x34\0\0\0\1\0\0SERVER_ERROR\r\n", 22);
		asks(ask, 21);
		assert_silent();
	}
}

static void binary_memcached_hears_busy_with_its_opaque(void **state)
{
	static const __u8 ask[] = "\x12\x34\0\0\0\1\0\0\x80\x01\0\3\x08\0\0\0\0\0\0\x10" "opaq"
				  "\1\2\3\4\5\6\7\x08" "flagsexpkeyvalue";

	by(SHUNT_REFUSE_MEMCACHED);
	asks(ask, sizeof(ask) - 1);
	assert_said("\x12\x34\0\0\0\1\0\0\x81\x01\0\0\0\0\0\x85\0\0\0\0" "opaq\0\0\0\0\0\0\0\0",
		    32);
	asks(ask, 32);
	said(&(__u32){ 0 });
	asks(ask, 31);
	assert_silent();
}

static void what_is_no_request_of_memcached_is_not_answered(void **state)
{
	static const char *const no[] = {
		"\0\1\0\0\0\1\0\0SERVER_ERROR busy\r\n", "\0\1\0\0\0\1\0\0VALUE abcdefgh 0 1\r\n",
		"\0\1\0\0\0\1\0\0\x81 234567890123456789012", "\0\1\0\0\0\1\0\0{234567890123456789",
		"\0\1\0\0\0\1\0\0`234567890123456789", "\0\1\0\0\0\1\0\x00@234567890123456789",
		"\0\1\0\1\0\2\0\0get abcdefghijklm\r\n", /* the second datagram */
	};

	by(SHUNT_REFUSE_MEMCACHED);
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++) {
		asks(no[i], 27);
		assert_silent();
	}
}

/* --- DNS -------------------------------------------------------------------------------------- */

#define DNS(flags, counts) "\xab\xcd" flags counts "\3www\7example\3org\0\0\1\0\1"
#define DNS_LEN 33

static void dns_hears_refused_with_its_question(void **state)
{
	by(SHUNT_REFUSE_DNS);
	for (spec.v6 = 0; spec.v6 < 2; spec.v6++) {
		asks(DNS("\1\0", "\0\1\0\0\0\0\0\0"), DNS_LEN);
		assert_said(DNS("\x81\5", "\0\1\0\0\0\0\0\0"), DNS_LEN);
		/* Of the flags RD and CD are the client's own. */
		asks(DNS("\7\xff", "\0\1\0\0\0\0\0\0"), DNS_LEN);
		assert_said(DNS("\x81\x15", "\0\1\0\0\0\0\0\0"), DNS_LEN);
	}
}

static void dns_options_are_cut_off(void **state)
{
	static const char ask[] = DNS("\1\x20", "\0\1\0\0\0\0\0\1") "\0\0\x29\x10\0\0\0\0\0\0\0";

	by(SHUNT_REFUSE_DNS);
	asks(ask, sizeof(ask) - 1);
	assert_said(DNS("\x81\5", "\0\1\0\0\0\0\0\0"), DNS_LEN);
}

static void what_is_no_query_of_dns_is_not_answered(void **state)
{
	static const char *const no[] = {
		DNS("\x81\5", "\0\1\0\0\0\0\0\0"),   /* a reply, as this program sends it */
		DNS("\x29\0", "\0\1\0\0\0\0\0\0"),   /* an update */
		DNS("\1\0", "\0\0\0\0\0\0\0\0"),     /* no question */
		DNS("\1\0", "\0\2\0\0\0\0\0\0"),     /* two */
		DNS("\1\0", "\0\1\0\1\0\0\0\0"),     /* an answer */
		DNS("\1\0", "\0\1\0\0\0\1\0\0"),     /* a zone transfer */
		"\xab\xcd\1\0\0\1\0\0\0\0\0\0\3www\xc0\x0c\0\1\0\1    ", /* refers to itself */
		"\xab\xcd\1\0\0\1\0\0\0\0\0\0\77www.example.org  ", /* a label beyond the end */
		"\xab\xcd\1\0\0\1\0\0\0\0\0\0\3www\7example\3org\3\0\1\0\1", /* no end */
	};

	by(SHUNT_REFUSE_DNS);
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++) {
		asks(no[i], DNS_LEN);
		assert_silent();
	}
	for (__u32 len = 0; len < DNS_LEN; len++) {
		asks(DNS("\1\0", "\0\1\0\0\0\0\0\0"), len);
		assert_silent();
	}
}

/* 127 labels of one letter and the root are 255 bytes: the longest name. */
static void the_longest_name_is_kept_and_a_longer_one_is_none(void **state)
{
	__u8 ask[600] = "\xab\xcd\1\0\0\1", want[600];

	by(SHUNT_REFUSE_DNS);
	for (int i = 0; i < 127; i++)
		memcpy(ask + 12 + 2 * i, "\1a", 2);
	asks(ask, 12 + 255 + 4);
	memcpy(want, ask, sizeof(want));
	memcpy(want + 2, "\x81\5", 2);
	assert_said(want, 12 + 255 + 4);
	memcpy(ask + 12 + 254, "\1a\0", 3);
	asks(ask, 12 + 257 + 4);
	assert_silent();
	memset(ask + 12, 63, 500); /* four labels of 63 are too long */
	ask[12 + 256] = 0;
	asks(ask, 12 + 257 + 4);
	assert_silent();
}

/* --- ONC RPC ---------------------------------------------------------------------------------- */

#define CALL "wxyz\0\0\0\0\0\0\0\2\0\1\x86\xa3\0\0\0\3\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define SYSTEM_ERR "wxyz\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\5"

static void onc_rpc_hears_system_err_under_its_number(void **state)
{
	by(SHUNT_REFUSE_ONC_RPC);
	for (spec.v6 = 0; spec.v6 < 2; spec.v6++) {
		asks(CALL, 40);
		assert_said(SYSTEM_ERR, 24);
	}
}

static void what_is_no_call_is_not_answered(void **state)
{
	static const char *const no[] = {
		"wxyz\0\0\0\1\0\0\0\2 a reply, or said to be one        ",
		"wxyz\1\0\0\0\0\0\0\2 neither call nor reply           ",
		"wxyz\0\0\0\0\0\0\0\3 of another version of RPC        ",
	};

	by(SHUNT_REFUSE_ONC_RPC);
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++) {
		asks(no[i], 40);
		assert_silent();
	}
	asks(CALL, 39);
	assert_silent();
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

#define TEST(name) { #name, name, set_up, unload, SAYS }

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bytes_go_where_they_are_configured),
		TEST(a_reply_of_bytes_is_shorter_than_the_request),
		TEST(a_long_reply_is_summed_up_to_its_end),
		TEST(a_request_without_checksum_gets_none_over_ipv4_alone),
		TEST(a_checksum_is_never_0),
		TEST(what_stands_behind_the_datagram_is_cut_off),
		TEST(nonsense_in_the_map_is_no_reply),
		TEST(memcached_hears_server_error_behind_the_number_of_its_request),
		TEST(binary_memcached_hears_busy_with_its_opaque),
		TEST(what_is_no_request_of_memcached_is_not_answered),
		TEST(dns_hears_refused_with_its_question),
		TEST(dns_options_are_cut_off),
		TEST(what_is_no_query_of_dns_is_not_answered),
		TEST(the_longest_name_is_kept_and_a_longer_one_is_none),
		TEST(onc_rpc_hears_system_err_under_its_number),
		TEST(what_is_no_call_is_not_answered),
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
