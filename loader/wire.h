/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire.h - the interface as the port of a NIC that schedules: its own maps, beside all the others
 */
#pragma once

#include <shunt/nic.h>

#include "sums.h"
#include "nicsize.h"

struct wire_setup {
	bool on;
	struct shunt_nic_cfg cfg;
	struct shunt_nic_port core[SHUNT_CORES];
	__u32 ncores;
	struct shunt_nic_sizes sizes;
};

/* Into the pinned maps, which nobody uses yet. actors: their digest. */
int wire_write(struct ctl *ctl, const struct wire_setup *w, __u32 actors);
/* Sizes of the pinned maps, for a program that shall use them. */
int wire_sizes(struct ctl *ctl, struct shunt_nic_sizes *sizes);

/* wire_hosts.c: each host with its cores, how many of them are
 * up, and the number of its process. NULL: an error was told. */
json_t *wire_hosts(struct ctl *ctl);
void wire_show_hosts(const json_t *hosts);

/* wire_stats.c: what the NIC's maps tell is added to the sums, and to what is printed. */
int wire_add_sums(struct ctl *ctl, struct sums *s);
