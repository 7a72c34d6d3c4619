// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_refuse_kinds.c - what a reply that says no says, in each protocol: byte by byte as the RFCs
 * have it, never longer than the request, to requests alone
 */
/* link: tests/prog/refusal.c tests/prog/arrive.c tests/prog/ingress.c tests/prog/packet.c */
/* link: tests/prog/reply.c */
#include <sched.h>

#include "refusal.h"

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

#define TEST(name) { #name, name, refusal_set_up, unload, SAYS }

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bytes_go_where_they_are_configured),
		TEST(a_reply_of_bytes_is_shorter_than_the_request),
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
	};

	ingress_need();
	if (unshare(CLONE_NEWNET))
		die("cannot make a network namespace");
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
