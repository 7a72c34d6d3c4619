// SPDX-License-Identifier: BSD-2-Clause
/*
 * nicsize.c - sizes of a NIC program's slots: its constants must agree with its maps
 */
#include <errno.h>

#include <bpf/libbpf.h>

#include <shunt/nic.h>

#include "nicsize.h"

int shunt_nic_set_sizes(struct bpf_object *obj, const struct shunt_nic_sizes *sizes)
{
	struct bpf_map *slots = bpf_object__find_map_by_name(obj, "nic_slots");
	struct bpf_map *data = bpf_object__find_map_by_name(obj, "nic_data");
	struct bpf_map *rodata = bpf_object__find_map_by_name(obj, ".rodata");
	__u32 entries = sizes->slots ? sizes->slots + 1 : SHUNT_NIC_SLOTS;
	__u32 frame = sizes->frame ? sizes->frame : SHUNT_NIC_FRAME;
	const __u32 *was;
	__u32 words[2] = { frame, entries };
	size_t len;

	if (!slots || !data || !rodata)
		return -EINVAL;
	was = bpf_map__initial_value(rodata, &len);
	if (!was || len != sizeof(words) || frame > SHUNT_NIC_FRAME || frame < 64 ||
	    frame % 8 || was[0] != SHUNT_NIC_FRAME || was[1] != SHUNT_NIC_SLOTS)
		return -EINVAL;
	if (bpf_map__set_initial_value(rodata, words, sizeof(words)) ||
	    bpf_map__set_max_entries(slots, entries) ||
	    bpf_map__set_max_entries(data, entries) || bpf_map__set_value_size(data, frame))
		return -EINVAL;
	return 0;
}
