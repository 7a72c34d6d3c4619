/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * object.h - a bundle in the kernel: its program verified, its maps new or those that are pinned
 */
#pragma once

#include <bpf/libbpf.h>

#include "bundle/bundle.h"
#include "ctl.h"
#include "nicsize.h"
#include "origin.h"

#define LOG_LEN (1 << 20) /* of the kernel's verifier */

struct object {
	struct bpf_object *obj;
	int prog_fd;
	unsigned int prog_id;
	char prog_name[16];
};

/* Loads with new maps, or (reuse) with the interface's pinned ones. sizes: the program for a NIC that schedules;
 * NULL: the one for shared memory. */
int object_load(struct ctl *ctl, const struct bundle *b, bool reuse, const struct shunt_nic_sizes *sizes,
		struct object *o);
void object_close(struct object *o);
/* Of an object's programs, that one alone is to be loaded. */
int object_select(struct ctl *ctl, const struct bundle *b, struct bpf_object *obj, const char *name);
/* Pins every map that is shunt's in the interface's directory. */
int object_pin_maps(struct ctl *ctl, const struct object *o);
/* Makes an object that is not loaded yet use the interface's pinned maps, but for the map of that name. */
int object_reuse_maps(struct ctl *ctl, const char *path, struct bpf_object *obj, const char *but);
/* One map, with the one that is pinned under that name. */
int object_reuse_map(struct ctl *ctl, const char *path, struct bpf_map *map, const char *name);
/* Pins a descriptor in the interface's directory. */
int object_pin(struct ctl *ctl, int fd, const char *name);
/* The descriptor of a map by its name, or -ENOENT. */
int object_map(const struct object *o, const char *name);

/* log.c: what libbpf says, kept for explanations; printed with -v. */
void log_start(bool verbose);
/* log.c: notes the failure to load a program of b, from the verifier's log (may be empty) and errno. */
int log_explain(struct ctl *ctl, const struct bundle *b, enum part part, const char *prog, int err, const char *log);
/* log.c: notes that libbpf cannot read b. */
int log_explain_open(struct ctl *ctl, const struct bundle *b, int err);
