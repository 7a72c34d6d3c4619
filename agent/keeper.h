/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keeper.h - the process that holds what must not die, and starts the agent
 */
#pragma once

#include "store.h"

#define KEEPER_REPLACED (-1)

/* Runs agents (this program again, with argv) until one ends by itself. Its exit status, or
 * KEEPER_REPLACED: the agent is the keeper now. */
int keeper_run(struct store *s, char **argv);

/* In the agent, when the keeper is dead: becomes the keeper. Returns only on failure, -errno. */
int keeper_become(struct store *s, char **argv);
