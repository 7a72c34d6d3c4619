/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - what the lint found, as JSON
 */
#pragma once

#include <jansson.h>

#include "lint.h"

json_t *lint_report(const struct lint_object *o, const char *object);
