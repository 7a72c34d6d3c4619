// SPDX-License-Identifier: BSD-2-Clause
/*
 * cost_report.c - the medians of quiet rounds of what cost.c has measured, as a table and as JSON
 */
#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "cost.h"

static int by_value(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) -
	       (*(const double *)a < *(const double *)b);
}

/* The lower quartile of all times of XDP_DROP: what it takes when nothing disturbs it. */
static double usual_floor(void)
{
	static double all[POLICIES_MAX * PATHS * ROUNDS_MAX], usual;
	__u32 n = 0;

	if (usual)
		return usual;
	for (int i = 0; i < npolicies; i++) {
		for (enum path path = 0; path < PATHS; path++) {
			for (__u32 r = 0; r < rounds; r++)
				all[n++] = policies[i].drop[path].ns[r];
		}
	}
	qsort(all, n, sizeof(*all), by_value);
	return usual = all[n / 4];
}

/* A round that was much faster is none of the others' kind: the processor's clock was higher. */
static bool is_quiet(const struct times *floor, __u32 r)
{
	double ratio = floor->ns[r] / usual_floor(), noise = env_number("NOISE", 10) / 100.0;

	return ratio >= 1 - noise && ratio <= 1 + noise;
}

/* A quantile of the quiet rounds' values; NAN: no round was quiet. */
static double quantile(const double *values, const struct times *floor, double q)
{
	double quiet[ROUNDS_MAX];
	__u32 n = 0;

	for (__u32 r = 0; r < rounds; r++) {
		if (is_quiet(floor, r))
			quiet[n++] = values[r];
	}
	qsort(quiet, n, sizeof(*quiet), by_value);
	return n ? quiet[(__u32)(q * (n - 1) + 0.5)] : NAN;
}

/* XDP_DROP in all quiet rounds. */
static double floor_of(size_t offset)
{
	double sum = 0;
	int n = 0;

	for (int i = 0; i < npolicies; i++) {
		for (enum path path = 0; path < PATHS; path++) {
			const struct times *t = &policies[i].drop[path];
			double ns = quantile((double *)((char *)t + offset), t, 0.5);

			if (!isnan(ns)) {
				sum += ns;
				n++;
			}
		}
	}
	return sum / n; /* one round is quiet by definition */
}

static int quiet_rounds(const struct times *floor)
{
	int n = 0;

	for (__u32 r = 0; r < rounds; r++)
		n += is_quiet(floor, r);
	return n;
}

/* A number that was not measured is null. */
static json_t *number(double x)
{
	return isnan(x) ? json_null() : json_real(x);
}

static json_t *policy_json(const struct policy *p)
{
	json_t *spread = json_object(), *first = json_object(), *quiet = json_object();
	json_t *out = json_object();

	for (enum path path = 0; path < PATHS; path++) {
		const struct times *t = &p->path[path], *floor = &p->drop[path];

		json_object_set_new(out, path_name[path], number(quantile(t->ns, floor, 0.5)));
		json_object_set_new(first, path_name[path], number(quantile(t->first, floor, 0.5)));
		json_object_set_new(spread, path_name[path],
				    json_pack("[o,o]", number(quantile(t->ns, floor, 0.25)),
					      number(quantile(t->ns, floor, 0.75))));
		json_object_set_new(quiet, path_name[path], json_integer(quiet_rounds(floor)));
	}
	json_object_set_new(out, "middle_half_of_rounds", spread);
	json_object_set_new(out, "quiet_rounds", quiet);
	json_object_set_new(out, "first_packet", first);
	return out;
}

/* The time that each step adds to those before it. */
static json_t *least_json(void)
{
	json_t *steps = json_array();
	double before = floor_of(offsetof(struct times, ns)), ns;

	for (int i = 0; i < LEAST; i++) {
		ns = quantile(least[i].all.ns, &least[i].drop, 0.5);
		json_array_append_new(steps, json_pack("{s:s, s:o}", "name", least_name[i], "ns",
						       number(ns - before)));
		before = ns;
	}
	return steps;
}

void write_json(const char *path)
{
	json_t *all = json_object(), *root;
	struct utsname host;

	for (int i = 0; i < npolicies; i++)
		json_object_set_new(all, policies[i].name, policy_json(&policies[i]));
	uname(&host);
	root = json_pack(
		"{s:f, s:f, s:o, s:o, s:i, s:i, s:i, s:i, s:i, s:s, s:s}", "floor_ns",
		floor_of(offsetof(struct times, ns)), "floor_first_packet",
		floor_of(offsetof(struct times, first)), "least", least_json(),
		"policies", all, "rounds", (int)rounds,
		"batches_a_round", (int)batches, "packets_a_batch", INGRESS_REPEAT, "cores", CORES,
		"classes", CLASSES, "kernel", host.release, "note",
		"ns of a further packet of a batch, floor included; reject: the policy's own "
		"decision, then SHUNT_REJECT (bench/reject.c), as no built-in policy rejects");
	if (!root || json_dump_file(root, path, JSON_INDENT(2) | JSON_REAL_PRECISION(4)))
		die("cost: cannot write '%s'", path);
	json_decref(root);
}

static void print_path(const struct policy *p, enum path path, double low)
{
	const struct times *t = &p->path[path], *floor = &p->drop[path];

	printf(" %8.1f (%5.1f to %5.1f)", quantile(t->ns, floor, 0.5) - low,
	       quantile(t->ns, floor, 0.25) - low, quantile(t->ns, floor, 0.75) - low);
}

static void print_least(double low)
{
	double before = low, ns;

	printf("what no program can leave out:");
	for (int i = 0; i < LEAST; i++) {
		ns = quantile(least[i].all.ns, &least[i].drop, 0.5);
		printf(" %s %.1f%s", least_name[i], ns - before, i < LEAST - 1 ? " +" : "");
		before = ns;
	}
	printf(" = %.1f ns\n", before - low);
}

void print_table(void)
{
	double low = floor_of(offsetof(struct times, ns));
	int quiet = 0;

	printf("XDP_DROP takes %.1f ns; over that, for one request:\n%-10s", low, "policy");
	for (enum path path = 0; path < PATHS; path++)
		printf(" %25s", path_name[path]);
	putchar('\n');
	for (int i = 0; i < npolicies; i++) {
		printf("%-10s", policies[i].name);
		for (enum path path = 0; path < PATHS; path++) {
			print_path(&policies[i], path, low);
			quiet += quiet_rounds(&policies[i].drop[path]);
		}
		putchar('\n');
	}
	print_least(low);
	printf("%d of %d rounds were quiet\n", quiet, npolicies * PATHS * (int)rounds);
}
