/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linger.h - a process that keeps descriptors for the next shuntd, after ours has ended
 */
#pragma once

#include <sys/types.h>

#include "store.h"

/* Has the store a descriptor that the next shuntd could not make again? */
bool linger_is_of_use(const struct store *s);
/* As fork(); the child is of a session of its own, and says nothing. */
pid_t linger_fork(void);
