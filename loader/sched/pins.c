// SPDX-License-Identifier: BSD-2-Clause
/*
 * pins.c - the pinned maps of the scheduler of threads
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sched.h"

void sched_use_pins(struct ctl *ctl)
{
	snprintf(ctl->ifname, sizeof(ctl->ifname), "threads");
	ctl->pins.ifname = SHUNT_SCHED_PINS;
}

int sched_map(struct ctl *ctl, const char *name)
{
	char path[PATH_MAX];
	int fd, err = shunt_pin_path(path, sizeof(path), &ctl->pins, name);

	if (err)
		return fail(ctl, err, "the path of bpffs is too long");
	fd = bpf_obj_get(path);
	return fd < 0 ? fail_bpf(ctl, -errno, "cannot open '%s'", path) : fd;
}

int sched_get(struct ctl *ctl, const char *name, __u32 key, void *value)
{
	int fd = sched_map(ctl, name), err;

	if (fd < 0)
		return fd;
	err = bpf_map_lookup_elem(fd, &key, value) ? -errno : 0;
	close(fd);
	return err ? fail_bpf(ctl, err, "cannot read the map '%s'", name) : 0;
}

int sched_pinned(struct ctl *ctl, struct shunt_sched_life *life)
{
	char path[PATH_MAX];
	int err = shunt_pin_path(path, sizeof(path), &ctl->pins, SHUNT_SCHED_OPS);

	memset(life, 0, sizeof(*life));
	if (err)
		return fail(ctl, err, "the path of bpffs is too long");
	if (access(path, F_OK))
		return errno == ENOENT ? 0 : fail_bpf(ctl, -errno, "cannot look at '%s'", path);
	err = sched_get(ctl, "life", 0, life);
	return err ? err : 1;
}

int sched_unregister(struct ctl *ctl)
{
	int fd = sched_map(ctl, SHUNT_SCHED_OPS), err;
	__u32 zero = 0;

	if (fd < 0)
		return fd;
	/* ENOENT: it was never registered; EINPROGRESS: it is no more. */
	err = bpf_map_delete_elem(fd, &zero) && errno != ENOENT && errno != EINPROGRESS ? -errno :
											  0;
	close(fd);
	return err ? fail_bpf(ctl, err, "cannot take the scheduler of threads out") : 0;
}
