// SPDX-License-Identifier: BSD-2-Clause
/*
 * actors.c - rows of actors: found by name, given a place
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "actors.h"
#include "units.h"

int actors_find(const struct shunt_actor_row *rows, __u32 n, const char *name)
{
	for (__u32 i = 0; i < n && i < SHUNT_ACTORS; i++) {
		if (rows[i].state != SHUNT_ACTOR_NONE &&
		    !strncmp(rows[i].name, name, SHUNT_NAME_LEN))
			return i;
	}
	return -1;
}

__u32 actors_find_all(const struct shunt_actor_row *rows, __u32 n, const char *name, __u32 *first)
{
	int row = actors_find(rows, n, name);
	char each[SHUNT_NAME_LEN + 16];
	__u32 k = 0;

	if (row >= 0) {
		*first = row;
		return 1;
	}
	for (;; k++) {
		snprintf(each, sizeof(each), "%.*s.%u", SHUNT_NAME_LEN, name, k);
		row = actors_find(rows, n, each);
		if (row < 0 || (k && row != (int)(*first + k)))
			return k;
		if (!k)
			*first = row;
	}
}

/* A number of a domain, or of a core there. */
static int number(const char *text, __u32 n, const char *what, __u64 *out, struct why *why)
{
	if (parse_number(text, 0, ~0u, out, why))
		return -EINVAL;
	return *out < n ? 0 : why_fail(why, -EINVAL, "there is no %s %llu", what, *out);
}

int actors_place(const struct shunt_domain *domains, const char *text, struct shunt_actor_row *row,
		 struct why *why)
{
	const char *slash = strchr(text, '/');
	const struct shunt_domain *d;
	char word[16];
	__u64 domain, core;

	snprintf(word, sizeof(word), "%.*s", slash ? (int)(slash - text) : 15, text);
	if (number(word, SHUNT_DOMAINS, "domain", &domain, why))
		return -EINVAL;
	d = &domains[domain];
	if (!d->on)
		return why_fail(why, -EINVAL, "there is no domain %llu", domain);
	row->domain = domain;
	row->core = 0;
	if (!slash)
		return 0;
	if (d->by_queue)
		return why_fail(why, -EINVAL,
				"the NIC chooses among the cores of domain %llu "
				"('queues'): name no core",
				domain);
	if (number(slash + 1, d->ncores, "core", &core, why))
		return -EINVAL;
	row->core = core + 1;
	return 0;
}

const char *actors_place_text(const struct shunt_actor_row *row, char buf[16])
{
	if (row->core)
		snprintf(buf, 16, "%u/%u", row->domain, row->core - 1);
	else
		snprintf(buf, 16, "%u", row->domain);
	return buf;
}
