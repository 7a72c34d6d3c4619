/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spawn.h - runs a compiler in its folder and keeps what it says
 */
#pragma once

#include "workdir.h"

/* Runs args[0] (looked up in PATH) inside dir; *said gets what it printed, to be freed. 0: it
 * succeeded, 1: it failed, or -errno: it could not be run. */
int spawn_run(const struct workdir *dir, const char *const *args, char **said);
