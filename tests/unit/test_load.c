// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_load.c - shunt-load's numbers: histogram, distributions, mixes, arrivals, confidence
 */
/* link: apps/load/dist.c apps/load/mix.c apps/load/arrive.c apps/load/tally.c apps/load/proto.c */
/* link: apps/load/proto_memcached.c apps/load/sight.c lib/why.c */
/* links more: what the generator draws, sends and judges, for each protocol */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "apps/load/load.h"

static struct why why;

static void test_a_histogram_is_off_by_at_most_1_6_percent(void **s)
{
	struct rng r = { 1 };

	for (int i = 0; i < 1000000; i++) {
		uint64_t ns = exp2(rng_uniform(&r) * 39.9);
		double got = hist_value(hist_bucket(ns));

		assert_true(fabs(got - ns) <= ns * 0.016);
	}
}

static void test_quantiles_are_those_of_the_values(void **s)
{
	static struct hist h;

	for (uint64_t i = 1; i <= 100000; i++)
		hist_add(&h, i * 1000);
	for (double q = 0.01; q < 1; q += 0.01)
		assert_true(fabs(hist_quantile(&h, q) - q * 1e8) <= q * 1e8 * 0.016 + 1000);
	assert_int_equal(hist_quantile(&h, 1), 100000000);
	assert_true(fabs(hist_above(&h, 50000000) - 50000.0) < 1000);
}

static void test_distributions_have_their_means(void **s)
{
	static const struct {
		const char *text;
		double mean, within;
	} cases[] = {
		{ "5us", 5000, 0 }, { "fixed:1.5ms", 1.5e6, 0 }, { "exp:10us", 1e4, 0.01 },
		{ "lognormal:20us:1", 2e4, 0.02 },
	};
	struct rng r = { 7 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dist d;
		double sum = 0;

		assert_int_equal(dist_parse(&d, cases[i].text, &why), 0);
		for (int n = 0; n < 200000; n++)
			sum += dist_draw(&d, &r);
		assert_true(fabs(sum / 200000 - cases[i].mean) <=
			    cases[i].mean * cases[i].within + 0.001);
	}
}

static void test_named_mixes_have_the_means_that_papers_say(void **s)
{
	static const struct {
		const char *name;
		double us;
	} cases[] = {
		{ "high-bimodal", 50.5 }, { "extreme-bimodal", 2.9975 }, { "tpcc", 19.068 },
		{ "dispersive", 53.98 },
		{ "rocksdb", 318.25 }, { "racksched-trimodal", 37 }, { "bimodal:0.9:1us:11us", 2 },
		{ "trimodal:1us:10us:100us", 37 }, { "exp:3us", 3 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mix m;

		assert_int_equal(mix_parse(&m, cases[i].name, &why), 0);
		assert_true(fabs(m.phase[0].mean_ns / 1e3 - cases[i].us) < 0.001);
		mix_free(&m);
	}
}

static void test_shares_are_drawn(void **s)
{
	struct rng r = { 3 };
	struct mix m;
	int n[3] = { 0 };

	assert_int_equal(mix_parse(&m, "a=70%:1us,b=0.2:2us,c=1/10:3us", &why), 0);
	for (int i = 0; i < 100000; i++)
		n[mix_draw(&m, 0, &r)->cls]++;
	assert_true(abs(n[0] - 70000) < 700 && abs(n[1] - 20000) < 600 && abs(n[2] - 10000) < 500);
}

static void test_what_a_mix_of_the_simulator_says_to_the_server_is_left_aside(void **s)
{
	static const char text[] =
		"a=0.5:1us/slo=10us/quantum=5us/requeue=tail/service=web,"
		"b=0.5:2us/admit=off/quantum=5us/least=5%/expire=4/slo=1ms";
	struct mix m;

	assert_int_equal(mix_parse(&m, text, &why), 0);
	assert_true(m.slo_ns[0] == 10e3 && m.slo_ns[1] == 1e6);
	assert_true(mix_class_mean(&m, 1) == 2000);
	mix_free(&m);
}

static void test_bad_mixes_are_refused(void **s)
{
	static const char *const bad[] = { "", ";", ",", "a", "a=", "a=1:", "=1:1us", "a=2:1us",
					   "a=0.5:1us", "a=1:1xs",
		"a=1:-1us", "a=1:nanus", "a=1:exp:", "a=1:lognormal:1us", "bimodal:2:1us:1us",
		"a\"b=1:1us", "a=1:file:/nonexistent", "toolongtobeanameofaclass=1:1us", "a=1:9s" };
	struct mix m;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why_forget(&why);
		assert_int_not_equal(mix_parse(&m, bad[i], &why), 0);
		assert_true(why.text && *why.text);
		mix_free(&m);
	}
}

static struct load l;

/* Requests a second over 100 s of schedule, and the coefficient of variation of the gaps. */
static double schedule(const char *arrival, double *cv)
{
	double at = -1, last = 0, sum = 0, squares = 0;
	int n = 0;

	l.when.state = 5;
	l.o = (struct options){ .arrival_text = arrival, .rate = 1000, .burst = 1 };
	assert_int_equal(arrival_parse(&l.o, &why), 0);
	for (at = arrival_next(&l, -1); at < 100e9; at = arrival_next(&l, at), n++) {
		assert_true(at >= last);
		sum += at - last;
		squares += (at - last) * (at - last);
		last = at;
	}
	*cv = sqrt(squares / n - (sum / n) * (sum / n)) / (sum / n);
	return n / 100.0;
}

static void test_arrivals_have_their_rate_and_shape(void **s)
{
	double cv;

	assert_true(fabs(schedule("poisson", &cv) - 1000) < 15 && fabs(cv - 1) < 0.05);
	assert_true(fabs(schedule("fixed", &cv) - 1000) < 1 && cv < 0.01);
	assert_true(fabs(schedule("bursty:1ms:9ms", &cv) - 1000) < 30 && cv > 1.5);
}

static void test_keys_are_drawn_as_zipf_says(void **s)
{
	struct zipf z;
	struct rng r = { 9 };
	int n[4] = { 0 };

	assert_int_equal(zipf_init(&z, 1000, 1), 0);
	for (int i = 0; i < 200000; i++) {
		size_t k = zipf_draw(&z, &r);

		assert_true(k < 1000);
		if (k < 4)
			n[k]++;
	}
	assert_true(fabs(n[0] / (double)n[1] - 2) < 0.1 && fabs(n[0] / (double)n[3] - 4) < 0.3);
	zipf_free(&z);
}

/* In how many of 100 runs the bounds of the p99 hold its
 * true value. near: requests that are alike. */
static int runs_with_truth(int near)
{
	static struct tally t;
	struct rng r = { 11 };
	double truth = -log(0.01) * 1e5, low, high;
	int hits = 0;

	for (int run = 0; run < 100; run++) {
		double x = 0;

		memset(&t, 0, sizeof(t));
		for (int i = 0; i < 20000; i++) {
			if (i % near == 0)
				x = rng_exp(&r, 1e5);
			hist_add(&t.latency, x);
			hist_add(&t.slice[i / (20000 / SLICES)], x);
		}
		hits += tally_bounds(&t, 0.99, &low, &high) && low <= truth * 1.016 &&
			high >= truth * 0.984;
	}
	return hits;
}

static void test_bounds_hold_the_truth_even_if_requests_are_alike(void **s)
{
	assert_true(runs_with_truth(1) >= 90);
	assert_true(runs_with_truth(20) >= 85);
}

static void test_late_requests_make_a_run_invalid(void **s)
{
	struct interval i;

	memset(&l.n, 0, sizeof(l.n));
	l.o.late_share = 0.01;
	l.n.sent = 1000;
	l.n.late = 10;
	judge(&l, &i);
	assert_true(i.valid);
	l.n.late = 11;
	judge(&l, &i);
	assert_false(i.valid);
	assert_non_null(strstr(i.why, "late"));
	l.n.late = 0;
	l.n.unsent = 1;
	judge(&l, &i);
	assert_false(i.valid);
}

volatile sig_atomic_t load_stop;

/* As a server's clock has it that was ahead of the one of
 * the request's arrival: the difference wraps. */
static void test_a_longer_time_in_the_server_than_under_way_is_left_out(void **s)
{
	const struct pending p = { .due = 1000, .counted = true };
	struct answer a = { .sojourn_ns = 4000 };

	memset(&l.n, 0, sizeof(l.n));
	l.slice_ns = 1;
	for (int i = 0; i < 97; i++)
		tally_add(&l, &p, &a, 11000);
	a.sojourn_ns = (uint64_t)-30;
	for (int i = 0; i < 3; i++)
		tally_add(&l, &p, &a, 11000);
	assert_int_equal(l.n.cls[0].answered, 100);
	assert_int_equal(l.n.cls[0].sojourn.n, 97);
	assert_true(hist_quantile(&l.n.cls[0].sojourn, 0.99) <= 4100);
	assert_int_equal(l.n.bad_sojourn, 3);
}

static void test_replies_of_one_protocol_are_not_those_of_another(void **s)
{
	static uint8_t buf[PACKET_MAX + 256];
	const struct request r = { .seq = 7, .service_ns = 1000, .cls = 0 };
	const char error[] = "\0\1\0\0\0\1\0\0ERROR\r\n",
		   long_error[] = "\0\1\0\0\0\1\0\0CLIENT_ERROR bad command line format\r\n";
	struct answer a;
	size_t len;

	l.o = (struct options){ .keys = 100, .key_size = 16, .value_size = 64 };
	assert_int_equal(mix_parse(&l.o.mix, "get=1", &why), 0);
	assert_int_equal(proto_memcached.setup(&l.o, &why), 0);
	len = proto_memcached.build(&l.o, &r, buf);
	assert_int_not_equal(proto_memcached.parse(buf, len, &a), 0); /* it came back as it was */
	assert_int_equal(proto_memcached.parse((const uint8_t *)error, sizeof(error) - 1, &a), 0);
	assert_true(a.rejected);
	assert_int_not_equal(proto_spin.parse((const uint8_t *)long_error, sizeof(long_error) - 1,
					      &a),
			     0);
	assert_int_not_equal(proto_echo.parse((const uint8_t *)long_error, sizeof(long_error) - 1,
					      &a),
			     0);
	len = proto_spin.build(&l.o, &r, buf);
	assert_int_equal(proto_spin.parse(buf, len, &a), 0);
	assert_int_equal(a.seq, 7);
	assert_int_not_equal(proto_memcached.parse(buf, len, &a), 0);
	assert_int_not_equal(proto_echo.parse(buf, len, &a), 0);
	len = proto_echo.build(&l.o, &r, buf);
	assert_int_equal(proto_echo.parse(buf, len, &a), 0);
	assert_int_not_equal(proto_spin.parse(buf, len, &a), 0);
	mix_free(&l.o.mix);
}

/* As a port's "refuse" makes it of a request: shorter than that by one byte. */
static void test_a_refusal_is_told_from_a_reply(void **s)
{
	static uint8_t buf[PACKET_MAX + 256];
	const struct request r = { .seq = 0x01020304050607, .service_ns = 1000, .cls = 0 };
	const struct protocol *const both[] = { &proto_spin, &proto_echo };
	struct answer a;
	size_t len;

	l.o = (struct options){ 0 };
	for (int i = 0; i < 2; i++) {
		len = both[i]->build(&l.o, &r, buf);
		assert_int_equal(both[i]->parse(buf, len, &a), 0);
		assert_false(a.rejected);
		memset(buf + 2, 0xff, 2);
		assert_int_equal(both[i]->parse(buf, len - 1, &a), 0);
		assert_true(a.rejected);
		assert_true(a.seq == r.seq);
		assert_int_not_equal(both[i]->parse(buf, len - 2, &a), 0);
		buf[3] = 0;
		assert_int_not_equal(both[i]->parse(buf, len - 1, &a), 0);
		memset(buf + 2, 0, 2);
		assert_int_not_equal(both[i]->parse(buf, len - 1, &a), 0);
	}
}

static void test_what_came_instead_of_replies_is_said(void **s)
{
	const char error[] = "\0\1\0\0\0\1\0\0ERROR\r\n";
	char text[600];

	memset(&l, 0, sizeof(l));
	l.o.to = "198.18.0.2:9000";
	l.o.mix.classes = 1;
	l.proto = &proto_spin;
	assert_false(sight_says(&l, text, sizeof(text)));
	l.n.cls[0].sent = 10;
	sight_add(&l);
	assert_true(sight_says(&l, text, sizeof(text)));
	assert_non_null(strstr(text, "nothing came back from 198.18.0.2:9000"));
	l.n.refused = 10;
	sight_add(&l);
	assert_true(sight_says(&l, text, sizeof(text)));
	assert_non_null(strstr(text, "nobody listens at 198.18.0.2:9000"));
	sight_foreign(&l, (const uint8_t *)error, sizeof(error) - 1);
	sight_add(&l);
	assert_true(sight_says(&l, text, sizeof(text)));
	assert_non_null(strstr(text, "the first has 15 bytes"));
	assert_non_null(strstr(text, "ERROR\\x0d\\x0a"));
	assert_non_null(strstr(text, "how 'memcached' answers"));
	memset(&l.sight, 0, sizeof(l.sight));
	l.n.foreign = 0;
	l.n.cls[0].answered = 1;
	sight_add(&l);
	assert_false(sight_says(&l, text, sizeof(text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_histogram_is_off_by_at_most_1_6_percent),
		cmocka_unit_test(test_quantiles_are_those_of_the_values),
		cmocka_unit_test(test_distributions_have_their_means),
		cmocka_unit_test(test_named_mixes_have_the_means_that_papers_say),
		cmocka_unit_test(test_shares_are_drawn),
		cmocka_unit_test(test_what_a_mix_of_the_simulator_says_to_the_server_is_left_aside),
		cmocka_unit_test(test_bad_mixes_are_refused),
		cmocka_unit_test(test_arrivals_have_their_rate_and_shape),
		cmocka_unit_test(test_keys_are_drawn_as_zipf_says),
		cmocka_unit_test(test_bounds_hold_the_truth_even_if_requests_are_alike),
		cmocka_unit_test(test_late_requests_make_a_run_invalid),
		cmocka_unit_test(test_a_longer_time_in_the_server_than_under_way_is_left_out),
		cmocka_unit_test(test_replies_of_one_protocol_are_not_those_of_another),
		cmocka_unit_test(test_a_refusal_is_told_from_a_reply),
		cmocka_unit_test(test_what_came_instead_of_replies_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
