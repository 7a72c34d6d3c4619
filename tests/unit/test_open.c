// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_open.c - shunt_open() while shuntd's agent dies: another one comes in its place
 */
/* link: hostlib/shunt.c hostlib/error.c hostlib/preempt.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>

#include <cmocka.h>

#include "hostlib/internal.h"
#include "hostlib/message.h"

static int hangs_up, attached, detached; /* how often the agent does, and was asked and left */
static int then;                         /* its answer after that */

/* The neighbours of the module. */
const struct transport transport_shared;

int link_attach(struct shunt *s)
{
	return attached++ < hangs_up ? set_error(s, -ECONNRESET, "hung up") : then;
}

void link_detach(struct shunt *s, bool bye)
{
	detached += !bye;
}

int link_serve(struct shunt *s)
{
	return 0;
}

void fork_watch(struct shunt *s)
{
}

void fork_unwatch(struct shunt *s)
{
}

int grace_follow(struct shunt *s)
{
	return 0;
}

void grace_end(struct shunt *s)
{
}

int message_core(struct shunt *s, enum shunt_msg_type type, unsigned int core, uint32_t tid)
{
	return 0;
}

void *core_main(void *arg)
{
	return NULL;
}

static long handle(struct shunt_req *req, void *arg)
{
	return SHUNT_NO_REPLY;
}

static int open_with(int times, int answer)
{
	struct shunt_opts opts = { .sz = sizeof(opts), .ifname = "eth0", .handler = handle };
	struct shunt *s;
	int err;

	hangs_up = times;
	then = answer;
	attached = detached = 0;
	err = shunt_open(&s, &opts);
	shunt_close(s);
	return err;
}

static void an_agent_that_dies_before_its_answer_is_followed_by_one_that_answers(void **arg)
{
	assert_int_equal(open_with(3, 0), 0);
	assert_int_equal(attached, 4);
	assert_int_equal(detached, 3);
}

static void what_shuntd_says_is_taken_at_its_first_word(void **arg)
{
	assert_int_equal(open_with(0, -EACCES), -EACCES);
	assert_int_equal(attached, 1);
	assert_int_equal(open_with(1, -EBUSY), -EBUSY);
	assert_int_equal(attached, 2);
}

static void one_that_always_hangs_up_is_not_asked_for_ever(void **arg)
{
	assert_int_equal(open_with(1000, 0), -ECONNRESET);
	assert_in_range(attached, 10, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_agent_that_dies_before_its_answer_is_followed_by_one_that_answers),
		cmocka_unit_test(what_shuntd_says_is_taken_at_its_first_word),
		cmocka_unit_test(one_that_always_hangs_up_is_not_asked_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
