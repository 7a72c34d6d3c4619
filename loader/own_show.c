// SPDX-License-Identifier: BSD-2-Clause
/*
 * own_show.c - the addresses that requests are for, as XDP has them now
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "maps.h"

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

json_t *own_json(struct ctl *ctl)
{
	struct shunt_own *own = aligned_alloc(SHUNT_LINE, sizeof(*own));
	char text[SHUNT_OWN_MAX][INET6_ADDRSTRLEN];
	json_t *list = json_array();
	__u32 n = 0;

	if (!own || map_get(ctl, "own", 0, own, sizeof(*own))) {
		free(own);
		return list;
	}
	for (__u32 i = 0; i < SHUNT_OWN_SLOTS && n < SHUNT_OWN_MAX; i++) {
		const struct shunt_own_slot *s = &own->slot[own->use >> 32 & 1][i];

		if (s->kind == SHUNT_OWN4)
			inet_ntop(AF_INET, s->addr + 3, text[n++], INET6_ADDRSTRLEN);
		else if (s->kind == SHUNT_OWN6)
			inet_ntop(AF_INET6, s->addr, text[n++], INET6_ADDRSTRLEN);
	}
	qsort(text, n, sizeof(text[0]), by_text);
	for (__u32 i = 0; i < n; i++)
		json_array_append_new(list, json_string(text[i]));
	free(own);
	return list;
}
