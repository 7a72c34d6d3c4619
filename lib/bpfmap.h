/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpfmap.h - BPF maps: their memory, their numbers, those of a domain; programs' constants
 */
#pragma once

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* Maps all of an mmapable array map read-write (or read-only). NULL: errno says why. */
void *shunt_map_mmap(int fd, size_t len, bool writable);

/* at may be NULL. */
void shunt_map_unmap(void *at, size_t len);

/* The kernel's number of the map; 0: not known. */
__u32 shunt_map_id(int fd);

/* A new map with room for one struct shunt_view, mmapable. A descriptor, or -errno. */
int shunt_map_make_view(const char *name);

/* As above, with room for one struct shunt_core_hist a core. */
int shunt_map_make_hist(const char *name, __u32 ncores);

/* As above, with n lines of counts of actors. */
int shunt_map_make_actors(const char *name, __u32 n);

struct bpf_object;

/* Sets a constant of 32 bits in the .rodata of an object that is not loaded yet; "was": its value
 * so far. 0, -ENOMEM, or -EINVAL: it has none of that name and value. */
int shunt_constant_set(struct bpf_object *obj, const char *name, __u32 was, __u32 now);
