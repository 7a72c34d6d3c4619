/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * refusal.h - what the log says of processes that are refused: once each, however often they ask
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <shunt/abi.h>

#include "peer.h"

#define REFUSALS_MAX 32 /* processes that ask again; of more than these, more is said */

struct refusal {
	__u32 pid;      /* 0: none */
	__u64 asked_ns; /* when it asked last */
	char text[SHUNT_TEXT_LEN];
};

/* Was the process refused for another reason before, or long ago, or not at all? */
bool refusal_is_news(struct refusal list[REFUSALS_MAX], __u32 pid, const char *text, __u64 now_ns);
/* "'NAME' (process 7, user 1000): TEXT"; the user is left out where the text names it. */
void refusal_words(const struct peer *p, const char *text, char *out, size_t len);
