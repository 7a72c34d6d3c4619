// SPDX-License-Identifier: BSD-2-Clause
/*
 * actor_maps.c - opens the pinned maps of the load's actors
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "actor_maps.h"
#include "bpfmap.h"
#include "pins.h"
#include "why.h"

static size_t agent_len(void)
{
	return SHUNT_ACTORS * sizeof(struct shunt_actor_agent);
}

static size_t count_len(const struct actor_maps *m, __u32 domain)
{
	return (size_t)m->cores[domain] * m->n * sizeof(struct shunt_actor_core);
}

static int copy_rows(const struct shunt_pins *pins, __u32 n, int to)
{
	struct shunt_actor_row row;
	int fd = shunt_pin_open(pins, "actors"), err = fd < 0 ? fd : 0;

	for (__u32 i = 0; !err && i < n; i++) {
		if (bpf_map_lookup_elem(fd, &i, &row))
			err = -errno;
		else if (write(to, &row, sizeof(row)) != sizeof(row))
			err = -EIO;
	}
	if (fd >= 0)
		close(fd);
	return err;
}

/* Names, kinds and ids of rows do not change while they are loaded, so workers get a copy: by a
 * descriptor of the map they could write it, and one for reading alone cannot be mapped. */
static int seal_rows(const struct shunt_pins *pins, __u32 n)
{
	int fd = memfd_create("shunt-actors", MFD_CLOEXEC | MFD_ALLOW_SEALING), err;

	if (fd < 0)
		return -errno;
	err = copy_rows(pins, n, fd);
	if (!err && fcntl(fd, F_ADD_SEALS,
			  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* As many lines as the loader made: root may have pinned anything there. */
static int check_core(int fd, __u32 lines)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	return info.type == BPF_MAP_TYPE_ARRAY && info.map_flags & BPF_F_MMAPABLE &&
			       info.value_size == sizeof(struct shunt_actor_core) &&
			       info.max_entries == lines ?
		       0 :
		       -EPROTO;
}

static int open_domain(struct actor_maps *m, const struct shunt_pins *pins, __u32 domain)
{
	char name[24];
	int fd, err;

	snprintf(name, sizeof(name), "actor_core%u", domain);
	fd = shunt_pin_open(pins, name);
	if (fd < 0)
		return fd;
	m->core[domain] = fd;
	err = check_core(fd, m->cores[domain] * m->n);
	if (err)
		return err;
	m->count[domain] = shunt_map_mmap(fd, count_len(m, domain), false);
	return m->count[domain] ? 0 : -errno;
}

static int open_all(struct actor_maps *m, const struct shunt_pins *pins,
		    const struct shunt_domain *domains)
{
	int fd = shunt_pin_open(pins, "actor_agent"), err = 0;

	if (fd < 0)
		return fd;
	m->agent = shunt_map_mmap(fd, agent_len(), true);
	err = m->agent ? 0 : -errno;
	close(fd);
	if (!err) {
		m->rows = seal_rows(pins, m->n);
		err = m->rows < 0 ? m->rows : 0;
	}
	for (__u32 d = 0; !err && d < SHUNT_DOMAINS; d++) {
		m->cores[d] = domains[d].ncores < SHUNT_CORES ? domains[d].ncores : SHUNT_CORES;
		if (domains[d].on)
			err = open_domain(m, pins, d);
	}
	return err;
}

int actor_maps_open(struct actor_maps **out, const struct shunt_pins *pins,
		    const struct shunt_cfg *cfg, const struct shunt_domain *domains,
		    struct why *why)
{
	struct actor_maps *m;
	int err;

	*out = NULL;
	if (!(cfg->flags & SHUNT_CFG_ACTORS) || !cfg->nactors || cfg->nactors > SHUNT_ACTORS)
		return 0;
	if (cfg->flags & SHUNT_CFG_WIRE) /* XDP counts them, and there are no workers */
		return 0;
	m = calloc(1, sizeof(*m));
	if (!m)
		return why_fail(why, -ENOMEM, "out of memory");
	m->n = cfg->nactors;
	m->rows = -1;
	memset(m->core, -1, sizeof(m->core));
	err = open_all(m, pins, domains);
	if (!err) {
		*out = m;
		return 0;
	}
	actor_maps_close(m);
	return why_fail(why, err, "cannot open the pinned maps of actors: %s", strerror(-err));
}

void actor_maps_close(struct actor_maps *m)
{
	if (!m)
		return;
	for (__u32 d = 0; d < SHUNT_DOMAINS; d++) {
		if (m->core[d] >= 0)
			close(m->core[d]);
		shunt_map_unmap((void *)m->count[d], count_len(m, d));
	}
	shunt_map_unmap(m->agent, agent_len());
	if (m->rows >= 0)
		close(m->rows);
	free(m);
}
