// SPDX-License-Identifier: BSD-2-Clause
/*
 * object.c - a bundle in the kernel: its program verified, its maps new or those that are pinned
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpfmap.h"
#include "log.h"
#include "object.h"
#include "verify.h"

static const char *program_name(const struct shunt_nic_sizes *sizes, bool actors)
{
	return sizes ? "shunt_nic" : actors ? "shunt_actors" : "shunt_ingress";
}

/* A map of the program's own constants (.rodata) goes with the program and is never pinned. */
static bool is_ours(const struct bpf_map *map)
{
	return !bpf_map__is_internal(map);
}

static int same_shape(const struct bpf_map *map, const struct bpf_map_info *info)
{
	return bpf_map__type(map) == (enum bpf_map_type)info->type &&
	       bpf_map__key_size(map) == info->key_size &&
	       bpf_map__value_size(map) == info->value_size &&
	       bpf_map__max_entries(map) == info->max_entries &&
	       bpf_map__map_flags(map) == info->map_flags;
}

int object_reuse_map(struct ctl *ctl, const char *path, struct bpf_map *map, const char *name)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	int fd = shunt_pin_open(&ctl->pins, name), err = 0;

	if (fd < 0)
		return fail_bpf(ctl, fd, "cannot open the pinned map '%s'", name);
	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		err = fail_bpf(ctl, -errno, "cannot look at the pinned map '%s'", name);
	else if (!same_shape(map, &info)) {
		err = fail(ctl, -EPROTO, "'%s' has another layout of the map '%s' than what is "
			   "loaded on '%s'", path, name, ctl->ifname);
		hint(ctl, "unload and load with one version of shunt");
	} else {
		err = bpf_map__reuse_fd(map, fd);
		if (err)
			err = fail_bpf(ctl, err, "cannot use the pinned map '%s'", name);
	}
	close(fd);
	return err;
}

int object_reuse_maps(struct ctl *ctl, const char *path, struct bpf_object *obj, const char *but)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, obj) {
		if (!err && is_ours(map) && (!but || strcmp(bpf_map__name(map), but)))
			err = object_reuse_map(ctl, path, map, bpf_map__name(map));
	}
	return err;
}

static int look_at(struct ctl *ctl, int fd, struct bpf_prog_info *info)
{
	__u32 len = sizeof(*info);

	memset(info, 0, len);
	return bpf_obj_get_info_by_fd(fd, info, &len) ?
	       fail_bpf(ctl, -errno, "cannot look at the loaded program") : 0;
}

static int identify(struct ctl *ctl, struct object *o, const char *name)
{
	const struct bpf_program *planner = bpf_object__find_program_by_name(o->obj, PLANNER);
	struct bpf_prog_info info;
	int err;

	o->prog_fd = bpf_program__fd(bpf_object__find_program_by_name(o->obj, name));
	err = look_at(ctl, o->prog_fd, &info);
	o->prog_id = info.id;
	memcpy(o->prog_name, info.name, sizeof(o->prog_name));
	if (err || !planner)
		return err;
	o->plan_fd = bpf_program__fd(planner);
	err = look_at(ctl, o->plan_fd, &info);
	o->plan_id = info.id;
	return err;
}

/* The programs know which of the two policies in the views they are of. */
static int set_slot(struct ctl *ctl, const struct bundle *b, struct bpf_object *obj, __u64 gen)
{
	int err = shunt_constant_set(obj, "shunt_slot", 0, gen & 1);

	return err ? fail(ctl, err, "'%s' has no constant 'shunt_slot': build it again", b->path) :
		     0;
}

/* libelf wants its input aligned, which an object within a bundle is not: libbpf gets a copy. */
static struct bpf_object *open_nic(struct ctl *ctl, const struct bundle *b, bool actors,
				   const struct shunt_nic_sizes *usual,
				   const struct bpf_object_open_opts *opts)
{
	struct shunt_nic_sizes sizes = *usual;
	struct bpf_object *obj = NULL;
	void *copy;

	if (!b->nic) {
		fail(ctl, -EINVAL, "'%s' has no program for a NIC (section '%s')", b->path,
		     SHUNT_NIC_SEC);
		hint(ctl, "build it again: shunt build FILE.c");
		errno = EINVAL;
		return NULL;
	}
	copy = malloc(b->nic_len);
	if (copy) {
		memcpy(copy, b->nic, b->nic_len);
		obj = bpf_object__open_mem(copy, b->nic_len, opts);
		free(copy);
	}
	sizes.actors = actors;
	if (obj && shunt_nic_set_sizes(obj, &sizes)) {
		bpf_object__close(obj);
		errno = EINVAL;
		return NULL;
	}
	return obj;
}

int object_load(struct ctl *ctl, const struct bundle *b, bool reuse, __u64 gen, bool actors,
		const struct shunt_nic_sizes *sizes, struct object *o)
{
	const char *name = program_name(sizes, actors);
	char *log = calloc(1, LOG_LEN);
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = b->desc.name,
		    .kernel_log_buf = log, .kernel_log_size = LOG_LEN);
	int err = log ? verify_functions(ctl, b, NULL) : fail(ctl, -ENOMEM, "no memory");

	*o = (struct object){ .plan_fd = -1 };
	if (err)
		goto out;
	log_start(ctl->verbose);
	o->obj = sizes ? open_nic(ctl, b, actors, sizes, &opts)
		       : bpf_object__open_mem(b->data, b->len, &opts);
	if (!o->obj) {
		err = log_explain_open(ctl, b, -errno);
		goto out;
	}
	err = verify_select(ctl, b, o->obj, name, PLANNER);
	/* As a stub's in a dispatcher, which calls it, and as that of shunt_signal, which it calls:
	 * the kernel lets programs of one such type alone call each other. */
	bpf_program__set_expected_attach_type(bpf_object__find_program_by_name(o->obj, name), 0);
	if (!err)
		err = set_slot(ctl, b, o->obj, gen);
	if (!err && reuse)
		err = object_reuse_maps(ctl, b->path, o->obj, NULL);
	if (!err) {
		err = bpf_object__load(o->obj);
		if (err)
			err = log_explain(ctl, b, sizes ? PART_NIC : PART_HOST, name, err, log);
	}
	if (!err)
		err = identify(ctl, o, name);
out:
	if (err)
		object_close(o);
	free(log);
	return err;
}

void object_close(struct object *o)
{
	if (!o)
		return;
	bpf_object__close(o->obj);
	o->obj = NULL;
}

int object_pin(struct ctl *ctl, int fd, const char *name)
{
	char path[PATH_MAX];
	int err = shunt_pin_path(path, sizeof(path), &ctl->pins, name);

	if (err)
		return fail(ctl, err, "the path of bpffs is too long");
	return bpf_obj_pin(fd, path) ? fail_bpf(ctl, -errno, "cannot pin '%s'", path) : 0;
}

int object_pin_maps(struct ctl *ctl, const struct object *o)
{
	struct bpf_map *map;
	int err = 0;

	bpf_object__for_each_map(map, o->obj) {
		if (!err && is_ours(map))
			err = object_pin(ctl, bpf_map__fd(map), bpf_map__name(map));
	}
	return err;
}

int object_map(const struct object *o, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(o->obj, name);

	return map ? bpf_map__fd(map) : -ENOENT;
}
