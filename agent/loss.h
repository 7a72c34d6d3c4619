/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loss.h - what an end, or a new beginning, would lose
 */
#pragma once

#include <stddef.h>

struct options;

/* If nobody can know. */
#define LOSS_UNKNOWN "what waits, and what arrives in between, is lost"
/* Of unloading and loading again, in words, as the pinned maps count it. */
void loss_of_load(const struct options *o, char *text, size_t len);
