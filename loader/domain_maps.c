// SPDX-License-Identifier: BSD-2-Clause
/*
 * domain_maps.c - makes and pins the maps that each domain has of its own: its view, room for
 * histograms, counts of actors
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "bpfmap.h"
#include "domain_maps.h"

/* fd is as its maker returned it. Closes it if it cannot be pinned. */
static int pin(struct ctl *ctl, const char *name, int fd)
{
	char path[PATH_MAX];
	int err;

	if (fd < 0)
		return fail_bpf(ctl, fd, "cannot make the map '%s'", name);
	err = shunt_pin_path(path, sizeof(path), &ctl->pins, name);
	if (!err && bpf_obj_pin(fd, path))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return fail_bpf(ctl, err, "cannot pin the map '%s'", name);
}

static int make_view(struct ctl *ctl, __u32 d, int views)
{
	char name[16];
	int fd, err;

	snprintf(name, sizeof(name), "view%u", d);
	fd = pin(ctl, name, shunt_map_make_view(name));
	if (fd < 0)
		return fd;
	err = bpf_map_update_elem(views, &d, &fd, 0) ? -errno : 0;
	if (err)
		fail_bpf(ctl, err, "cannot put the map '%s' into 'views'", name);
	close(fd);
	return err;
}

/* A map of the domain's alone: of its cores' times, or of the lines in which they count actors. */
static int make_own(struct ctl *ctl, const char *what, __u32 d,
		    int (*make)(const char *name, __u32 n), __u32 n)
{
	char name[24];
	int fd;

	snprintf(name, sizeof(name), "%s%u", what, d);
	fd = pin(ctl, name, make(name, n));
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int domain_maps_make(struct ctl *ctl, const struct setup *s, int views)
{
	int err = 0;

	if (views < 0)
		return fail(ctl, views, "the object has no map 'views'");
	for (__u32 d = 0; !err && d < s->cfg.ndomains; d++) {
		err = make_view(ctl, d, views);
		if (!err)
			err = make_own(ctl, "hist", d, shunt_map_make_hist, s->domains[d].ncores);
		if (!err && s->cfg.nactors && !s->wire.on) /* else cores are elsewhere */
			err = make_own(ctl, "actor_core", d, shunt_map_make_actors,
				       s->domains[d].ncores * s->cfg.nactors);
	}
	return err;
}
