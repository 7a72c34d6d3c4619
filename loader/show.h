/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * show.h - values of a result as words in a table; "-" for what is absent
 */
#pragma once

#include <jansson.h>

const char *show_time(const json_t *obj, const char *key, char buf[16]);
const char *show_number(const json_t *obj, const char *key, char buf[16]);
/* Nanoseconds, at most three digits before the point. */
const char *show_ns(const json_t *obj, const char *key, char buf[16]);
