// SPDX-License-Identifier: BSD-2-Clause
/*
 * refusals.c - the ports' refusals, as JSON
 */
#include "maps.h"
#include "report.h"

static const char *name_of(__u32 kind)
{
	static const char *const names[] = { "drop", "reply", "memcached", "dns", "onc-rpc" };

	return kind < SHUNT_NR_REFUSE ? names[kind] : "?";
}

json_t *refusals_json(struct ctl *ctl)
{
	json_t *list = NULL;
	struct shunt_refuse r;

	for (__u32 i = 1; i < SHUNT_REFUSALS; i++) {
		if (map_get(ctl, "refuse", i, &r, sizeof(r)) || !r.kind)
			break;
		if (!list)
			list = json_array();
		json_array_append_new(list, json_pack("{s:i, s:s, s:i}", "port", (int)r.port,
				      "by", name_of(r.kind), "rate", (int)r.rate));
	}
	return list;
}
