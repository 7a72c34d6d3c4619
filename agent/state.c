// SPDX-License-Identifier: BSD-2-Clause
/*
 * state.c - may we go on with what another shuntd remembered of a domain?
 */
#include <sys/stat.h>

#include "state.h"

SHUNT_ASSERT(sizeof(struct domain_state) <= STATE_ROOM, "state");

/* False: reading it would reach beyond the file's end. */
static bool is_whole(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_size >= STATE_ROOM;
}

const char *state_misfit(int fd, const struct domain_state *s, __u32 map_id, unsigned int ifindex)
{
	if (!is_whole(fd) || s->size < STATE_MIN)
		return "is too short: of another version";
	if (!s->ready)
		return "was never finished";
	if (s->map_id != map_id)
		return "was made for another 'shunt load'";
	if (s->ifindex != ifindex)
		return "was made for another interface";
	return NULL;
}
