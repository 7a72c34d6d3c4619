// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_open.c - shunt_open() while shuntd's agent dies: another one comes in its place; shunt_run()
 * tells the application of each load that it is attached to
 */
/* link: hostlib/shunt.c hostlib/error.c hostlib/preempt.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hostlib/internal.h"
#include "hostlib/message.h"

static int hangs_up, attached, detached; /* how often the agent does, and was asked and left */
static int then;                         /* its answer after that */
static int reloads;                      /* times that the rings are to be given up */

/* The neighbours of the module. */
const struct transport transport_shared;

int link_attach(struct shunt *s)
{
	static struct core none;
	static struct shunt_view view;

	s->core = &none;
	s->view = &view;
	return attached++ < hangs_up ? set_error(s, -ECONNRESET, "hung up") : then;
}

void link_detach(struct shunt *s, bool bye)
{
	detached += !bye;
}

int link_serve(struct shunt *s)
{
	return reloads-- > 0;
}

void fork_watch(struct shunt *s)
{
}

void fork_unwatch(struct shunt *s)
{
}

void fork_end_child(void)
{
	abort();
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

static int told, fails_at;

static int hear_attached(struct shunt *s, void *arg)
{
	assert_ptr_equal(arg, &told);
	assert_int_equal(told++, attached - 1);
	return told == fails_at ? -EBADMSG : 0;
}

static int run_through(int loads, int fails)
{
	struct shunt_opts opts = { .sz = sizeof(opts), .ifname = "eth0", .handler = handle,
				   .attached = hear_attached, .arg = &told };
	struct shunt *s;
	int err;

	hangs_up = then = attached = told = 0;
	reloads = loads;
	fails_at = fails;
	assert_int_equal(shunt_open(&s, &opts), 0);
	err = shunt_run(s);
	shunt_close(s);
	return err;
}

static void the_application_is_told_of_each_load(void **arg)
{
	assert_int_equal(run_through(0, 0), 0);
	assert_int_equal(told, 1);
	assert_int_equal(run_through(2, 0), 0);
	assert_int_equal(told, 3);
}

static void an_application_that_cannot_serve_a_load_ends(void **arg)
{
	assert_int_equal(run_through(2, 2), -EBADMSG);
	assert_int_equal(told, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_agent_that_dies_before_its_answer_is_followed_by_one_that_answers),
		cmocka_unit_test(what_shuntd_says_is_taken_at_its_first_word),
		cmocka_unit_test(one_that_always_hangs_up_is_not_asked_for_ever),
		cmocka_unit_test(the_application_is_told_of_each_load),
		cmocka_unit_test(an_application_that_cannot_serve_a_load_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
