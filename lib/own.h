/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * own.h - the addresses that requests are for: asked of the kernel, and put into the map "own"
 */
#pragma once

#include <stdbool.h>

#include <shunt/abi.h>

struct own_list {
	__u8 mac[8]; /* as in struct shunt_own */
	__u32 n;
	__u32 left_out; /* addresses for which there was no room */
	bool has_own;   /* not only broadcast addresses; set by own_configure() */
	struct {
		__be32 addr[4];
		__u32 kind; /* enum shunt_own_kind */
	} at[SHUNT_OWN_MAX];
};

/*
 * The interface's MAC; its addresses and those of what is stacked upon it in this network
 * namespace: VLANs, ipvlan, and the bridge, bond or team that it is a port of. -errno: the kernel
 * was not to be asked.
 */
int own_read(struct own_list *l, unsigned int ifindex);

/* Of a family that has a configured address, requests are
 * for that one alone; the others are no sources still. */
void own_configure(struct own_list *l, const struct shunt_cfg *cfg);

void own_add(struct own_list *l, enum shunt_own_kind kind, const __be32 *addr);

/*
 * Writes the half that is not in use, then makes it the one in use; XDP may read meanwhile. Nothing
 * is written if the table says the same already: false.
 */
bool own_write(struct shunt_own *own, const struct own_list *l);
