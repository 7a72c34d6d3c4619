// SPDX-License-Identifier: BSD-2-Clause
/*
 * pins.c - finds, opens and maps an interface's pinned maps
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <shunt/abi.h>
#include <shunt/nfp.h>
#include <shunt/nic.h>

#include "pins.h"

#define CFG_MAX 4096 /* more than cfg has in any version */

int shunt_pin_path(char *out, size_t len, const struct shunt_pins *pins, const char *name)
{
	const char *root = pins->bpffs ? pins->bpffs : SHUNT_BPFFS;
	int head = snprintf(out, len, "%s/shunt/", root);
	int n = snprintf(out, len, "%s/shunt/%s%s%s", root, pins->ifname, name ? "/" : "",
			 name ? name : "");

	if (n < 0 || (size_t)n >= len)
		return -ENAMETOOLONG;
	for (char *at = out + head; *at && *at != '/'; at++) {
		if (*at == '.')
			*at = '_';
	}
	return 0;
}

/* As bpf/maps.h, bpf/nic/state.h and offload/nfp/maps.h make them. */
static const struct shape {
	const char *name;
	__u32 type, value_size, max_entries;
} shapes[] = {
	{ "actor_agent", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_actor_agent), SHUNT_ACTORS },
	{ "actor_at", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_actor_at), SHUNT_ACTORS },
	{ "actor_in", BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(struct shunt_actor_in), SHUNT_ACTORS },
	{ "actors", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_actor_row), SHUNT_ACTORS },
	{ "admit", BPF_MAP_TYPE_ARRAY, sizeof(__u32), SHUNT_CLASSES },
	{ "agent", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_agent), SHUNT_DOMAINS },
	{ "cfg", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_cfg), 1 },
	{ "classes", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_class), SHUNT_CLASSES },
	{ "domains", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_domain), SHUNT_DOMAINS },
	{ "hold_limit", BPF_MAP_TYPE_ARRAY, sizeof(__u32), SHUNT_CLASSES },
	{ "ingress", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_ingress), SHUNT_QUEUES + 1 },
	{ "knobs", BPF_MAP_TYPE_ARRAY, sizeof(__u64), SHUNT_KNOBS },
	{ "least", BPF_MAP_TYPE_ARRAY, sizeof(__u32), SHUNT_CLASSES },
	{ "nfp_group", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_nfp_group), SHUNT_NFP_GROUPS },
	{ "nfp_knobs", BPF_MAP_TYPE_ARRAY, sizeof(__u64), SHUNT_KNOBS },
	{ "nfp_loads", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_nfp_bytes), SHUNT_NFP_GROUPS },
	{ "nfp_order", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_nfp_bytes), SHUNT_NFP_GROUPS },
	{ "nic", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_nic), 1 },
	{ "nic_actors", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_nic_actor), SHUNT_ACTORS },
	{ "nic_cfg", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_nic_cfg), 1 },
	{ "nic_cmd", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_nic_cmd), 1 },
	{ "nic_cores", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_nic_core), SHUNT_CORES },
	{ "nic_ports", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_nic_port), SHUNT_CORES },
	{ "own", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_own), 1 },
	{ "policy", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_policy_slot), 2 },
	{ "ports", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_port), 65536 },
	{ "programs", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_program), SHUNT_PROGRAMS },
	{ "put_out", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_refused), SHUNT_REFUSED },
	{ "quantum_us", BPF_MAP_TYPE_ARRAY, sizeof(__u32), SHUNT_CLASSES },
	{ "queues", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_queue), SHUNT_QUEUES },
	{ "refuse", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_refuse), SHUNT_REFUSALS },
	{ "refuse_drawn", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_refuse_drawn), SHUNT_REFUSALS },
	{ "rules", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_rule), SHUNT_RULES },
	{ "seat_ends", BPF_MAP_TYPE_HASH, sizeof(struct shunt_seat_end), SHUNT_SEAT_ENDS },
	{ "seats", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_seats), 1 },
	{ "slo_us", BPF_MAP_TYPE_ARRAY, sizeof(__u32), SHUNT_CLASSES },
	{ SHUNT_STUB_CALLS, BPF_MAP_TYPE_PROG_ARRAY, sizeof(__u32), 1 },
	{ "views", BPF_MAP_TYPE_ARRAY_OF_MAPS, sizeof(__u32), SHUNT_DOMAINS },
	{ "wake", BPF_MAP_TYPE_RINGBUF, 0, 0 }, /* as long as a page is here */
	{ "xsks", BPF_MAP_TYPE_XSKMAP, sizeof(__u32), SHUNT_DOMAINS * SHUNT_SLOTS },
};
static const struct shape view_shape = { "view", BPF_MAP_TYPE_ARRAY, sizeof(struct shunt_view), 1 };

static const struct shape *shape_of(const char *name)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (!strcmp(shapes[i].name, name))
			return &shapes[i];
	}
	return !strncmp(name, "view", 4) && strcmp(name, "views") ? &view_shape : NULL;
}

/* The kernel copies as many bytes as the map says, whatever room there is here. */
static int check_shape(int fd, const struct shape *want)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info),
	      key_size = want->type == BPF_MAP_TYPE_HASH ? sizeof(__u64) : sizeof(__u32);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (want->type == BPF_MAP_TYPE_RINGBUF)
		return info.type == want->type ? 0 : -EPROTO;
	return info.type == want->type && info.key_size == key_size &&
			       info.value_size == want->value_size &&
			       info.max_entries == want->max_entries
		       ? 0
		       : -EPROTO;
}

static int open_any(const struct shunt_pins *pins, const char *name)
{
	char path[PATH_MAX];
	int err = shunt_pin_path(path, sizeof(path), pins, name), fd;

	if (err)
		return err;
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

int shunt_pin_open(const struct shunt_pins *pins, const char *name)
{
	const struct shape *want = shape_of(name);
	int fd = open_any(pins, name), err;

	if (fd < 0 || !want)
		return fd;
	err = check_shape(fd, want);
	if (!err)
		return fd;
	close(fd);
	return err;
}

void shunt_pins_touch(const struct shunt_pins *pins)
{
	char path[PATH_MAX];

	if (!shunt_pin_path(path, sizeof(path), pins, NULL))
		utimensat(AT_FDCWD, path, NULL, 0);
}

int shunt_pin_open_view(const struct shunt_pins *pins, unsigned int domain)
{
	char name[16];

	snprintf(name, sizeof(name), "view%u", domain);
	return shunt_pin_open(pins, name);
}

/* Of whatever version: the number of the ABI is its first field in all of them. */
static int read_abi(int fd, __u32 *abi)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info), zero = 0;
	char value[CFG_MAX];

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (info.type != BPF_MAP_TYPE_ARRAY || info.key_size != sizeof(zero) ||
	    info.value_size < sizeof(*abi) || info.value_size > sizeof(value))
		return -EPROTO;
	if (bpf_map_lookup_elem(fd, &zero, value))
		return -errno;
	memcpy(abi, value, sizeof(*abi));
	return 0;
}

int shunt_check_abi(const struct shunt_pins *pins, struct why *why)
{
	int fd = open_any(pins, "cfg"), err, misfit;
	__u32 abi = 0;

	if (fd == -ENOENT)
		return why_fail(why, fd, "shunt is not loaded on '%s'", pins->ifname);
	if (fd < 0)
		return why_fail(why, fd, "cannot open the pinned map 'cfg' of '%s': %s",
				pins->ifname, strerror(-fd));
	err = read_abi(fd, &abi);
	misfit = check_shape(fd, shape_of("cfg"));
	close(fd);
	if (err && err != -EPROTO)
		return why_fail(why, err, "cannot read the map 'cfg' of '%s': %s", pins->ifname,
				strerror(-err));
	if (!err && !abi)
		return why_fail(why, -EPROTO, "a load of '%s' is under way, or was interrupted",
				pins->ifname);
	if (!err && abi != SHUNT_ABI) {
		why_hint(why, "use one version of shunt, shuntd and libshunt");
		return why_fail(why, -EPROTO, "'%s' was loaded with ABI %u, this program has ABI "
				"%u", pins->ifname, abi, SHUNT_ABI);
	}
	if (!err && !misfit)
		return 0;
	why_hint(why, "unload and load again");
	return why_fail(why, -EPROTO, "the pinned map 'cfg' of '%s' is none of shunt's",
			pins->ifname);
}
