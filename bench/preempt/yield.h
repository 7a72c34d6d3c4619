/* SPDX-License-Identifier: BSD-2-Clause */
/* yield.h - from mark, or signal, to yield */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#define YIELD_GROUPS 40 /* of samples, at most */
json_t *bench_yield(const char *name, bool by_signal, int groups);
