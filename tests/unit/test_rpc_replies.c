// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_rpc_replies.c - replies that are kept for calls which a client sends again
 */
/* link: hostlib/rpc/replies.c */
/* define: SHUNT_RPC_ALONE */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <string.h>

#include "hostlib/rpc/replies.h"

#define SECOND 1000000000ULL

static struct sockaddr_in client;
static int depth; /* of no-preempt regions */

int shunt_client(const struct shunt_req *req, struct sockaddr *from, unsigned int *len)
{
	memcpy(from, &client, sizeof(client));
	*len = sizeof(client);
	return 0;
}

void shunt_nopreempt_begin(void)
{
	depth++;
}

void shunt_nopreempt_end(void)
{
	depth--;
}

static char frame[64];
static struct shunt_req req = { .data = frame, .len = 40, .room = sizeof(frame) };

static struct shunt_rpc_call call_of(uint32_t xid, uint64_t at_ns)
{
	req.arrival_ns = at_ns;
	return (struct shunt_rpc_call){ .req = &req, .xid = xid, .program = 1, .version = 1,
					.procedure = 1 };
}

static int open_some(void **state)
{
	client = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(1000) };
	client.sin_addr.s_addr = htonl(0xc6120001);
	return replies_open(8);
}

static int close_all(void **state)
{
	assert_int_equal(depth, 0);
	replies_close();
	return 0;
}

/* The call is new; its reply is kept. */
static void answer(struct shunt_rpc_call call, const char *reply)
{
	struct replies_place place = { 0 };
	long len;

	assert_true(replies_begin(&call, &place, &len));
	replies_end(&place, reply, reply ? (long)strlen(reply) : SHUNT_NO_REPLY);
}

static void assert_new(struct shunt_rpc_call call)
{
	answer(call, NULL);
}

static void assert_again(struct shunt_rpc_call call, const char *reply)
{
	struct replies_place place = { 0 };
	long len;

	memset(frame, 0, sizeof(frame));
	assert_false(replies_begin(&call, &place, &len));
	assert_int_equal(len, strlen(reply));
	assert_memory_equal(frame, reply, len);
}

static void test_a_call_that_comes_again_gets_the_same_reply(void **state)
{
	answer(call_of(7, SECOND), "seven");
	answer(call_of(8, SECOND), "eight");
	assert_again(call_of(7, 2 * SECOND), "seven");
	assert_again(call_of(8, 2 * SECOND), "eight");
}

static void test_a_call_that_is_being_answered_is_not_begun_again(void **state)
{
	struct shunt_rpc_call call = call_of(7, SECOND);
	struct replies_place place = { 0 }, other = { 0 };
	long len = 0;

	assert_true(replies_begin(&call, &place, &len));
	assert_false(replies_begin(&call, &other, &len));
	assert_int_equal(len, SHUNT_NO_REPLY);
	replies_end(&place, "seven", 5);
	assert_again(call, "seven");
}

static void test_another_port_address_or_procedure_is_another_call(void **state)
{
	struct shunt_rpc_call call = call_of(7, SECOND);

	answer(call, "seven");
	call.procedure = 2;
	assert_new(call);
	call.procedure = 1;
	client.sin_port = htons(1001);
	assert_new(call);
	client.sin_port = htons(1000);
	client.sin_addr.s_addr = htonl(0xc6120003);
	assert_new(call);
}

static void test_a_call_without_a_reply_is_forgotten(void **state)
{
	answer(call_of(7, SECOND), NULL);
	answer(call_of(7, SECOND), "seven");
	assert_again(call_of(7, SECOND), "seven");
}

static void test_a_reply_is_kept_for_two_minutes(void **state)
{
	answer(call_of(7, SECOND), "seven");
	assert_again(call_of(7, 120 * SECOND), "seven");
	assert_new(call_of(7, 121 * SECOND));
}

static void test_the_oldest_reply_makes_room(void **state)
{
	for (uint32_t xid = 0; xid < 9; xid++)
		answer(call_of(xid, SECOND + xid), "kept");
	for (uint32_t xid = 1; xid < 9; xid++)
		assert_again(call_of(xid, 2 * SECOND), "kept");
	assert_new(call_of(0, 2 * SECOND));
}

static void test_calls_that_are_being_answered_keep_their_places(void **state)
{
	struct shunt_rpc_call call = call_of(0, SECOND);
	struct replies_place first = { 0 }, place = { 0 };
	long len;

	assert_true(replies_begin(&call, &first, &len));
	for (call.xid = 1; call.xid < 8; call.xid++)
		assert_true(replies_begin(&call, &place, &len));
	place = (struct replies_place){ 0 };
	assert_true(replies_begin(&call, &place, &len)); /* answered, and not kept */
	assert_null(place.at);
	replies_end(&place, "eight", 5);
	replies_end(&first, "first", 5);
	assert_again(call_of(0, SECOND), "first");
}

/* Its handler was abandoned; then it comes back all the same. */
static void test_a_place_that_another_call_has_by_now_is_left_alone(void **state)
{
	struct replies_place late = { 0 };
	struct shunt_rpc_call call = call_of(0, SECOND);
	long len;

	assert_true(replies_begin(&call, &late, &len));
	for (uint32_t xid = 1; xid < 9; xid++)
		answer(call_of(xid, 130 * SECOND), "later");
	replies_end(&late, "late", 4);
	for (uint32_t xid = 1; xid < 9; xid++)
		assert_again(call_of(xid, 131 * SECOND), "later");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_some, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_call_that_comes_again_gets_the_same_reply),
		TEST(test_a_call_that_is_being_answered_is_not_begun_again),
		TEST(test_another_port_address_or_procedure_is_another_call),
		TEST(test_a_call_without_a_reply_is_forgotten),
		TEST(test_a_reply_is_kept_for_two_minutes),
		TEST(test_the_oldest_reply_makes_room),
		TEST(test_calls_that_are_being_answered_keep_their_places),
		TEST(test_a_place_that_another_call_has_by_now_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
