/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * server_gaps.h - the gaps that the server has noted (--gaps FILE), as far as they can be believed
 */
#pragma once

#include "../clean/clean.h"

/*
 * Gaps that ended after `from`, in order of time. Every thread must look at the clock after `to`:
 * one that has no CPU just now is waited for, a fifth of a second at most. NOTED_NOT: why says the
 * reason, and there are none.
 */
enum noted server_gaps_read(const char *path, uint64_t from, uint64_t to, struct gaps *gaps,
			    struct why *why);
