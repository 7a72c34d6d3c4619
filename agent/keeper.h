/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keeper.h - the process that holds what must not die, and starts the agent
 */
#pragma once

struct options;
struct store;

/* In the environment of an agent: */
#define KEEPER_TRIAL                                                                               \
	"SHUNTD_TRIAL" /* descriptor of the connection to the shuntd whose place it takes */
#define KEEPER_GIVE_UP "SHUNTD_END" /* it is to give everything up, and end */

/* Exit status of an agent that was to take a shuntd's place and could not. */
#define KEEPER_NOT_READY 79

/*
 * The keeper: holds the store's descriptors, starts agents (this program again, with argv) and
 * starts them again, until it is told to stop, or a successor has taken over. trial: -1, or the
 * connection to the shuntd whose place we take, which is quiet. Returns its exit status. Paths are
 * removed only where nobody follows.
 */
int keeper_run(const struct options *o, struct store *s, char **argv, int trial);

/* In the agent, when the keeper is dead: becomes the keeper. Returns only on failure, -errno. */
int keeper_become(struct store *s, char **argv);
