// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_actor_stop.c - shunt_actor_stop() at any time: a worker that is being closed is not stopped
 */
/* link: hostlib/actor/serve.c hostlib/actor/place.c hostlib/actor/make.c hostlib/actor/tell.c */
/* link: hostlib/actor/run.c hostlib/actor/region.c hostlib/actor/object.c */
/* link: hostlib/actor/recover.c */
/* links more: the whole of the library; its worker is this file's */
/* define: SHUNT_ACTOR_ALONE */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <shunt/actor.h>

/* A worker that says when it was stopped, and is freed when it is closed. */
struct shunt {
	unsigned int stops;
};

static int stops_in_run, closes;

int shunt_open(struct shunt **ret, const struct shunt_opts *opts)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

int shunt_run(struct shunt *s)
{
	raise(SIGTERM);
	stops_in_run = s->stops;
	return 0;
}

void shunt_stop(struct shunt *s)
{
	s->stops++; /* the sanitizer sees one that is freed */
}

/* The signal comes once the worker is gone, and before the caller knows. */
void shunt_close(struct shunt *s)
{
	free(s);
	raise(SIGTERM);
	closes++;
}

int shunt_get_actor(const struct shunt *s, unsigned int nr, struct shunt_actor_info *out)
{
	return -ENOENT;
}

const char *shunt_error(const struct shunt *s)
{
	return "";
}

const char *shunt_strerror(int err)
{
	return strerror(-err);
}

void shunt_nopreempt_begin(void)
{
}

void shunt_nopreempt_end(void)
{
}

static void on_signal(int nr)
{
	shunt_actor_stop();
}

static void a_signal_stops_a_worker_that_runs_and_not_one_that_is_closed(void **state)
{
	static const struct shunt_actor_kind *const kinds[] = { NULL };
	struct shunt_opts worker = { .sz = sizeof(worker) };
	struct shunt_actor_opts opts = { .sz = sizeof(opts), .worker = &worker, .kinds = kinds };

	signal(SIGTERM, on_signal);
	for (int i = 1; i <= 2; i++) {
		stops_in_run = 0;
		assert_int_equal(shunt_actor_serve(&opts), 0);
		assert_int_equal(stops_in_run, 1);
		assert_int_equal(closes, i);
	}
	signal(SIGTERM, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_stops_a_worker_that_runs_and_not_one_that_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
