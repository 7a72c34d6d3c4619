// SPDX-License-Identifier: BSD-2-Clause
/*
 * xsks.c - the map in which XDP finds the sockets
 */
#include <bpf/bpf.h>
#include <errno.h>

#include "xsks.h"

/* Values of such a map cannot be read, but an update tells whether there is one. */
int xsks_put(int map, __u32 key, int sock)
{
	if (!bpf_map_update_elem(map, &key, &sock, BPF_EXIST))
		return 0;
	if (errno != ENOENT)
		return -errno;
	return bpf_map_update_elem(map, &key, &sock, BPF_ANY) ? -errno : 1;
}
