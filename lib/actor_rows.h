/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * actor_rows.h - rows of actors where they are not loaded: in a file, for hosts of a NIC, and as a
 * digest, by which a NIC and a host know that they have the same
 *
 * A file has a line a row, in their order: the name, and the kind if there is one.
 */
#pragma once

#include <shunt/abi_actor.h>

struct why;

/* Of names and kinds, in their order; never 0, unless there are none. */
__u32 shunt_rows_digest(const struct shunt_actor_row *rows, __u32 n);
/* How many rows the file has, 1 to SHUNT_ACTORS of them in "rows"; or -errno, with the reason. */
int shunt_rows_read(const char *path, struct shunt_actor_row rows[SHUNT_ACTORS], struct why *why);
