// SPDX-License-Identifier: BSD-2-Clause
/*
 * actor_map.c - the map of actors, changed while requests come: a row's first eight bytes at once
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "actors.h"
#include "bpfmap.h"
#include "maps.h"

struct shunt_actor_row *actors_open(struct ctl *ctl)
{
	int fd = map_open(ctl, "actors", sizeof(struct shunt_actor_row));
	struct shunt_actor_row *rows;

	if (fd < 0)
		return NULL;
	rows = shunt_map_mmap(fd, SHUNT_ACTORS * sizeof(*rows), true);
	if (!rows)
		fail_bpf(ctl, -errno, "cannot map the map 'actors'");
	close(fd);
	return rows;
}

void actors_close(struct shunt_actor_row *rows)
{
	shunt_map_unmap(rows, SHUNT_ACTORS * sizeof(*rows));
}

void actors_put(struct shunt_actor_row *row, const struct shunt_actor_row *to)
{
	__u64 word;

	memcpy(&word, to, sizeof(word));
	__atomic_store_n((__u64 *)row, word, __ATOMIC_RELEASE);
}
