// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_stats.c - shunt stats: every count, the conservation line, rates
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "report.h"
#include "maps.h"
#include "pick.h"
#include "show.h"
#include "verb.h"
#include "pindir.h"
#include "wire.h"

/* --interval, --count; 0: not given. */
static struct {
	double seconds;
	unsigned long count;
} every;

static const char *const columns[] = { "arrived", "steered", "held", "spill", "rejected", "dropped",
				       "dropped_by_limit", "passed", "replied", "noreply", "late",
				       "lost", "expired", "refused", "waiting", "running",
				       "parked" };
static const char *const heads[] = { "arrived", "steered", "held", "spill", "reject", "drop",
				     "limit", "pass", "replied", "noreply", "late", "lost",
				     "expired", "refused", "waiting", "running", "parked" };

#define NCOLUMNS (sizeof(columns) / sizeof(columns[0]))

static void show_row(const char *name, const json_t *counts)
{
	printf("%-15s", name);
	for (size_t i = 0; i < NCOLUMNS; i++)
		printf(" %9lld", number_at(counts, columns[i]));
	putchar('\n');
}

static void show_counts(const json_t *r)
{
	const json_t *total = json_object_get(r, "total"), *c;
	size_t i;

	printf("%-15s", "class");
	for (i = 0; i < NCOLUMNS; i++)
		printf(" %9s", heads[i]);
	putchar('\n');
	json_array_foreach(json_object_get(r, "classes"), i, c)
		show_row(text_at(c, "name"), c);
	show_row("all", total);
	printf("arrived %lld = replied %lld + noreply %lld + rejected %lld + dropped %lld + passed "
	       "%lld + lost %lld + expired %lld + refused %lld + in flight %lld (waiting %lld, on "
	       "cores %lld), difference %lld\n",
	       number_at(total, "arrived"), number_at(total, "replied"),
	       number_at(total, "noreply"), number_at(total, "rejected"),
	       number_at(total, "dropped"), number_at(total, "passed"), number_at(total, "lost"),
	       number_at(total, "expired"), number_at(total, "refused"),
	       number_at(total, "in_flight"), number_at(total, "waiting"),
	       number_at(total, "in_flight") - number_at(total, "waiting"),
	       number_at(total, "difference"));
}

/* Only counts that are not zero: usually the line is empty. */
static void show_named(const char *title, const json_t *named)
{
	const json_t *n;
	const char *key, *sep = "";

	printf("%s:", title);
	json_object_foreach((json_t *)named, key, n) {
		if (json_integer_value(n)) {
			printf("%s %s %lld", sep, key, (long long)json_integer_value(n));
			sep = ",";
		}
	}
	puts(*sep ? "" : " none");
}

static void show_service(const json_t *r)
{
	const json_t *c, *s;
	size_t i;

	json_array_foreach(json_object_get(r, "classes"), i, c) {
		char mean[16], sigma[16], tail[16];

		s = json_object_get(c, "service");
		if (s)
			printf("%-15s service: mean %s, sigma %s, mean + 3 sigma %s, %lld/s "
			       "(measured %lld ms ago)\n", text_at(c, "name"),
			       show_ns(s, "mean_ns", mean), show_ns(s, "sigma_ns", sigma),
			       show_ns(s, "tail_ns", tail), number_at(s, "rate"),
			       number_at(s, "age_ms"));
		else
			printf("%-15s service: not measured\n", text_at(c, "name"));
	}
}

/* Of classes with an objective: did the requests that ended meet it? */
static void show_in_time(const json_t *r)
{
	char slo[16];
	const json_t *c, *t;
	size_t i;

	json_array_foreach(json_object_get(r, "classes"), i, c) {
		t = json_object_get(c, "in_time");
		if (!t)
			continue;
		printf("%-15s in time:", text_at(c, "name"));
		if (json_object_get(t, "last_second"))
			printf(" %.2f %% within %s in the last second,",
			       100 * json_real_value(json_object_get(t, "last_second")),
			       show_time(c, "slo_us", slo));
		printf(" %.2f %% since the start, by the objectives of their time; late %lld, "
		       "rejected %lld, expired %lld\n",
		       100 * json_real_value(json_object_get(t, "since_start")),
		       number_at(c, "late"), number_at(c, "rejected"), number_at(c, "expired"));
	}
}

/* Where a port has a refusal: who of the rejected and dropped was told? */
static void show_said_no(const json_t *r)
{
	const json_t *c;
	size_t i;

	if (!json_object_get(json_object_get(r, "config"), "refuse"))
		return;
	json_array_foreach(json_object_get(r, "classes"), i, c)
		printf("%-15s said no to %lld of %lld rejected and dropped; to %lld no reply "
		       "fitted, or the rate was used up\n",
		       text_at(c, "name"), number_at(c, "said_no"),
		       number_at(c, "rejected") + number_at(c, "dropped"), number_at(c, "unsaid"));
}

static void show_rates(const json_t *rates)
{
	const json_t *n;
	const char *key;

	printf("per second over %.2f s:", json_real_value(json_object_get(rates, "seconds")));
	json_object_foreach((json_t *)rates, key, n) {
		if (strcmp(key, "seconds"))
			printf(" %s %.0f", key, json_number_value(n));
	}
	putchar('\n');
}

static void show_preemption(const json_t *r)
{
	const json_t *p = json_object_get(r, "preemption"), *d;
	size_t i;

	if (!number_at(p, "by_safepoint") && !number_at(p, "by_signal") &&
	    !json_is_true(json_object_get(p, "on")))
		return;
	printf("preempted: %lld at safepoints, %lld by signals; %lld stayed, %lld demoted; "
	       "parked at most %lld (times full: %lld)\n", number_at(p, "by_safepoint"),
	       number_at(p, "by_signal"), number_at(p, "stayed"), number_at(p, "demoted"),
	       number_at(p, "parked_peak"), number_at(p, "refused_full"));
	printf("marks: %lld by XDP, %lld by shuntd, %lld came late; signals: %lld, %lld of them by "
	       "XDP\n",
	       number_at(p, "marks_xdp"), number_at(p, "marks_agent"), number_at(p, "marks_late"),
	       number_at(p, "signals"), number_at(p, "signals_xdp"));
	printf("yielded after the quantum's end:");
	json_array_foreach(json_object_get(p, "yield_delay"), i, d) {
		if (json_object_get(d, "below_ns"))
			printf(" <%lld ns %lld", number_at(d, "below_ns"), number_at(d, "count"));
		else
			printf(" longer %lld", number_at(d, "count"));
	}
	puts(json_array_size(json_object_get(p, "yield_delay")) ? "" : " none");
}

static void show_publisher(const json_t *p)
{
	char age[16], message[16];

	printf("  publishes loads: messages %lld, of %s each, loads at most %s old, failed %lld, "
	       "behind %lld\n",
	       number_at(p, "messages"), show_ns(p, "message_ns", message),
	       show_ns(p, "age_ns", age), number_at(p, "failed"), number_at(p, "equal"));
}

/* Its words mean something to the policy alone: they are in JSON, "plan" of the domain. */
static void show_plan(const json_t *plans)
{
	printf("  plans of the policy: made %lld, in vain %lld\n", number_at(plans, "made"),
	       number_at(plans, "refused"));
}

/* The card's own counts: packets that it drops never reach the host. */
static void show_card(const json_t *r)
{
	const json_t *c;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(r, "card"), "classes"), i, c)
		printf("card, class %lld: arrived %lld = steered %lld + dropped %lld + passed "
		       "%lld; spill %lld\n",
		       number_at(c, "class"), number_at(c, "arrived"), number_at(c, "steered"),
		       number_at(c, "dropped"), number_at(c, "passed"), number_at(c, "spill"));
}

static void show_agents(const json_t *r)
{
	const json_t *d, *a;
	char queues[SHOW_QUEUES];
	size_t i;

	json_array_foreach(json_object_get(r, "domains"), i, d) {
		a = json_object_get(d, "agent");
		if (!a) {
			printf("%s: arrived %lld, replied %lld; no shuntd yet\n",
			       show_queues(d, queues), number_at(d, "arrived"),
			       number_at(d, "replied"));
			continue;
		}
		printf("%s: arrived %lld, replied %lld; shuntd pid %lld %s, frames %lld, "
		       "workers came %lld, died %lld, frames recovered %lld, bad peers %lld, "
		       "arrivals without a frame %lld\n",
		       show_queues(d, queues), number_at(d, "arrived"), number_at(d, "replied"),
		       number_at(a, "pid"),
		       json_is_true(json_object_get(a, "alive")) ? "alive"
		       : !strcmp(text_at(a, "state"), "hangs")   ? "HANGS"
								 : "has ended",
		       number_at(a, "frames"), number_at(a, "workers"), number_at(a, "deaths"),
		       number_at(a, "recovered"), number_at(a, "bad_peers"),
		       number_at(a, "no_frame"));
		if (json_object_get(a, "policies_put_out"))
			printf("  policies put out of force: %lld for stalled cores, %lld for dead "
			       "workers\n",
			       number_at(json_object_get(a, "policies_put_out"), "stalls"),
			       number_at(json_object_get(a, "policies_put_out"), "faults"));
		if (json_object_get(a, "plans"))
			show_plan(json_object_get(a, "plans"));
		if (json_object_get(a, "publisher"))
			show_publisher(json_object_get(a, "publisher"));
	}
}

/* A worker's mistakes, by core; only counts that are not zero. */
static void show_cores(const json_t *r)
{
	static const struct {
		const char *key, *text;
	} wrong[] = {
		{ "send_fail", "replies not sent (longer than the request's room, no host's "
			       "address, or no frame free)" },
		{ "bad_frame", "requests that made no sense" },
	};
	const json_t *d, *c;
	char queues[SHOW_QUEUES];
	size_t i, k;

	json_array_foreach(json_object_get(r, "domains"), i, d) {
		json_array_foreach(json_object_get(d, "core"), k, c) {
			const json_t *n = json_object_get(c, "counts");

			for (size_t w = 0; w < sizeof(wrong) / sizeof(wrong[0]); w++) {
				if (number_at(n, wrong[w].key))
					printf("%s, core %lld: %lld %s\n", show_queues(d, queues),
					       number_at(c, "core"), number_at(n, wrong[w].key),
					       wrong[w].text);
			}
		}
	}
}

/* The NIC's cores, and the faults of its link and hosts. */
static void show_wire(const json_t *r)
{
	const json_t *w = json_object_get(r, "wire"), *c;
	size_t i;

	if (!w)
		return;
	printf("wire: k %lld, slots queued %lld, needless preemptions %lld\n", number_at(w, "k"),
	       number_at(w, "slots_queued"), number_at(w, "needless_preemptions"));
	wire_show_hosts(json_object_get(w, "hosts"));
	json_array_foreach(json_object_get(w, "core"), i, c)
		printf("  core %lld of host %lld: %s, %lld out, %lld credits, epoch %lld\n",
		       number_at(c, "core"), number_at(c, "host"),
		       json_is_true(json_object_get(c, "up")) ? "up" : "off", number_at(c, "out"),
		       number_at(c, "credits"), number_at(c, "epoch"));
	show_named("on the wire", json_object_get(w, "events"));
}

static void show(const json_t *r)
{
	printf("%s: policy %s, generation %lld\n", text_at(r, "interface"), text_at(r, "policy"),
	       number_at(r, "generation"));
	show_counts(r);
	if (json_object_get(r, "rates"))
		show_rates(json_object_get(r, "rates"));
	show_service(r);
	show_in_time(r);
	show_said_no(r);
	show_preemption(r);
	show_named("left to the kernel", json_object_get(r, "pass"));
	show_named("denied", json_object_get(r, "denied"));
	show_named("should not happen", json_object_get(r, "events"));
	show_wire(r);
	show_card(r);
	show_agents(r);
	show_cores(r);
}

static void set_rates(json_t *now, const json_t *before, double seconds)
{
	static const char *const what[] = { "arrived", "replied", "dropped", "lost" };
	const json_t *a = json_object_get(before, "total"), *b = json_object_get(now, "total");
	json_t *rates = json_pack("{s:f}", "seconds", seconds);

	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++)
		json_object_set_new(rates, what[i], json_real(
			(number_at(b, what[i]) - number_at(a, what[i])) / seconds));
	json_object_set_new(now, "rates", rates);
}

static void sleep_until(__u64 ns)
{
	struct timespec t = { ns / 1000000000, ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static int repeat(struct ctl *ctl)
{
	__u64 next = clock_ns(), step = every.seconds * 1e9, was = 0, at;
	json_t *before = NULL, *now;
	int err = 0;

	for (unsigned long i = 0; !err && (!every.count || i < every.count); i++) {
		at = clock_ns();
		now = report_json(ctl);
		if (!now) {
			err = fail(ctl, -EIO, "cannot read '%s'", ctl->ifname);
			break;
		}
		if (before)
			set_rates(now, before, (at - was) / 1e9);
		json_decref(before);
		before = json_incref(now);
		was = at;
		err = emit(ctl, now, show);
		fflush(stdout);
		if (ferror(stdout))
			break;
		next += step;
		if (!every.count || i + 1 < every.count)
			sleep_until(next);
	}
	json_decref(before);
	return err;
}

static int take_interval(struct ctl *ctl, const char *value)
{
	char *end;

	every.seconds = strtod(value, &end);
	if (end == value || *end || !(every.seconds >= 0.01 && every.seconds <= 86400))
		return fail_usage(ctl,
				  "--interval: '%s' is no number of seconds from 0.01 to 86400",
				  value);
	return 0;
}

static int take_count(struct ctl *ctl, const char *value)
{
	__u64 n = 0;
	int err = option_number(ctl, "count", value, 1, 1ULL << 32, &n);

	every.count = n;
	return err;
}

static int run(struct ctl *ctl)
{
	int err = need_args(ctl, 0, 0);
	json_t *r;

	if (!err && every.count && !every.seconds)
		err = fail_usage(ctl, "--count needs --interval");
	if (!err)
		err = pick_loaded(ctl);
	if (err)
		return err;
	if (every.seconds)
		return repeat(ctl);
	r = report_json(ctl);
	return r ? emit(ctl, r, show) : fail(ctl, -EIO, "cannot read '%s'", ctl->ifname);
}

static const struct verb_option interval = { "interval", 0, "SECONDS",
					     take_interval }, count = { "count", 0, "N",
									take_count };
static const struct verb_option *const options[] = { &option_dev, &interval, &count, NULL };

const struct verb verb_stats = {
	"stats", "[--interval SECONDS [--count N]]",
	"every count, repeated with rates; man 8 shunt, COUNTS, says what "
	"each is",
	options, run
};
