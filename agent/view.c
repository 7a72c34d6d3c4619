// SPDX-License-Identifier: BSD-2-Clause
/*
 * view.c - the map that is a domain's view, and another in its place: when a worker has frozen it,
 * or when the next worker is another user's
 *
 * A process that has the descriptor of a map may freeze the map (BPF_MAP_FREEZE) while nobody has
 * mapped it for writing: a worker that keeps the view's descriptor and unmaps it can do so in the
 * moment between two agents. Then nobody can map it for writing ever again, so the domain gets a
 * map of its own kind with the same contents.
 *
 * And a process that has the descriptor, or a mapping, can write the view for as long as it likes:
 * a child of a worker, too, for which its user is to blame. So another user's worker gets a new
 * view. The new one takes the pin's place first, then XDP's; should the agent die in between,
 * view_open() does the second.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpfmap.h"
#include "domain.h"
#include "inforce.h"
#include "log.h"
#include "pool.h"
#include "view.h"

#define VIEW_NAME 16

static void name_of(const struct domain *d, char name[VIEW_NAME])
{
	snprintf(name, VIEW_NAME, "view%u", d->id);
}

/* XDP's view of the domain is that one. */
static int put_in_force(const struct domain *d, int fd)
{
	__u32 id = 0;

	if (!bpf_map_lookup_elem(d->maps->views_fd, &d->id, &id) && id == shunt_map_id(fd))
		return 0;
	return bpf_map_update_elem(d->maps->views_fd, &d->id, &fd, 0) ? -errno : 0;
}

/* The contents as the kernel has them: XDP may go on writing them meanwhile. */
static int copy_contents(int from, int to)
{
	struct shunt_view *v = aligned_alloc(SHUNT_LINE, sizeof(*v));
	__u32 zero = 0;
	int err = 0;

	if (!v)
		return -ENOMEM;
	if (bpf_map_lookup_elem(from, &zero, v) || bpf_map_update_elem(to, &zero, v, 0))
		err = -errno;
	free(v);
	return err;
}

/* By a new pin that takes the place of the old one, so that at every moment there is one. */
static int pin_instead(const struct domain *d, const struct shunt_pins *pins, int fd)
{
	char name[VIEW_NAME], path[PATH_MAX], instead[PATH_MAX + 4];
	int err;

	name_of(d, name);
	err = shunt_pin_path(path, sizeof(path), pins, name);
	if (err)
		return err;
	snprintf(instead, sizeof(instead), "%s_new", path);
	unlink(instead); /* of an agent that died in between */
	return bpf_obj_pin(fd, instead) || rename(instead, path) ? -errno : 0;
}

/* A new map, named after the domain. Returns its descriptor, or -errno. */
static int make_map(const struct domain *d)
{
	char name[VIEW_NAME];

	name_of(d, name);
	return shunt_map_make_view(name);
}

/* The new map's descriptor, or -errno. Once XDP has it, the
 * contents are copied again: what was counted until then. */
static int replace(const struct domain *d, const struct shunt_pins *pins, int frozen)
{
	int fd = make_map(d), err;

	if (fd < 0)
		return fd;
	err = copy_contents(frozen, fd);
	if (!err && bpf_map_update_elem(d->maps->views_fd, &d->id, &fd, 0))
		err = -errno;
	if (!err)
		err = copy_contents(frozen, fd);
	if (!err)
		err = pin_instead(d, pins, fd);
	if (err) {
		close(fd);
		return err;
	}
	log_say(LOG_WARNING,
		"the view of domain %u was frozen by a worker that had its descriptor: the domain "
		"has a new one", d->id);
	return fd;
}

static struct shunt_view *map_view(int fd)
{
	return shunt_map_mmap(fd, sizeof(struct shunt_view), true);
}

int view_open(struct domain *d, const struct shunt_pins *pins)
{
	int fd = shunt_pin_open_view(pins, d->id), frozen;

	if (fd < 0)
		return fd;
	d->pool.r.view = map_view(fd);
	if (!d->pool.r.view && errno == EPERM) {
		frozen = fd;
		fd = replace(d, pins, frozen);
		close(frozen);
		if (fd < 0)
			return fd;
		d->pool.r.view = map_view(fd);
	}
	d->pool.view_fd = fd;
	return d->pool.r.view ? put_in_force(d, fd) : -errno;
}

/* Counts of the cores go on: they are terms of the
 * conservation line. All else the agent and XDP write anew. */
static void carry_counts(struct shunt_view *to, const struct shunt_view *from)
{
	for (int i = 0; i < SHUNT_CORES; i++) {
		to->core[i].stats = from->core[i].stats;
		to->core[i].preempt = from->core[i].preempt;
		to->core[i].expired = from->core[i].expired;
		to->core[i].late = from->core[i].late;
		memcpy(to->core[i].cls, from->core[i].cls, sizeof(to->core[i].cls));
	}
}

int view_renew(struct domain *d, const struct shunt_pins *pins)
{
	int fd = make_map(d), err;
	struct shunt_view *view;

	if (fd < 0)
		return fd;
	view = map_view(fd);
	err = view ? 0 : -errno;
	if (!err) {
		carry_counts(view, d->pool.r.view);
		shunt_plan_clear(view, maps_policy_gen(d->maps));
	}
	if (!err)
		err = pin_instead(d, pins, fd);
	if (!err)
		err = put_in_force(d, fd);
	if (err) {
		if (view)
			munmap(view, sizeof(*view));
		close(fd);
		return err;
	}
	munmap(d->pool.r.view, sizeof(*d->pool.r.view));
	close(d->pool.view_fd);
	d->pool.r.view = view;
	d->pool.view_fd = fd;
	return 0;
}
