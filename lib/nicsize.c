// SPDX-License-Identifier: BSD-2-Clause
/*
 * nicsize.c - sizes of a NIC program's slots: its constants must agree with its maps
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <shunt/nic.h>

#include "nicsize.h"

/* Where a constant of 32 bits lies in .rodata, where tables of the policy's may be, too. -ENOENT: nowhere. */
static long constant_at(const struct bpf_object *obj, const char *name)
{
	const struct btf *btf = bpf_object__btf(obj);
	int id = btf ? btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC) : -ENOENT;
	const struct btf_type *sec = id < 0 ? NULL : btf__type_by_id(btf, id);

	for (int i = 0; sec && i < btf_vlen(sec); i++) {
		const struct btf_var_secinfo *at = btf_var_secinfos(sec) + i;
		const struct btf_type *var = btf__type_by_id(btf, at->type);

		if (var && at->size == sizeof(__u32) && !strcmp(btf__name_by_offset(btf, var->name_off), name))
			return at->offset;
	}
	return -ENOENT;
}

/* Sets a constant that is "was" so far. */
static int set_constant(const struct bpf_object *obj, char *data, size_t len, const char *name, __u32 was, __u32 now)
{
	long at = constant_at(obj, name);

	if (at < 0 || len < sizeof(was) || (size_t)at > len - sizeof(was) || memcmp(data + at, &was, sizeof(was)))
		return -EINVAL;
	memcpy(data + at, &now, sizeof(now));
	return 0;
}

static int set_constants(struct bpf_object *obj, struct bpf_map *rodata, __u32 frame, __u32 entries)
{
	size_t len;
	const void *was = bpf_map__initial_value(rodata, &len);
	char *data = was ? malloc(len) : NULL;
	int err;

	if (!data)
		return was ? -ENOMEM : -EINVAL;
	memcpy(data, was, len);
	err = set_constant(obj, data, len, "nic_frame", SHUNT_NIC_FRAME, frame);
	if (!err)
		err = set_constant(obj, data, len, "nic_slots_max", SHUNT_NIC_SLOTS, entries);
	if (!err)
		err = bpf_map__set_initial_value(rodata, data, len);
	free(data);
	return err;
}

int shunt_nic_set_sizes(struct bpf_object *obj, const struct shunt_nic_sizes *sizes)
{
	struct bpf_map *slots = bpf_object__find_map_by_name(obj, "nic_slots");
	struct bpf_map *data = bpf_object__find_map_by_name(obj, "nic_data");
	struct bpf_map *rodata = bpf_object__find_map_by_name(obj, ".rodata");
	__u32 entries = sizes->slots ? sizes->slots + 1 : SHUNT_NIC_SLOTS;
	__u32 frame = sizes->frame ? sizes->frame : SHUNT_NIC_FRAME;

	if (!slots || !data || !rodata || frame > SHUNT_NIC_FRAME || frame < 64 || frame % 8)
		return -EINVAL;
	if (set_constants(obj, rodata, frame, entries) || bpf_map__set_max_entries(slots, entries) ||
	    bpf_map__set_max_entries(data, entries) || bpf_map__set_value_size(data, frame))
		return -EINVAL;
	return 0;
}
