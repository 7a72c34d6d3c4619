// SPDX-License-Identifier: BSD-2-Clause
/*
 * unwrap.c - the program on the virtual functions of a host's cores, and its maps
 */
#include <errno.h>
#include <limits.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "agent.h"
#include "bpfmap.h"
#include "self.h"
#include "store.h"
#include "unwrap.h"

static const char *const map_name[UNWRAP_MAPS] = { "wire_view", "wire_epoch", "wire_sock",
						   "wire_link" };
static const char *const kept_as[UNWRAP_MAPS] = { "wire.view", "wire.epoch", "wire.sock",
						  "wire.link" };

int unwrap_map(const struct agent *a, enum unwrap_map map)
{
	return store_get(a->store, kept_as[map]);
}

static void link_name(__u32 i, char out[STORE_NAME])
{
	snprintf(out, STORE_NAME, "wire.l%u", i);
}

static void libbpf_is_quiet(void)
{
	libbpf_set_print(NULL);
}

/* The object: beside this program, where it was built; or installed. */
static struct bpf_object *open_object(void)
{
	static const char *const below[] = { "host/unwrap.o", "../lib/shunt/host/unwrap.o" };
	const char *exe = self_path(), *slash = strrchr(exe, '/');
	char path[PATH_MAX + 64];

	for (int i = 0; slash && i < 2; i++) {
		snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - exe), exe, below[i]);
		if (!access(path, R_OK))
			return bpf_object__open_file(path, NULL);
	}
	return bpf_object__open_file(SHUNT_LIBDIR "/shunt/host/unwrap.o", NULL);
}

/* A copy of the descriptor into the store. */
static int put_copy(struct agent *a, const char *name, int fd)
{
	int copy = dup(fd), err;

	if (copy < 0)
		return -errno;
	err = store_put(a->store, name, copy);
	if (err)
		close(copy);
	return err;
}

static int attach(struct agent *a, int prog, __u32 i, struct why *why)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	const struct host_dev *dev = &a->opts.host.dev[i];
	int link = bpf_link_create(prog, dev->ifindex, BPF_XDP, &opts), err;
	char name[STORE_NAME];

	if (link < 0) {
		err = -errno;
		return why_fail(why, err, "cannot attach to '%s' in native mode: %s", dev->name,
				err == -EBUSY || err == -EEXIST ? "another XDP program is there" :
				strerror(-err));
	}
	link_name(i, name);
	err = store_put(a->store, name, link);
	if (err)
		close(link);
	return err;
}

int unwrap_load(struct agent *a, struct why *why)
{
	struct bpf_object *obj;
	int err, prog;

	libbpf_is_quiet();
	obj = open_object();
	if (!obj)
		return why_fail(why, -errno, "cannot read 'host/unwrap.o': %s", strerror(errno));
	err = shunt_constant_set(obj, "first_core", 0, a->opts.host.first);
	if (!err)
		err = bpf_object__load(obj);
	if (err)
		why_fail(why, err, "cannot load 'host/unwrap.o': %s", strerror(-err));
	for (int i = 0; !err && i < UNWRAP_MAPS; i++)
		err = put_copy(a, kept_as[i], bpf_object__find_map_fd_by_name(obj, map_name[i]));
	prog = err ? -1 : bpf_program__fd(bpf_object__find_program_by_name(obj, "shunt_unwrap"));
	for (__u32 i = 0; !err && i < a->opts.host.ndevs; i++)
		err = attach(a, prog, i, why);
	bpf_object__close(obj);
	if (err)
		store_drop(a->store, "wire.");
	return err;
}

bool unwrap_stands(const struct agent *a)
{
	if (unwrap_map(a, UNWRAP_LINK) < 0)
		return false;
	for (__u32 i = 0; i < a->opts.host.ndevs; i++) {
		struct bpf_link_info info = { 0 };
		__u32 len = sizeof(info);
		char name[STORE_NAME];
		int fd;

		link_name(i, name);
		fd = store_get(a->store, name);
		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) ||
		    info.xdp.ifindex != a->opts.host.dev[i].ifindex)
			return false;
	}
	return true;
}
