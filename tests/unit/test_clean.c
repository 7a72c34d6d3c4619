// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_clean.c - stalls set aside, on queues whose truth is known: simulated with the stalls, and
 * without
 */
/* link: apps/clean/spans.c apps/clean/pool.c apps/clean/overload.c apps/clean/verdict.c */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "apps/clean/clean.h"
#include "tests/rng.h"

#define MS 1000000ULL
#define LENGTH (100 * MS) /* of a window */
#define START (1000 * MS)
#define MOST_REPLIES 40000
#define MOST_GAPS 1000
#define WINDOWS 12

static const struct rule usual = {
	.before = RULE_BEFORE_NS, .after = RULE_AFTER_NS, .backlog = RULE_BACKLOG,
};

/*
 * Arrivals of a Poisson process, served in order, `service` ns each; `pause` ns on their way when
 * nothing waits.
 */
struct world {
	double rate;
	uint32_t service, pause;
	/* a second, 20 us and exponentially more, 60 us on average */
	double server_stalls, client_stalls;
	uint32_t long_stall;                 /* ns, one of the server in each window */
	bool hidden;                         /* the server does not note its stalls */
	enum noted noted;
	uint64_t seed;
};

static const struct world third = { .rate = 61000, .service = 5500, .pause = 4000,
				    .server_stalls = 400,
				    .client_stalls = 400, .long_stall = 3000000, .noted = NOTED };

static double uniform(struct rng *r)
{
	return (rng_next(r) >> 11) / 9007199254740992.0;
}

static double exponential(struct rng *r, double mean)
{
	return -mean * log(1 - uniform(r));
}

static void add_gap(struct gaps *g, double from, double length)
{
	assert_true(g->n < MOST_GAPS);
	g->gap[g->n++] = (struct gap){ .from = from, .to = from + length, .row = 1 };
}

static struct gaps draw_gaps(struct rng *r, double each_s, uint32_t long_stall, uint64_t begin)
{
	double at = begin, odd = begin + LENGTH * (0.2 + 0.6 * uniform(r));
	struct gaps g = { .gap = calloc(MOST_GAPS, sizeof(*g.gap)) };

	while (each_s > 0) {
		double length = 20000 + exponential(r, 60000);

		at += exponential(r, 1e9 / each_s);
		if (at > begin + LENGTH)
			break;
		if (long_stall && at > odd) {
			length = long_stall;
			long_stall = 0;
		}
		add_gap(&g, at, length);
		at += length;
	}
	return g;
}

/*
 * The end of `work` ns that begin at `at`, if nothing is done in gaps; *i: the first gap that may
 * matter.
 */
static double done_at(const struct gaps *g, size_t *i, double at, double work)
{
	while (*i < g->n && g->gap[*i].to <= at)
		++*i;
	for (; *i < g->n && g->gap[*i].from < at + work; ++*i) {
		double from = g->gap[*i].from, end = g->gap[*i].to;

		if (from > at)
			work -= from - at;
		at = end;
	}
	return at + work;
}

static struct window simulate(const struct world *world, struct rng *r, uint64_t begin)
{
	struct window w = { .begin = begin, .end = begin + LENGTH, .noted = world->noted,
			    .reply = calloc(MOST_REPLIES, sizeof(*w.reply)),
			    .client = draw_gaps(r, world->client_stalls, 0, begin),
			    .server = draw_gaps(r, world->server_stalls, world->long_stall,
						begin) };
	double due = begin, left = 0, free_at = 0;
	size_t c = 0, s = 0;

	for (;;) {
		due += exponential(r, 1e9 / world->rate);
		if (due > w.end)
			break;
		assert_true(w.replies < MOST_REPLIES);
		left = done_at(&w.client, &c, fmax(due, left), 1000); /* the client's call */
		free_at = done_at(&w.server, &s, fmax(left + world->pause, free_at),
				  world->service);
		w.reply[w.replies].due = due;
		w.reply[w.replies++].latency = free_at - (uint64_t)due;
	}
	if (world->hidden)
		w.server.n = 0;
	return w;
}

static struct windows measure(const struct world *world, size_t n)
{
	struct windows w = { .window = calloc(n, sizeof(*w.window)), .n = n };
	struct rng r = { world->seed + 1 };

	for (size_t i = 0; i < n; i++)
		w.window[i] = simulate(world, &r, START + i * 2 * LENGTH);
	return w;
}

static void forget(struct windows *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->window[i].reply);
		free(w->window[i].client.gap);
		free(w->window[i].server.gap);
	}
	free(w->window);
}

static struct summary summary_of(const struct world *world, size_t n)
{
	struct windows w = measure(world, n);
	struct summary s;

	assert_int_equal(summarize(&s, &w, &usual, CLEAN_ALL, 0), 0);
	forget(&w);
	return s;
}

/* p99 of the same queue when nobody stalls, of many windows. */
static double truth_of_third(void)
{
	static double known;
	struct world calm = third;

	if (known)
		return known;
	calm.server_stalls = calm.client_stalls = 0;
	calm.seed = 77;
	return known = summary_of(&calm, 40).raw[P99].at;
}

static void test_cleaned_p99_is_that_without_stalls(void **state)
{
	const double truth = truth_of_third();
	struct summary s = summary_of(&third, WINDOWS);

	assert_string_equal(s.why, "");
	assert_true(s.raw[P99].at > 5 * truth);
	assert_true(s.clean[P99].low <= truth && truth <= s.clean[P99].high);
	assert_true(fabs(s.clean[P99].at - truth) < 0.05 * truth);
	assert_true(s.kept > 0.3 * s.due && s.kept < 0.9 * s.due);
}

/* How many of 100 times the bounds of n windows hold the truth. */
static int held_by(size_t n)
{
	const double truth = truth_of_third();
	struct world world = third;
	int held = 0, refused = 0;

	for (world.seed = 100; world.seed < 200; world.seed++) {
		struct summary s = summary_of(&world, n);

		held += s.clean[P99].low <= truth && truth <= s.clean[P99].high;
		refused += s.why[0] != 0;
	}
	print_message("bounds of %zu windows hold the truth %d times of 100, %d refused\n", n, held,
		      refused);
	assert_true(refused <= 5); /* by checks of the method that had no reason */
	return held;
}

static void test_bounds_hold_the_truth_as_often_as_they_say(void **state)
{
	assert_true(held_by(6) >= 90);
	assert_true(held_by(WINDOWS) >= 90);
}

/* A rule for a server at half load, and one whose backlog takes nine lengths of a stall: what is
 * left over makes the bounds wide, and is found all the same. */
static void test_backlog_that_makes_its_own_bounds_wide_is_found(void **state)
{
	struct world world = third;
	int refused = 0;

	world.rate = 70000;
	world.service = 12900;
	world.server_stalls = 100;
	world.client_stalls = 0;
	for (world.seed = 0; world.seed < 10; world.seed++) {
		struct summary s = summary_of(&world, WINDOWS);

		refused += s.why[0] != 0;
	}
	assert_true(refused >= 9);
}

/* Two thirds of the windows are one gap each. */
static void test_windows_of_which_nothing_is_left_do_not_count(void **state)
{
	struct windows w = measure(&third, WINDOWS);
	struct gap all;
	struct summary s;

	for (size_t i = 0; i < w.n; i++) {
		all = (struct gap){ w.window[i].begin, w.window[i].end, 1 };
		if (i % 3)
			*w.window[i].client.gap = all, w.window[i].client.n = 1;
	}
	assert_int_equal(summarize(&s, &w, &usual, CLEAN_ALL, 0), 0);
	assert_int_equal(s.clean_windows, 4);
	assert_non_null(strstr(s.why, "kept"));
	forget(&w);
}

static void test_a_client_that_sends_late_is_told(void **state)
{
	struct windows w = measure(&third, WINDOWS);
	struct summary s;

	for (size_t i = 0; i < w.n; i++) {
		for (size_t k = 0; k < w.window[i].replies; k += 30)
			w.window[i].reply[k].late = true;
	}
	assert_int_equal(summarize(&s, &w, &usual, CLEAN_ALL, 0), 0);
	assert_non_null(strstr(s.why, "kept requests late"));
	forget(&w);
}

/* Thirty requests a window, each 5 ms slower than the one before. */
static void test_too_few_requests_to_tell_an_overload_are_refused(void **state)
{
	struct world calm = third;
	struct windows w;
	struct summary s;

	calm.rate = 300;
	calm.server_stalls = calm.client_stalls = 0;
	w = measure(&calm, 30);
	for (size_t i = 0; i < w.n; i++) {
		for (size_t k = 0; k < w.window[i].replies; k++)
			w.window[i].reply[k].latency = k * 5000000;
	}
	assert_int_equal(summarize(&s, &w, &usual, CLEAN_ALL, 0), 0);
	assert_non_null(strstr(s.why, "too few requests to tell an overload"));
	forget(&w);
}

/* As many gaps, each fifty times as long. */
static void test_a_server_that_is_away_for_longer_is_told(void **state)
{
	struct summary honest = summary_of(&third, WINDOWS), other = honest;

	other.server.share = honest.server.share + 0.08;
	assert_true(gaps_differ(&honest, &other) && gaps_differ(&other, &honest));
}

static void test_a_placebo_moves_nothing(void **state)
{
	struct world world = third;
	double sum = 0;
	int refused = 0;

	for (world.seed = 10; world.seed < 20; world.seed++) {
		struct summary s = summary_of(&world, WINDOWS);

		refused += s.why[0] != 0;
		assert_true(s.placebo_kept < 0.8);
		sum += s.placebo_p99 / s.clean[P99].at / 10;
	}
	assert_true(fabs(sum - 1) < 0.01);
	assert_true(refused <= 1);
}

static void test_stalls_of_the_client_alone_are_set_aside(void **state)
{
	struct world world = third;
	double truth = truth_of_third();
	struct summary s;

	world.server_stalls = 0;
	s = summary_of(&world, WINDOWS);
	assert_string_equal(s.why, "");
	assert_true(s.clean[P99].low <= truth && truth <= s.clean[P99].high);
}

static void test_a_server_that_hides_its_stalls_harms_itself_alone(void **state)
{
	struct world world = third;

	world.hidden = true;
	assert_true(summary_of(&world, WINDOWS).clean[P99].at > 3 * truth_of_third());
}

static void test_a_server_that_notes_no_gaps_is_not_compared(void **state)
{
	struct world world = third;
	struct summary honest = summary_of(&third, WINDOWS), other;

	world.hidden = true;
	world.noted = NOTED_NOT;
	other = summary_of(&world, WINDOWS);
	assert_non_null(strstr(other.why, "noted no gaps"));
	assert_int_equal(compare(&honest, &other, P99), NOT_COMPARED);
	world.noted = NOTED_PARTLY;
	other = summary_of(&world, WINDOWS);
	assert_non_null(strstr(other.why, "a part of its gaps"));
}

/*
 * Each request that took long, the server says, was a stall. Its numbers are too good, and its gaps
 * too many.
 */
static void test_a_server_that_calls_its_slowness_gaps_is_told(void **state)
{
	struct world calm = third;
	struct windows w;
	struct summary honest, liar;

	calm.long_stall = 0;
	honest = summary_of(&calm, WINDOWS);
	calm.seed = 5;
	w = measure(&calm, WINDOWS);
	for (size_t i = 0; i < w.n; i++) {
		struct window *a = &w.window[i];

		for (size_t k = 0, n = 0; k < a->replies && n < 400; k++) {
			if (a->reply[k].latency > 40000 && a->server.n < MOST_GAPS) {
				uint64_t due = a->reply[k].due;

				a->server.gap[a->server.n++] = (struct gap){ due, due + 20000, 1 };
				n++;
			}
		}
	}
	assert_int_equal(summarize(&liar, &w, &usual, CLEAN_ALL, 0), 0);
	assert_true(gaps_differ(&honest, &liar));
	assert_false(gaps_differ(&honest, &honest));
	forget(&w);
}

static void test_overload_is_refused(void **state)
{
	struct world world = third;

	world.rate = 100000;
	world.service = 10500;
	for (world.seed = 0; world.seed < 5; world.seed++)
		assert_non_null(strstr(summary_of(&world, WINDOWS).why, "overload"));
}

static void test_a_queue_that_is_nearly_full_is_no_overload(void **state)
{
	struct world world = third;

	world.rate = 90000;
	world.service = 10000;
	world.server_stalls = world.client_stalls = 0;
	for (world.seed = 0; world.seed < 5; world.seed++)
		assert_int_equal(summary_of(&world, WINDOWS).overloaded, 0);
}

/* At 90 % a stall's backlog takes nine times its length. */
static void test_a_rule_that_is_too_narrow_is_found_out(void **state)
{
	const struct rule narrow = { 0 };
	struct world world = third;
	struct windows w;
	struct summary s;

	world.rate = 70000;
	world.service = 10000;
	world.server_stalls = 100;
	world.client_stalls = 0;
	w = measure(&world, WINDOWS);
	assert_int_equal(summarize(&s, &w, &narrow, CLEAN_ALL, 0), 0);
	assert_non_null(strstr(s.why, "backlog outlasts the rule"));
	forget(&w);
}

static void test_too_many_gaps_are_refused(void **state)
{
	struct world world = third;
	struct windows w;
	struct summary s;

	world.client_stalls = 2500;
	assert_non_null(strstr(summary_of(&world, WINDOWS).why, "gaps a second of the client"));
	w = measure(&world, WINDOWS);
	for (size_t i = 0; i < w.n; i++) {
		for (size_t k = 0; k < w.window[i].client.n; k++)
			w.window[i].client.gap[k].row = 16;
	}
	assert_int_equal(summarize(&s, &w, &usual, CLEAN_ALL, 0), 0);
	assert_non_null(strstr(s.why, "batches look like gaps"));
	forget(&w);
}

static void test_the_faster_of_two_is_told_and_equals_are_not(void **state)
{
	struct world a = third, b = third;
	struct summary x, y;

	a.seed = 3;
	b.seed = 4;
	x = summary_of(&a, WINDOWS);
	y = summary_of(&b, WINDOWS);
	assert_int_equal(compare(&x, &y, P99), NOT_TOLD_APART);
	b.service += 1000;
	y = summary_of(&b, WINDOWS);
	assert_int_equal(compare(&x, &y, P99), LOWER);
	assert_int_equal(compare(&y, &x, P99), HIGHER);
}

static void test_few_windows_have_no_bounds(void **state)
{
	struct summary s = summary_of(&third, 4);

	assert_true(isnan(s.clean[P99].low) && isnan(s.clean[P99].high));
	assert_false(isnan(s.clean[P99].at));
	assert_non_null(strstr(s.why, "4 windows"));
}

static void test_a_request_without_a_reply_is_longer_than_all(void **state)
{
	struct windows w = measure(&third, WINDOWS);
	struct summary s;

	for (size_t i = 0; i < w.n; i++) {
		for (size_t k = 0; k < w.window[i].replies; k += 50)
			w.window[i].reply[k].latency = CLEAN_NO_REPLY;
	}
	assert_int_equal(summarize(&s, &w, &usual, CLEAN_ALL, 0), 0);
	assert_true(isinf(s.clean[P99].at) && !isinf(s.clean[P90].at));
	assert_true(s.lost > s.kept / 60 && s.lost < s.kept / 40);
	forget(&w);
}

static void test_kept_requests_within_their_objective_are_counted(void **state)
{
	struct windows w = measure(&third, WINDOWS);
	struct summary s;

	for (size_t i = 0; i < w.n; i++) {
		for (size_t k = 0; k < w.window[i].replies; k++)
			w.window[i].reply[k].latency = k % 4 == 0 ? CLEAN_NO_REPLY :
						       k % 2 ? 5000 : 5001;
	}
	assert_int_equal(summarize(&s, &w, &usual, CLEAN_ALL, 5000), 0);
	assert_true(s.in_time > s.kept * 0.48 && s.in_time < s.kept * 0.52);
	assert_int_equal(summarize(&s, &w, &usual, CLEAN_ALL, 4999), 0);
	assert_int_equal(s.in_time, 0);
	assert_true(isinf(s.clean[P99].at)); /* a quarter has no reply */
	assert_true(s.answered_p99 == 5.001);
	forget(&w);
}

static void test_classes_are_apart(void **state)
{
	struct windows w = measure(&third, WINDOWS);
	struct summary s;

	for (size_t i = 0; i < w.n; i++) {
		for (size_t k = 0; k < w.window[i].replies; k += 4)
			w.window[i].reply[k] = (struct reply){ w.window[i].reply[k].due, 100000,
							       1 };
	}
	assert_int_equal(summarize(&s, &w, &usual, 1, 0), 0);
	assert_true(s.clean[P50].at == 100 && s.clean[P99].at == 100);
	assert_int_equal(summarize(&s, &w, &usual, 0, 0), 0);
	assert_true(s.clean[P50].at < 20);
	forget(&w);
}

static void test_a_span_has_its_ends_and_nothing_beyond(void **state)
{
	struct gap gap[] = { { 1000000, 1050000, 0 }, { 1060000, 1070000, 0 }, { 3000000, 3020000,
										 0 } };
	struct window w = { .client = { gap, 1 }, .server = { gap + 1, 2 } };
	const struct rule r = { .before = 1000, .after = 2000, .backlog = 1 };
	struct spans s;

	assert_int_equal(spans_of(&s, &w, &r, 0), 0);
	assert_int_equal(s.n, 2); /* 1,050,000 + 50,000 + 2,000 reaches into the second */
	assert_false(spans_have(&s, 998999));
	assert_true(spans_have(&s, 999000));
	assert_true(spans_have(&s, 1102000));
	assert_false(spans_have(&s, 1102001));
	assert_true(spans_have(&s, 3042000));
	assert_false(spans_have(&s, 3042001));
	spans_free(&s);
	assert_int_equal(spans_of(&s, &w, &r, -1000), 0);
	assert_true(spans_have(&s, 998000));
	spans_free(&s);
}

/* Gaps of 10 us and of 100: requests that were due three lengths before are set aside, but none
 * that was due more than 200 us before. */
static void test_more_is_set_aside_before_a_longer_gap_where_the_rule_says_so(void **state)
{
	struct gap gap[] = { { 1000000, 1010000, 0 }, { 2000000, 2050000, 0 },
			     { 3000000, 3100000, 0 } };
	struct window w = { .client = { gap, 3 } };
	struct rule r = { .before = 40000, .under_way = 3, .under_way_most = 200000 };
	struct spans s;

	assert_int_equal(spans_of(&s, &w, &r, 0), 0);
	assert_false(spans_have(&s, 959999));
	assert_true(spans_have(&s, 960000)); /* no less than "before" */
	assert_false(spans_have(&s, 1849999));
	assert_true(spans_have(&s, 1850000));
	assert_false(spans_have(&s, 2799999));
	assert_true(spans_have(&s, 2800000)); /* 300,000 would be more than the most */
	assert_false(spans_have(&s, 3100001));
	spans_free(&s);
	r.under_way_most = 0;
	assert_int_equal(spans_of(&s, &w, &r, 0), 0);
	assert_true(spans_have(&s, 2700000));
	assert_false(spans_have(&s, 2699999));
	spans_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cleaned_p99_is_that_without_stalls),
		cmocka_unit_test(test_bounds_hold_the_truth_as_often_as_they_say),
		cmocka_unit_test(test_backlog_that_makes_its_own_bounds_wide_is_found),
		cmocka_unit_test(test_windows_of_which_nothing_is_left_do_not_count),
		cmocka_unit_test(test_a_client_that_sends_late_is_told),
		cmocka_unit_test(test_too_few_requests_to_tell_an_overload_are_refused),
		cmocka_unit_test(test_a_server_that_is_away_for_longer_is_told),
		cmocka_unit_test(test_a_placebo_moves_nothing),
		cmocka_unit_test(test_stalls_of_the_client_alone_are_set_aside),
		cmocka_unit_test(test_a_server_that_hides_its_stalls_harms_itself_alone),
		cmocka_unit_test(test_a_server_that_notes_no_gaps_is_not_compared),
		cmocka_unit_test(test_a_server_that_calls_its_slowness_gaps_is_told),
		cmocka_unit_test(test_overload_is_refused),
		cmocka_unit_test(test_a_queue_that_is_nearly_full_is_no_overload),
		cmocka_unit_test(test_a_rule_that_is_too_narrow_is_found_out),
		cmocka_unit_test(test_too_many_gaps_are_refused),
		cmocka_unit_test(test_the_faster_of_two_is_told_and_equals_are_not),
		cmocka_unit_test(test_few_windows_have_no_bounds),
		cmocka_unit_test(test_a_request_without_a_reply_is_longer_than_all),
		cmocka_unit_test(test_kept_requests_within_their_objective_are_counted),
		cmocka_unit_test(test_classes_are_apart),
		cmocka_unit_test(test_a_span_has_its_ends_and_nothing_beyond),
		cmocka_unit_test(test_more_is_set_aside_before_a_longer_gap_where_the_rule_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
