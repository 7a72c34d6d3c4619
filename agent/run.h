/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.h - the agent's process
 */
#pragma once

#include "options.h"

/* In the agent's process; its exit status. */
int agent_run(const struct options *opts, char **argv, int keeper);
