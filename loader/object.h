/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * object.h - a bundle in the kernel: its program verified, its maps new or those that are pinned
 */
#pragma once

#include <bpf/libbpf.h>

#include "bundle/bundle.h"
#include "ctl.h"
#include "nicsize.h"

#define PLANNER "shunt_planner" /* calls plan() */

struct object {
	struct bpf_object *obj;
	int prog_fd, plan_fd;  /* plan_fd: the program that calls plan(); -1: the policy has none */
	unsigned int prog_id, plan_id;
	char prog_name[16];
};

/* Loads with new maps, or (reuse) with the interface's pinned ones, for that generation. actors: do
 * rules name some? sizes: the program for a NIC that schedules; NULL: the one for shared memory. */
int object_load(struct ctl *ctl, const struct bundle *b, bool reuse, __u64 gen, bool actors,
		const struct shunt_nic_sizes *sizes, struct object *o);
void object_close(struct object *o);
/* Pins every map that is shunt's in the interface's directory. */
int object_pin_maps(struct ctl *ctl, const struct object *o);
/* Makes an object that is not loaded yet use the
 * interface's pinned maps, but for the map of that name. */
int object_reuse_maps(struct ctl *ctl, const char *path, struct bpf_object *obj, const char *but);
/* One map, with the one that is pinned under that name. */
int object_reuse_map(struct ctl *ctl, const char *path, struct bpf_map *map, const char *name);
/* Pins a descriptor in the interface's directory. */
int object_pin(struct ctl *ctl, int fd, const char *name);
/* The descriptor of a map by its name, or -ENOENT. */
int object_map(const struct object *o, const char *name);
