// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_message.c - what the broker takes for a message, for every type, length and header
 */
/* link: agent/message.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/message.h"
#include "broker.h"

#define LONGEST 600

static size_t right_length(unsigned int type)
{
	return type == SHUNT_MSG_HELLO ? sizeof(struct shunt_msg_hello) :
	       type == SHUNT_MSG_UP || type == SHUNT_MSG_DOWN ? sizeof(struct shunt_msg_core) :
	       type == SHUNT_MSG_BYE ? sizeof(struct shunt_msg) : SIZE_MAX;
}

/* In a buffer of exactly its length, so that a byte read too far is noticed. */
static int check(const struct shunt_msg *head, size_t len)
{
	char *buf = calloc(1, len ? len : 1);
	int type;

	memcpy(buf, head, len < sizeof(*head) ? len : sizeof(*head));
	type = broker_check(buf, len);
	free(buf);
	return type;
}

static void test_each_type_has_one_length(void **state)
{
	for (unsigned int type = 0; type < 65536; type += type < 20 ? 1 : 997) {
		struct shunt_msg m = { SHUNT_MSG_MAGIC, SHUNT_ABI, type };

		for (size_t len = 0; len <= LONGEST; len++)
			assert_int_equal(check(&m, len),
					 len == right_length(type) ? (int)type : -EPROTO);
	}
}

static void test_other_magic_is_no_message(void **state)
{
	for (int bit = 0; bit < 32; bit++) {
		struct shunt_msg m = { SHUNT_MSG_MAGIC ^ 1u << bit, SHUNT_ABI, SHUNT_MSG_BYE };

		assert_int_equal(check(&m, sizeof(m)), -EPROTO);
	}
}

/* The one wrong thing that is told apart: its sender deserves to know. */
static void test_another_abi_is_told(void **state)
{
	for (unsigned int abi = 0; abi < 65536; abi++) {
		struct shunt_msg m = { SHUNT_MSG_MAGIC, abi, SHUNT_MSG_HELLO };
		size_t len = sizeof(struct shunt_msg_hello);

		assert_int_equal(check(&m, len), abi == SHUNT_ABI ? SHUNT_MSG_HELLO :
				 -EPROTONOSUPPORT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_type_has_one_length),
		cmocka_unit_test(test_other_magic_is_no_message),
		cmocka_unit_test(test_another_abi_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
