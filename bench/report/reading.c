// SPDX-License-Identifier: BSD-2-Clause
/*
 * reading.c - a point's latency: with stalls set aside where that was done, else of all requests
 */
#include <math.h>
#include <string.h>

#include "report.h"

static double number(json_t *j, const char *key)
{
	double x = json_number_value(json_object_get(j, key));

	return isfinite(x) && x > 0 ? x : 0;
}

/* The class's numbers without stalls; only p99 has them. NULL: none. */
static json_t *clean_of(json_t *point, const char *class, const char *metric)
{
	json_t *c = json_object_get(json_object_get(point, "clean"), class);

	return strcmp(metric, "p99_us") ? NULL : c;
}

static struct reading raw(json_t *point, const char *class, const char *metric)
{
	json_t *c = json_object_get(json_object_get(point, "classes"), class);
	char low[64], high[64];

	snprintf(low, sizeof(low), "%s_low", metric);
	snprintf(high, sizeof(high), "%s_high", metric);
	return (struct reading){ number(c, metric), number(c, low), number(c, high),
				 json_is_true(json_object_get(point, "valid")) };
}

struct reading reading_of(json_t *point, const char *class, const char *metric)
{
	json_t *c = clean_of(point, class, metric), *p99;

	if (!c)
		return raw(point, class, metric);
	p99 = json_object_get(json_object_get(c, "clean"), "p99_us");
	return (struct reading){ number(p99, "at"), number(p99, "low"), number(p99, "high"),
				 json_is_true(json_object_get(c, "comparable")) };
}

bool reading_is_clean(json_t *workload, const char *class, const char *metric)
{
	const char *name;
	json_t *s, *p;
	size_t i;

	json_object_foreach(json_object_get(workload, "systems"), name, s) {
		json_array_foreach(json_object_get(s, "points"), i, p) {
			if (clean_of(p, class, metric))
				return true;
		}
	}
	return false;
}
