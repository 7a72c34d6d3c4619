/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config_text.h - a configuration with every key, and reading a text as a configuration file
 */
#pragma once

#include "loader/setup.h"

#define WHOLE_LEN 1024
extern const char whole[WHOLE_LEN];

/* The failure's words of the last text, behind the name of its file. */
extern char said[1024];

/* Reads text as a file. */
int read_text(const char *text, size_t len, struct setup *s);
