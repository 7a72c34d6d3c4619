// SPDX-License-Identifier: BSD-2-Clause
/*
 * show.c - values of a result as words in a table
 */
#include <stdio.h>

#include "ctl.h"
#include "show.h"
#include "units.h"

const char *show_time(const json_t *obj, const char *key, char buf[16])
{
	return json_object_get(obj, key) ? format_time_us(number_at(obj, key), buf, 16) : "-";
}

const char *show_number(const json_t *obj, const char *key, char buf[16])
{
	if (!json_object_get(obj, key))
		return "-";
	snprintf(buf, 16, "%lld", number_at(obj, key));
	return buf;
}

const char *show_ns(const json_t *obj, const char *key, char buf[16])
{
	return json_object_get(obj, key) ? format_ns(number_at(obj, key), buf, 16) : "-";
}

json_t *queues_json(const struct shunt_domain *dom)
{
	json_t *list = json_array();

	for (__u32 k = 0; k < dom->nqueues && k < SHUNT_QUEUES; k++)
		json_array_append_new(list, json_integer(dom->queue[k]));
	return list;
}

const char *show_queues(const json_t *domain, char buf[SHOW_QUEUES])
{
	const json_t *list = json_object_get(domain, "queues"), *queue;
	size_t i, at;

	at = snprintf(buf, SHOW_QUEUES, "domain %u, queue%s", (__u8)number_at(domain, "domain"),
		      json_array_size(list) > 1 ? "s" : "");
	json_array_foreach(list, i, queue)
		at += snprintf(buf + at, SHOW_QUEUES - at, "%s %u", i ? "," : "",
			       (__u8)json_integer_value(queue));
	return buf;
}

void show_out_of_range(const json_t *r)
{
	const json_t *c, *value;
	const char *key;
	size_t i;

	json_array_foreach(json_object_get(r, "classes"), i, c) {
		json_object_foreach(json_object_get(c, "out_of_range"), key, value)
			printf("  class %s: %s is out of range, %lld; what is shown is in force\n",
			       text_at(c, "name"), key, (long long)json_integer_value(value));
	}
}
