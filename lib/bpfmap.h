/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpfmap.h - BPF maps: their memory, their numbers, and those that a domain has of its own
 */
#pragma once

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* Maps all of an mmapable array map read-write (or read-only). NULL: errno says why. */
void *shunt_map_mmap(int fd, size_t len, bool writable);

/* The kernel's number of the map; 0: not known. */
__u32 shunt_map_id(int fd);

/* A new map with room for one struct shunt_view, mmapable. A descriptor, or -errno. */
int shunt_map_make_view(const char *name);

/* The same with room for one struct shunt_core_hist a core. */
int shunt_map_make_hist(const char *name, __u32 ncores);
