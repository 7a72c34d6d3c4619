/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * show.h - values of a result as words in a table; "-" for what is absent
 */
#pragma once

#include <jansson.h>

#include <shunt/abi.h>

const char *show_time(const json_t *obj, const char *key, char buf[16]);
const char *show_number(const json_t *obj, const char *key, char buf[16]);
/* A domain's queues: as a list for a result, NULL if it has one by itself; and as words, "queue 2" or "queues 0, 1". */
json_t *queues_json(const struct shunt_domain *dom);
#define SHOW_QUEUES (8 + 4 * SHUNT_DOMAINS)
const char *show_queues(const json_t *domain, char buf[SHOW_QUEUES]);
/* Nanoseconds, at most three digits before the point. */
const char *show_ns(const json_t *obj, const char *key, char buf[16]);
/* A line for each tunable of the result's classes in which something beyond its range is written. */
void show_out_of_range(const json_t *r);
