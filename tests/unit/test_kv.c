// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_kv.c - the key-value server's handler: datagrams that are none, and replies in small frames
 */
/* link: apps/kv/kv.c apps/kv/item.c apps/kv/out.c apps/kv/ops.c apps/kv/text.c apps/kv/binary.c */
/* link: apps/kv/engine_hash.c apps/gap.c lib/why.c tests/unit/kv_safepoint.c */
/* links more: a store is tried by the datagrams that it answers */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "apps/kv/kv.h"
#include "tests/rng.h"

static struct kv *kv;
static struct rng rng = { 1 };
static size_t emitted, emitted_bytes;

static uint64_t draw(uint64_t below)
{
	return rng_below(&rng, below);
}

static void emit(void *ctx, const void *datagram, size_t len)
{
	char copy[KV_DATAGRAM];

	assert_true(len > KV_HEADER && len <= KV_DATAGRAM);
	memcpy(copy, datagram, len); /* ASan: it must be readable */
	emitted++;
	emitted_bytes += len - KV_HEADER;
}

static int open_store(void **s)
{
	const struct kv_options o = { .engine = "hash", .memory = 1 << 20, .fill = 50,
				      .key_size = 8,
				      .value_size = 100 };
	struct why why = { 0 };

	return kv_open(&kv, &o, &why);
}

static int close_store(void **s)
{
	kv_close(kv);
	return 0;
}

/* A request of exactly its length on the heap, and a reply
 * of exactly its room: ASan sees a byte too far. */
static size_t ask(const void *body, size_t len, size_t room)
{
	uint16_t head[4] = { htons(7), 0, htons(1), 0 };
	char *req = malloc(KV_HEADER + len), *reply = malloc(room);
	size_t n;

	memcpy(req, head, KV_HEADER);
	memcpy(req + KV_HEADER, body, len);
	n = kv_handle(kv, req, KV_HEADER + len, reply, room, emit, NULL);
	assert_true(n <= room);
	free(req);
	free(reply);
	return n;
}

static size_t make_words(char *to)
{
	static const char *const words[] = {
		"get", "gets", "set", "add", "replace", "append", "prepend", "cas", "delete",
		"incr", "decr", "touch", "gat", "gats", "version", "stats", "verbosity",
		"flush_all", "mn", "scan", "scansum", "noreply", "k0000001", "k0000002", "x", "0",
		"1", "5", "-1", "4294967295", "99999999999999999999", "2147483647", "\r\n", "\r\n",
		"abc\r\n", "\n", " ", "\r",
	};
	size_t len = 0;

	for (uint64_t n = 1 + draw(9); n; n--) {
		const char *w = words[draw(sizeof(words) / sizeof(words[0]))];

		len += sprintf(to + len, "%s%s", w, draw(8) ? " " : "");
	}
	return len + (draw(4) ? sprintf(to + len, "\r\n") : 0);
}

static size_t make_binary(char *to)
{
	size_t len = 24 + draw(60);

	for (size_t i = 0; i < len; i++)
		to[i] = draw(4) ? 0 : draw(256);
	to[0] = (char)0x80;
	to[1] = draw(8) ? draw(0x22) : draw(256);
	to[2] = 0;
	to[3] = draw(10) ? draw(20) : draw(256);
	to[4] = draw(4) ? (char[]){ 0, 4, 8, 20 }[draw(4)] : (char)draw(256);
	to[11] = draw(4) ? len - 24 : draw(256);
	return len;
}

static size_t make_noise(char *to)
{
	size_t len = draw(200);

	for (size_t i = 0; i < len; i++)
		to[i] = draw(256);
	return len;
}

static void test_malformed_requests_do_no_harm(void **s)
{
	uint64_t count = getenv("LONG") ? 20000000 : 1000000;
	char body[2048];

	for (uint64_t i = 0; i < count; i++) {
		size_t len, room = draw(20) ? KV_DATAGRAM : draw(200);

		switch (draw(3)) {
		case 0: len = make_words(body); break;
		case 1: len = make_binary(body); break;
		default: len = make_noise(body);
		}
		ask(body, draw(20) ? len : draw(len + 1), room);
	}
	assert_true(ask("version\r\n", 9, KV_DATAGRAM) > KV_HEADER);
}

static void test_datagrams_without_a_whole_header_are_not_answered(void **s)
{
	char reply[KV_DATAGRAM];

	for (size_t len = 0; len <= KV_HEADER; len++)
		assert_int_equal(kv_handle(kv, "\0\1\0\0\0\1\0\0", len, reply, sizeof(reply), emit,
					   NULL),
				 0);
}

/* Nor are those that a server sends: two of them would go on for ever. */
static void test_errors_of_another_server_are_not_answered(void **s)
{
	static const char *const errors[] = { "ERROR\r\n", "SERVER_ERROR busy\r\n",
					      "SERVER_ERROR\r\n", "CLIENT_ERROR what\r\n" };

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		assert_int_equal(ask(errors[i], strlen(errors[i]), KV_DATAGRAM), 0);
	assert_true(ask("what\r\n", 6, KV_DATAGRAM) > 0);
}

static void test_a_reply_is_cut_to_the_room_there_is(void **s)
{
	size_t n;

	emitted = emitted_bytes = 0;
	n = ask("scan k0000001 40\r\n", 18, 500);
	assert_true(n > KV_HEADER && emitted >= 40 * 100 / 500);
	/* VALUE k0000001 0 100\r\n, 100 bytes, \r\n: 40 times, and END */
	assert_int_equal(emitted_bytes + n - KV_HEADER, 40 * (22 + 102) + 5);
}

static void test_memory_that_is_used_up_is_said_and_no_more_is_taken(void **s)
{
	char body[1200];
	int refused = 0, len;

	for (int i = 0; i < 3000; i++) {
		len = sprintf(body, "set big%d 0 0 1000\r\n%01000d\r\n", i, 0);
		refused += ask(body, len, KV_DATAGRAM) > KV_HEADER + 10;
	}
	assert_true(refused > 1500 && refused < 2500); /* 1 MiB are some 1000 of them */
	assert_true(ask("delete big1\r\n", 13, KV_DATAGRAM) == KV_HEADER + 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_errors_of_another_server_are_not_answered,
						open_store, close_store),
		cmocka_unit_test_setup_teardown(test_malformed_requests_do_no_harm, open_store,
						close_store),
		cmocka_unit_test_setup_teardown(
			test_datagrams_without_a_whole_header_are_not_answered, open_store,
			close_store),
		cmocka_unit_test_setup_teardown(test_a_reply_is_cut_to_the_room_there_is,
						open_store, close_store),
		cmocka_unit_test_setup_teardown(
			test_memory_that_is_used_up_is_said_and_no_more_is_taken, open_store,
			close_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
