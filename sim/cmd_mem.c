// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_mem.c - shunt-sim mem: policies of memory compared on what "shunt mem record" has recorded
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "mem.h"
#include "table.h"

#define RUNS LIST_MAX

/* All policies on one trace. */
struct comparison {
	struct mem_trace t;
	struct oracle oracle;
	struct replay r[RUNS];
	int n;
	uint64_t began_ms, last_ms;
};

static double seconds(const struct comparison *c) { return (c->last_ms - c->began_ms) / 1e3; }
/* On average over the time. */
static double mib(const struct comparison *c, double kib_ms)
{
	return kib_ms / 1024 / (c->last_ms - c->began_ms);
}

static int names(char *list, size_t len)
{
	size_t at = 0;

	for (unsigned int i = 0; mem_policy_name(i); i++)
		at += snprintf(list + at, len - at, "%s%s", i ? ", " : "", mem_policy_name(i));
	return 0;
}

/* "NAME" or "NAME:SCANS" */
static int take_policy(struct replay *r, const char *word)
{
	const char *colon = strchr(word, ':');
	char name[64], list[256];
	double scans;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, ":"), word);
	r->policy = mem_policy_find(name);
	names(list, sizeof(list));
	if (!r->policy)
		complain("'%s' is no policy of memory: %s", name, list);
	if (!r->policy)
		return EXIT_USAGE;
	r->scans = r->policy->scans;
	if (!colon)
		return 0;
	if (whole_parse(colon + 1, 1, MEM_MOST_SCANS, &scans)) {
		complain("'%s': behind the colon of a policy of memory is a number of scans from 1 "
			 "to %d", word, MEM_MOST_SCANS);
		return EXIT_USAGE;
	}
	r->scans = scans;
	return 0;
}

static int take_policies(struct comparison *c, const struct options *o)
{
	int err = 0;

	for (int i = 0; !o->policies.n && mem_policy_name(i); i++)
		err = err ? err : take_policy(&c->r[c->n++], mem_policy_name(i));
	for (int i = 0; i < o->policies.n && !err; i++)
		err = take_policy(&c->r[c->n++], o->policies.s[i]);
	for (int i = 0; i < c->n && !err; i++)
		c->r[i].policy->begin(&c->r[i].all, c->r[i].scans, o->seed);
	return err;
}

static int one_scan(struct comparison *c, uint64_t ms)
{
	int err = oracle_scan(&c->oracle, &c->t, ms);

	for (int i = 0; i < c->n && !err; i++)
		err = replay_scan(&c->r[i], &c->t, ms);
	return err ? complain("no memory") : 0;
}

static int compare(struct comparison *c, const char *path)
{
	struct why why = { 0 };
	int got;

	if (mem_trace_open(&c->t, path, &why))
		return complain_why(&why);
	while ((got = mem_trace_next(&c->t, &why)) > 0) {
		if (one_scan(c, c->t.scans > 1 ? c->t.at_ms - c->last_ms : 0))
			return EXIT_FAILED;
		c->last_ms = c->t.at_ms;
	}
	if (got < 0)
		return complain_why(&why);
	if (c->t.is_cut)
		fprintf(stderr, "shunt-sim: '%s' has no end: its last scan is left out\n", path);
	if (c->t.scans < 2)
		return complain("'%s' holds no two scans", path);
	return oracle_end(&c->oracle) ? complain("no memory") : 0;
}

static void heading(struct table *t)
{
	static const char *const columns[] = { "policy", "MiB back", "of oracle's", "refaults/s",
					       "worst", "returns", "MiB moved", "MiB cooled/scan" };

	t->left = 1;
	table_begin(t);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		table_cell(t, "%s", columns[i]);
}

static void policy_line(struct table *t, const struct comparison *c, const struct replay *r)
{
	double most = oracle_kib_ms(&c->oracle, r->refaults);

	table_begin(t);
	table_cell(t, "%s:%u", r->policy->name, r->scans);
	table_cell(t, "%.1f", mib(c, r->out_kib_ms));
	table_cell(t, "%.0f %%", most > 0 ? 100 * r->out_kib_ms / most : 100);
	table_cell(t, "%.1f", r->refaults / seconds(c));
	table_cell(t, "%.0f", r->worst);
	table_cell(t, "%llu", (unsigned long long)r->returns);
	table_cell(t, "%.0f", r->went_kib / 1024.0);
	table_cell(t, "%.1f", r->cooled_kib / 1024.0 / c->t.scans);
}

static void oracle_line(struct table *t, const struct comparison *c, const char *name,
			uint64_t refaults)
{
	table_begin(t);
	table_cell(t, "%s", name);
	table_cell(t, "%.1f", mib(c, oracle_kib_ms(&c->oracle, refaults)));
	table_cell(t, "100 %%");
	table_cell(t, "%.1f", refaults / seconds(c));
}

static void show(const struct comparison *c)
{
	struct table t = { 0 };

	printf("%s: %u scans in %.1f s, %.1f MiB on average, of which %.1f MiB were not used from "
	       "one scan to the next\n",
	       c->t.path, c->t.scans, seconds(c), mib(c, c->oracle.all_kib_ms),
	       mib(c, c->oracle.unused_kib_ms));
	heading(&t);
	for (int i = 0; i < c->n; i++)
		policy_line(&t, c, &c->r[i]);
	oracle_line(&t, c, "oracle, all", c->oracle.refaults);
	oracle_line(&t, c, "oracle, no refault", 0);
	table_print(&t, stdout);
	table_free(&t);
}

static json_t *run_json(const struct comparison *c, const struct replay *r)
{
	return json_pack("{s:s, s:i, s:f, s:f, s:I, s:f, s:f, s:I, s:f, s:f}", "policy",
			 r->policy->name, "scans", r->scans, "back_mib", mib(c, r->out_kib_ms),
			 "oracle_mib", mib(c, oracle_kib_ms(&c->oracle, r->refaults)), "refaults",
			 (json_int_t)r->refaults, "refaults_per_s", r->refaults / seconds(c),
			 "worst_refaults_per_s", r->worst, "returns", (json_int_t)r->returns,
			 "moved_mib", r->went_kib / 1024.0, "cooled_mib",
			 r->cooled_kib / 1024.0);
}

static json_t *as_json(const struct comparison *c)
{
	json_t *runs = json_array();

	for (int i = 0; i < c->n; i++)
		json_array_append_new(runs, run_json(c, &c->r[i]));
	return json_pack("{s:s, s:i, s:f, s:f, s:f, s:f, s:I, s:o}", "trace", c->t.path, "scans",
			 c->t.scans, "seconds", seconds(c), "rss_mib",
			 mib(c, c->oracle.all_kib_ms), "unused_mib",
			 mib(c, c->oracle.unused_kib_ms), "oracle_mib",
			 mib(c, oracle_kib_ms(&c->oracle, 0)), "oracle_refaults",
			 (json_int_t)c->oracle.refaults, "runs", runs);
}

static void release(struct comparison *c)
{
	for (int i = 0; i < c->n; i++)
		free(c->r[i].b);
	free(c->oracle.b);
	free(c->oracle.time);
	mem_trace_close(&c->t);
	free(c);
}

static int one_trace(const struct options *o, const char *path, json_t *list)
{
	struct comparison *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return complain("no memory");
	err = take_policies(c, o);
	if (!err)
		err = compare(c, path);
	if (!err)
		json_array_append_new(list, as_json(c));
	if (!err && (!o->json || strcmp(o->json, "-")))
		show(c);
	release(c);
	return err;
}

int cmd_mem(struct options *o)
{
	json_t *list = json_array(), *all;
	int err = 0;

	if (!o->argc) {
		complain("which trace? 'shunt mem record' writes one");
		err = EXIT_USAGE;
	}
	if (!err && try_files(o))
		err = EXIT_FAILED;
	for (int i = 0; i < o->argc && !err; i++)
		err = one_trace(o, o->argv[i], list);
	all = json_pack("{s:o}", "traces", list);
	if (!err && o->json && json_dump_file(all, strcmp(o->json, "-") ? o->json : "/dev/stdout",
					      JSON_INDENT(2)))
		err = complain("cannot write '%s'", o->json);
	json_decref(all);
	return err;
}
