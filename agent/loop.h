/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop.h - the agent's loop
 */
#pragma once

#include <stdbool.h>

struct agent;

/* One turn of the loop, and a wait for the next. False: it is time to end. */
bool loop_turn(struct agent *a);
