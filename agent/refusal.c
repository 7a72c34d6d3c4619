// SPDX-License-Identifier: BSD-2-Clause
/*
 * refusal.c - what the log says of processes that are refused: once each, however often they ask
 *
 * A worker that is refused asks again each second, and the answer is the same until somebody loads
 * shunt or starts shuntd otherwise.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "refusal.h"

#define FORGET_NS 10000000000ULL /* a worker that still waits asks more often than that */

static bool is_same(const struct refusal *r, __u32 pid, const char *text, __u64 now_ns)
{
	return r->pid == pid && now_ns - r->asked_ns < FORGET_NS &&
	       !strncmp(r->text, text, sizeof(r->text) - 1);
}

bool refusal_is_news(struct refusal list[REFUSALS_MAX], __u32 pid, const char *text, __u64 now_ns)
{
	struct refusal *r = list;

	for (int i = 0; i < REFUSALS_MAX; i++) {
		if (is_same(&list[i], pid, text, now_ns)) {
			list[i].asked_ns = now_ns;
			return false;
		}
		if (list[i].asked_ns < r->asked_ns)
			r = &list[i];
	}
	*r = (struct refusal){ .pid = pid, .asked_ns = now_ns };
	snprintf(r->text, sizeof(r->text), "%s", text);
	return true;
}

/* Does the text have these words, and no digit behind them? */
static bool has_words(const char *text, const char *words)
{
	size_t len = strlen(words);

	for (; (text = strstr(text, words)); text += len) {
		if (!isdigit((unsigned char)text[len]))
			return true;
	}
	return false;
}

void refusal_words(const struct peer *p, const char *text, char *out, size_t len)
{
	char user[24], name[SHUNT_NAME_LEN + 2] = "a connection";

	snprintf(user, sizeof(user), "user %u", p->uid);
	if (p->name[0])
		snprintf(name, sizeof(name), "'%s'", p->name);
	if (has_words(text, user))
		snprintf(out, len, "%s (process %u): %s", name, p->pid, text);
	else
		snprintf(out, len, "%s (process %u, %s): %s", name, p->pid, user, text);
}
