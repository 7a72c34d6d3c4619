// SPDX-License-Identifier: BSD-2-Clause
/*
 * nicsize.c - sizes of a NIC program's slots: its constants must agree with its maps
 */
#include <errno.h>

#include <bpf/libbpf.h>

#include <shunt/nic.h>

#include "bpfmap.h"
#include "nicsize.h"

int shunt_nic_set_sizes(struct bpf_object *obj, const struct shunt_nic_sizes *sizes)
{
	struct bpf_map *slots = bpf_object__find_map_by_name(obj, "nic_slots");
	struct bpf_map *data = bpf_object__find_map_by_name(obj, "nic_data");
	__u32 entries = sizes->slots ? sizes->slots + 1 : SHUNT_NIC_SLOTS;
	__u32 frame = sizes->frame ? sizes->frame : SHUNT_NIC_FRAME;

	if (!slots || !data || frame > SHUNT_NIC_FRAME || frame < 64 || frame % 8)
		return -EINVAL;
	if (shunt_constant_set(obj, "nic_frame", SHUNT_NIC_FRAME, frame) ||
	    shunt_constant_set(obj, "nic_slots_max", SHUNT_NIC_SLOTS, entries) ||
	    shunt_constant_set(obj, "nic_has_actors", 0, !!sizes->actors))
		return -EINVAL;
	if (bpf_map__set_max_entries(slots, entries) ||
	    bpf_map__set_max_entries(data, entries) || bpf_map__set_value_size(data, frame))
		return -EINVAL;
	return 0;
}
