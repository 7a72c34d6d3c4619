// SPDX-License-Identifier: BSD-2-Clause
/*
 * compare.c - shunt-compare: systems that were measured in turns, with the machine's stalls set
 * aside
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clean/clean.h"
#include "load/dist.h"
#include "plain_name.h"

#define PROGRAM "shunt-compare"
#define SYSTEMS 64

struct system {
	const char *name, *path;
	struct windows windows;
	struct summary sum[CLEAN_CLASSES];
};

static struct system systems[SYSTEMS];
static struct offered offered; /* of all systems alike */
static int count;

static void usage(FILE *out)
{
	fputs("usage: shunt-compare [options] NAME=FILE...\n"
	      "Compares systems by windows that shunt-load --windows FILE has measured in turns.\n"
	      "  -b, --backlog X       requests due in X times a gap's length after it are set\n"
	      "                        aside, too (4)\n"
	      "      --before TIME     requests due so long before a gap are set aside (200us)\n"
	      "  -j, --json            an object instead of tables\n"
	      "  -V, --version  -h, --help\n", out);
}

static void __attribute__((noreturn)) bad(const char *what, const char *arg)
{
	fprintf(stderr, PROGRAM ": %s '%s'; --help says more\n", what, arg);
	exit(2);
}

static void add(char *arg)
{
	char *is = strchr(arg, '=');

	if (!is || is == arg || !is[1])
		bad("not NAME=FILE:", arg);
	if (count == SYSTEMS)
		bad("one system too many:", arg);
	*is = 0;
	if (!is_plain_name(arg))
		bad("the name of a system has " PLAIN_NAME ":", arg);
	systems[count++] = (struct system){ .name = arg, .path = is + 1 };
}

static void parse(int argc, char **argv, struct rule *rule, bool *json)
{
	static const struct option longs[] = {
		{ "backlog", 1, NULL, 'b' }, { "before", 1, NULL, 'B' }, { "json", 0, NULL, 'j' },
		{ "version", 0, NULL, 'V' }, { "help", 0, NULL, 'h' }, { 0 },
	};
	double x;
	char *end;
	int c;

	while ((c = getopt_long(argc, argv, "b:jVh", longs, NULL)) != -1) {
		switch (c) {
		case 'b':
			rule->backlog = x = strtod(optarg, &end);
			if (end == optarg || *end || !(x >= 0 && x <= 1000))
				bad("--backlog: no number from 0 to 1000:", optarg);
			break;
		case 'B':
			x = parse_ns(optarg);
			if (!(x >= 0 && x <= 1e9))
				bad("--before: no time up to 1s:", optarg);
			rule->before = x;
			break;
		case 'j': *json = true; break;
		case 'V':
			puts(PROGRAM " " SHUNT_VERSION);
			exit(0);
		case 'h':
			usage(stdout);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	}
	for (; optind < argc; optind++)
		add(argv[optind]);
	if (!count) {
		usage(stderr);
		exit(2);
	}
}

static int read_one(struct system *s, const struct rule *rule)
{
	struct why why = { 0 };
	struct offered here;
	const char *other;
	int err = store_read(s->path, &s->windows, &here, &why);

	if (err) {
		fprintf(stderr, PROGRAM ": %s\n", why_text(&why));
		why_forget(&why);
		return 1;
	}
	if (s == systems)
		offered = here;
	other = store_other(&offered, &here);
	if (other) {
		fprintf(stderr, PROGRAM ": %s: %s than in %s\n", s->path, other, systems->path);
		return 1;
	}
	for (int c = 0; c < offered.classes; c++) {
		if (summarize(&s->sum[c], &s->windows, rule, c, 0)) {
			fprintf(stderr, PROGRAM ": no memory\n");
			return 1;
		}
	}
	windows_free(&s->windows);
	return 0;
}

static const char *const verdicts[] = {
	[NOT_COMPARED] = "not compared", [NOT_TOLD_APART] = "not told apart",
	[LOWER] = "lower", [HIGHER] = "higher",
};

static void json_pair(const struct system *x, const struct system *y, int c)
{
	const struct summary *a = &x->sum[c], *b = &y->sum[c];

	printf("{\"a\":\"%s\",\"b\":\"%s\",\"p99\":\"%s\",\"server_gaps_differ\":%s}", x->name,
	       y->name, verdicts[compare(a, b, P99)], gaps_differ(a, b) ? "true" : "false");
}

static void json_pairs(int c)
{
	const char *between = "";

	for (int i = 0; i < count; i++) {
		for (int k = i + 1; k < count; k++) {
			fputs(between, stdout);
			json_pair(&systems[i], &systems[k], c);
			between = ",";
		}
	}
}

static void print_json(const struct rule *rule)
{
	printf("{\"rule\":{\"before_us\":%g,\"after_us\":%g,\"backlog\":%g},\"classes\":{",
	       rule->before / 1e3, rule->after / 1e3, rule->backlog);
	for (int c = 0; c < offered.classes; c++) {
		printf("%s\"%s\":{\"systems\":{", c ? "," : "", offered.name[c]);
		for (int i = 0; i < count; i++) {
			printf("%s\"%s\":", i ? "," : "", systems[i].name);
			summary_json(stdout, &systems[i].sum[c]);
		}
		fputs("},\"pairs\":[", stdout);
		json_pairs(c);
		fputs("]}", stdout);
	}
	puts("}}");
}

/* A number to one digit behind the point, to the right of "width" columns; "-" if there is none. */
static void print_us(double us, int width)
{
	if (isfinite(us))
		printf(" %*.1f", width, us);
	else
		printf(" %*s", width, "-");
}

static void print_system(const struct system *s, const struct summary *m)
{
	const struct estimate *p99 = &m->clean[P99];
	double kept = m->due ? 100.0 * m->kept / m->due : 0;

	printf("%-24s", s->name);
	print_us(p99->at, 8);
	print_us(p99->low, 8);
	print_us(p99->high, 8);
	print_us(m->raw[P99].at, 9);
	printf(" %5.0f%% %7.0f %7.0f", kept, m->client.each_s, m->server.each_s);
	print_us(m->placebo_p99, 8);
	print_us(m->widened_p99, 8);
	putchar('\n');
}

static void print_difference(const struct system *lower, const struct system *higher, int c)
{
	const struct estimate *x = &lower->sum[c].clean[P99], *y = &higher->sum[c].clean[P99];

	printf("%s is below %s by %.1f us, surely by %.1f", lower->name, higher->name,
	       y->at - x->at, y->low - x->high);
}

static void print_pair(const struct system *x, const struct system *y, int c)
{
	const struct summary *a = &x->sum[c], *b = &y->sum[c];

	switch (compare(a, b, P99)) {
	case NOT_COMPARED: return;
	case LOWER: print_difference(x, y, c); break;
	case HIGHER: print_difference(y, x, c); break;
	case NOT_TOLD_APART:
		printf("%s and %s: not told apart by %zu windows", x->name, y->name,
		       a->windows < b->windows ? a->windows : b->windows);
	}
	if (gaps_differ(a, b))
		fputs("; their servers noted very different gaps: of its own slow passes, the one "
		      "with more may have set some aside", stdout);
	putchar('\n');
}

static void print_table(int c)
{
	printf("%-24s %8s %8s %8s %9s %6s %7s %7s %8s %8s\n", offered.name[c], "p99 us", "95% from",
	       "to", "raw p99", "kept", "client", "server", "placebo", "widened");
	for (int i = 0; i < count; i++)
		print_system(&systems[i], &systems[i].sum[c]);
	for (int i = 0; i < count; i++) {
		for (int k = i + 1; k < count; k++)
			print_pair(&systems[i], &systems[k], c);
	}
	for (int i = 0; i < count; i++) {
		if (systems[i].sum[c].why[0])
			printf("%s is not compared: %s\n", systems[i].name,
			       systems[i].sum[c].why);
	}
	putchar('\n');
}

static void print_tables(void)
{
	for (int c = 0; c < offered.classes; c++)
		print_table(c);
	puts("Stalls are set aside, but in the raw p99. client, server: gaps a second. placebo,\n"
	     "widened: the method's checks of itself.");
}

int main(int argc, char **argv)
{
	struct rule rule = { .before = RULE_BEFORE_NS, .after = RULE_AFTER_NS,
			     .backlog = RULE_BACKLOG };
	bool json = false;

	parse(argc, argv, &rule, &json);
	for (int i = 0; i < count; i++) {
		if (read_one(&systems[i], &rule))
			return 1;
	}
	if (json)
		print_json(&rule);
	else
		print_tables();
	return 0;
}
