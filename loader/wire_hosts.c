// SPDX-License-Identifier: BSD-2-Clause
/*
 * wire_hosts.c - the hosts of a NIC that schedules: which cores are whose, and how many are up
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "maps.h"
#include "plural.h"
#include "show.h"
#include "wire.h"

/* Of one host, as of its cores; NULL: it has none. */
struct wire_host {
	json_t *cores;
	int up;
};

static int add_core(struct ctl *ctl, struct wire_host *host, __u32 i)
{
	struct shunt_nic_core core;
	struct shunt_nic_port port;
	int err = map_get(ctl, "nic_ports", i, &port, sizeof(port));

	if (err || !port.on || port.group >= SHUNT_NIC_GROUPS)
		return err;
	err = map_get(ctl, "nic_cores", i, &core, sizeof(core));
	if (err)
		return err;
	host += port.group;
	if (!host->cores)
		host->cores = json_array();
	json_array_append_new(host->cores, json_integer(i));
	host->up += core.cookie && core.nr && !core.leaving;
	return 0;
}

json_t *wire_hosts(struct ctl *ctl)
{
	struct shunt_nic *n = aligned_alloc(SHUNT_LINE, sizeof(*n));
	struct wire_host host[SHUNT_NIC_GROUPS] = { 0 };
	json_t *list = json_array();
	int err = n ? map_get(ctl, "nic", 0, n, sizeof(*n)) : fail(ctl, -ENOMEM, "no memory");

	for (__u32 i = 0; !err && i < SHUNT_CORES; i++)
		err = add_core(ctl, host, i);
	for (int g = 0; g < SHUNT_NIC_GROUPS; g++) {
		if (!err && host[g].cores)
			json_array_append_new(
				list, json_pack("{s:i, s:O, s:i, s:I}", "host", g, "cores",
						host[g].cores, "up", host[g].up, "process",
						(json_int_t)SHUNT_WIRE_NUMBER(n->process[g])));
		json_decref(host[g].cores);
	}
	free(n);
	if (!err)
		return list;
	json_decref(list);
	return NULL;
}

void wire_show_hosts(const json_t *hosts)
{
	const json_t *h, *c;
	size_t i, k;

	json_array_foreach(hosts, i, h)
	{
		size_t cores = json_array_size(json_object_get(h, "cores"));

		printf("  host %lld: %lld of %zu %s up (", number_at(h, "host"),
		       number_at(h, "up"), cores, plural(cores, "core", "cores"));
		json_array_foreach(json_object_get(h, "cores"), k, c)
			printf("%s%lld", k ? ", " : "", (long long)json_integer_value(c));
		if (number_at(h, "process"))
			printf("), its process number %lld\n", number_at(h, "process"));
		else
			puts("), nobody came yet");
	}
}
