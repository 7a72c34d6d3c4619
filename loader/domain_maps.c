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

static int make_hist(struct ctl *ctl, __u32 d, __u32 ncores)
{
	char name[16];
	int fd;

	snprintf(name, sizeof(name), "hist%u", d);
	fd = pin(ctl, name, shunt_map_make_hist(name, ncores));
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Lines in which the domain's cores count actors. */
static int make_actors(struct ctl *ctl, __u32 d, __u32 lines)
{
	char name[24];
	int fd;

	snprintf(name, sizeof(name), "actor_core%u", d);
	fd = pin(ctl, name, shunt_map_make_actors(name, lines));
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
			err = make_hist(ctl, d, s->domains[d].ncores);
		if (!err && s->cfg.nactors)
			err = make_actors(ctl, d, s->domains[d].ncores * s->cfg.nactors);
	}
	return err;
}
