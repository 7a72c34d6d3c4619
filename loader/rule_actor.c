// SPDX-License-Identifier: BSD-2-Clause
/*
 * rule_actor.c - rules that name actors, for shunt rule
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "actors.h"
#include "maps.h"
#include "rule_actor.h"

void rule_put_actor(struct ctl *ctl, const struct shunt_rule *r, json_t *j)
{
	struct shunt_actor_row row;
	char name[SHUNT_NAME_LEN];

	if (!r->actor)
		return;
	if (r->actor > SHUNT_ACTORS || map_get(ctl, "actors", r->actor - 1, &row, sizeof(row)))
		row = (struct shunt_actor_row){ .name = "(none)" };
	snprintf(name, sizeof(name), "%.*s", SHUNT_NAME_LEN - 1, row.name);
	json_object_set_new(j, "actor", json_string(name));
	if (r->spread > 1)
		json_object_set_new(j, "spread", json_integer(r->spread));
}

int rule_name_actor(struct ctl *ctl, const struct shunt_cfg *cfg, const char *name,
		    const struct shunt_port *port, struct shunt_rule *rule)
{
	struct shunt_actor_row *rows = actors_open(ctl);
	__u32 n, first;

	if (!rows)
		return -errno;
	n = actors_find_all(rows, cfg->nactors, name, &first);
	if (n) {
		rule->actor = first + 1;
		rule->spread = n > 1 ? n : 0;
		rule->cls = rows[first].cls;
	}
	actors_close(rows);
	if (n > 1 && !port->key_len)
		return fail(ctl, -EINVAL,
			    "'%s' are %u actors, and the port has no 'key' that chooses one", name,
			    n);
	if (n)
		return 0;
	fail(ctl, -ENOENT, "'%s' has no actor '%s'", ctl->ifname, name);
	hint(ctl, "'shunt actor ls --dev %s' lists them", ctl->ifname);
	return -ENOENT;
}
