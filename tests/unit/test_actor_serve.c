// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_actor_serve.c - a worker of actors under a libshunt that is played: stopped at any time,
 * attached to one load after the other, and what it refuses
 */
/* link: hostlib/actor/[a-z]*.c */
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
	struct shunt_opts opts;
};

static int stops_in_run, opens, closes;
static int signal_self(struct shunt *s);
static int (*in_run)(struct shunt *s);
static const struct shunt_actor_info *rows; /* of the load, up to one without a name */

int shunt_open(struct shunt **ret, const struct shunt_opts *opts)
{
	opens++;
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	(*ret)->opts = *opts;
	return 0;
}

int shunt_run(struct shunt *s)
{
	return in_run(s);
}

void shunt_stop(struct shunt *s)
{
	s->stops++; /* the sanitizer sees one that is freed */
}

/* The signal comes once the worker is gone, and before the caller knows. */
void shunt_close(struct shunt *s)
{
	free(s);
	if (in_run == signal_self)
		raise(SIGTERM);
	closes++;
}

int shunt_get_actor(const struct shunt *s, unsigned int nr, struct shunt_actor_info *out)
{
	for (unsigned int i = 0; rows && rows[i].name[0]; i++) {
		if (i == nr) {
			*out = rows[i];
			return 0;
		}
	}
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

static int signal_self(struct shunt *s)
{
	raise(SIGTERM);
	stops_in_run = s->stops;
	return 0;
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

	in_run = signal_self;
	closes = 0;
	signal(SIGTERM, on_signal);
	for (int i = 1; i <= 2; i++) {
		stops_in_run = 0;
		assert_int_equal(shunt_actor_serve(&opts), 0);
		assert_int_equal(stops_in_run, 1);
		assert_int_equal(closes, i);
	}
	signal(SIGTERM, SIG_DFL);
}

/* --- loads ------------------------------------------------------------------------------------ */

static long handle(struct shunt_actor *self, struct shunt_message *m)
{
	uint32_t *n = shunt_actor_state(self), id = shunt_actor_id(self);

	++*n;
	memcpy(m->data, n, 4);
	memcpy((char *)m->data + 4, &id, 4);
	return 8;
}

static const struct shunt_actor_kind counter = { .name = "counter", .version = 1, .state = 4,
						 .handle = handle };
static const struct shunt_actor_kind *const kinds[] = { &counter, NULL };

#define ROW(number, its_name, its_kind) { .id = 1 << 16 | (number), .here = 1, \
					  .name = its_name, .kind = its_kind }

/* Who answers a request of that row, in *id, and how often it has by now; 0: nobody. */
static uint32_t ask(struct shunt *s, uint32_t row, uint32_t *id)
{
	uint32_t words[2] = { 0 };
	struct shunt_req req = { .data = words, .room = 8, .actor = 1 << 16 | row };

	if (s->opts.handler(&req, s->opts.arg) != 8)
		return 0;
	*id = words[1];
	return words[0];
}

static int attach(struct shunt *s, const struct shunt_actor_info *to)
{
	rows = to;
	return s->opts.attached(s, s->opts.arg);
}

static int live_through_loads(struct shunt *s)
{
	static const struct shunt_actor_info first[] = { ROW(0, "a", "counter"),
							 ROW(1, "b", "counter"), { 0 } };
	static const struct shunt_actor_info other[] = { ROW(0, "new", "counter"),
							 ROW(1, "a", "counter"), { 0 } };
	uint32_t a = 0, b = 0, id = 0;

	assert_int_equal(attach(s, first), 0);
	assert_int_equal(ask(s, 0, &a), 1);
	assert_int_equal(ask(s, 0, &a), 2);
	assert_int_equal(ask(s, 1, &b), 1);
	assert_int_equal(attach(s, other), 0);
	assert_int_equal(ask(s, 1, &id), 3);
	assert_int_equal(id, a);
	assert_int_equal(ask(s, 0, &id), 1);
	assert_true(id != a && id != b);
	assert_int_equal(attach(s, NULL), 0); /* a load without actors */
	assert_int_equal(ask(s, 0, &id), 0);
	assert_int_equal(attach(s, first), 0);
	assert_int_equal(ask(s, 1, &id), 2);
	assert_int_equal(id, b);
	return 0;
}

static struct shunt_opts worker = { .sz = sizeof(worker) };
static struct shunt_actor_opts opts = { .sz = sizeof(opts), .worker = &worker, .kinds = kinds };

static void a_worker_that_lives_through_loads_has_the_actors_of_each(void **state)
{
	in_run = live_through_loads;
	assert_int_equal(shunt_actor_serve(&opts), 0);
}

static int meet_another_kind(struct shunt *s)
{
	static const struct shunt_actor_info first[] = { ROW(0, "a", "counter"), { 0 } };
	static const struct shunt_actor_info other[] = { ROW(0, "b", "counter"),
							 ROW(1, "c", "other"), { 0 } };

	assert_int_equal(attach(s, first), 0);
	return attach(s, other);
}

static void a_load_whose_kinds_the_program_lacks_ends_it_with_words(void **state)
{
	in_run = meet_another_kind;
	assert_int_equal(shunt_actor_serve(&opts), -ENOENT);
	assert_string_equal(shunt_actor_error(), "actor 'c' is of kind 'other', which this program "
						 "does not have");
}

/* --- refused ---------------------------------------------------------------------------------- */

static void a_kind_s_name_that_is_too_long_is_refused_with_words(void **state)
{
	static const struct shunt_actor_kind longer = { .name = "sixteen_letters_",
							.handle = handle };
	static const struct shunt_actor_kind *const bad[] = { &counter, &longer, NULL };
	struct shunt_actor_opts with = opts;

	with.kinds = bad;
	opens = 0;
	assert_int_equal(shunt_actor_serve(&with), -EINVAL);
	assert_string_equal(shunt_actor_error(),
			    "kind 'sixteen_letters_' has a name of more than 15 characters");
	assert_int_equal(opens, 0);
}

static void a_memory_that_is_too_small_is_refused_with_words(void **state)
{
	struct shunt_actor_opts with = opts;

	with.size = 4096;
	assert_int_equal(shunt_actor_serve(&with), -EINVAL);
	assert_non_null(strstr(shunt_actor_error(), "a memory of actors has more than"));
}

/* A program that was built before there was "notice", and before "attached". */
static void options_of_an_older_program_are_taken(void **state)
{
	struct shunt_opts older_worker = { .sz = offsetof(struct shunt_opts, attached) };
	struct shunt_actor_opts older = { .sz = offsetof(struct shunt_actor_opts, notice),
					  .worker = &older_worker, .kinds = kinds,
					  .notice = (void (*)(const char *))1 };

	in_run = live_through_loads;
	assert_int_equal(shunt_actor_serve(&older), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_stops_a_worker_that_runs_and_not_one_that_is_closed),
		cmocka_unit_test(a_worker_that_lives_through_loads_has_the_actors_of_each),
		cmocka_unit_test(a_load_whose_kinds_the_program_lacks_ends_it_with_words),
		cmocka_unit_test(a_kind_s_name_that_is_too_long_is_refused_with_words),
		cmocka_unit_test(a_memory_that_is_too_small_is_refused_with_words),
		cmocka_unit_test(options_of_an_older_program_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
