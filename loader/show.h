/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * show.h - values of a result as words in a table; "-" for what is absent
 */
#pragma once

#include <jansson.h>

#include <shunt/abi.h>

const char *show_time(const json_t *obj, const char *key, char buf[16]);
const char *show_number(const json_t *obj, const char *key, char buf[16]);
/* A domain's queues: as a list for a result; and of such a result as words, "domain 0, queue 2" or
 * "domain 1, queues 0, 1". */
json_t *queues_json(const struct shunt_domain *dom);
#define SHOW_QUEUES (24 + 5 * SHUNT_QUEUES)
const char *show_queues(const json_t *domain, char buf[SHOW_QUEUES]);
/* Nanoseconds, at most three digits before the point. */
const char *show_ns(const json_t *obj, const char *key, char buf[16]);
/* A line for each tunable of the result's classes in which
 * something beyond its range is written. */
void show_out_of_range(const json_t *r);
