/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * actors.h - rows of actors: found by name, given a place, changed while requests come
 */
#pragma once

#include "ctl.h"

/* The row of that name, -1: there is none. */
int actors_find(const struct shunt_actor_row *rows, __u32 n, const char *name);

/* The rows of an entry of the configuration: that of the name, or NAME.0 and the next ones. How
 * many there are, from *first on; 0: none. */
__u32 actors_find_all(const struct shunt_actor_row *rows, __u32 n, const char *name, __u32 *first);

/* "DOMAIN" or "DOMAIN/CORE" into the row's place; domains: all of the load. */
int actors_place(const struct shunt_domain *domains, const char *text, struct shunt_actor_row *row,
		 struct why *why);
/* The same as words. */
const char *actors_place_text(const struct shunt_actor_row *row, char buf[16]);

/* actor_map.c: the map "actors" itself, SHUNT_ACTORS rows. NULL, and failed. */
struct shunt_actor_row *actors_open(struct ctl *ctl);
void actors_close(struct shunt_actor_row *rows);
/* Makes the first eight bytes of the row those of "to", by one store. */
void actors_put(struct shunt_actor_row *row, const struct shunt_actor_row *to);
