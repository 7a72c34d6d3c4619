/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.h - runs ethtool(8) or another program of the system, and keeps what it prints
 */
#pragma once

#include "why.h"

/* args[0] is looked for in PATH, then in the folders of the system's own programs; no shell is in
 * between. *said gets both outputs, to be freed. 0: it ended well; 1: it failed; -errno: it could
 * not be run. */
int fit_run(const char *const *args, char **said);
/* Tells why it failed: by the last line that it said, or the reason. Returns -errno. */
int fit_run_fail(struct why *why, const char *const *args, int err, const char *said);
