// SPDX-License-Identifier: BSD-2-Clause
/*
 * mapping.c - maps memory, view and rings that the agent hands over, and gives them back
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "mapping.h"

/* Numbers that we are about to compute addresses with. */
static bool sane_geometry(const struct shunt_geometry *g, bool nic_decides)
{
	bool powers = !(g->chunk & (g->chunk - 1)) && !(g->core_ring & (g->core_ring - 1)) &&
		      !(g->hold_ring & (g->hold_ring - 1)) && !(g->fill_ring & (g->fill_ring - 1));

	bool queues = g->nqueues ? g->nqueues == g->ncores && !g->hold_ring
				 : g->hold_ring && !nic_decides;

	return powers && queues && g->chunk >= 2048 && g->core_ring && g->ncores &&
	       g->ncores <= SHUNT_CORES && g->nframes >= g->ncores &&
	       g->fill_ring >= g->nframes / shunt_fill_rings(g) + SHUNT_NAPI &&
	       g->nclasses && g->nclasses <= SHUNT_CLASSES;
}

static int map_core(struct shunt *s, unsigned int i, int sock)
{
	struct core *c = &s->core[i];
	int err;

	c->s = s;
	c->id = i;
	c->sock = sock;
	c->line = &s->view->core[i];
	c->run = &c->line->run;
	c->fill = &s->fill[own_rings(s) ? i : 0];
	c->comp = &s->comp[own_rings(s) ? i : 0];
	c->fill_lock = &s->ctl->fill_lock[own_rings(s) ? i : 0].holder;
	c->list = &s->ctl->free[i];
	/* Where a core steals others' frames, it keeps none of them back. */
	c->comp_keep = own_rings(s) && !s->transport->nic_decides ? 0 : COMP_KEEP;
	err = shunt_ring_map(&c->rx, sock, SHUNT_RING_RX, s->geo.core_ring);
	return err ? err : shunt_ring_map(&c->tx, sock, SHUNT_RING_TX, s->geo.core_ring);
}

/* Rings that other cores use, too. */
static int map_common(struct shunt *s, const int *sock)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < shunt_fill_rings(&s->geo); i++) {
		err = shunt_ring_map(&s->fill[i], sock[i], SHUNT_RING_FILL, s->geo.fill_ring);
		if (!err)
			err = shunt_ring_map(&s->comp[i], sock[i], SHUNT_RING_COMP,
					     s->geo.fill_ring);
	}
	for (uint32_t i = 0; !err && i < s->nhold; i++) {
		s->hold_sock[i] = sock[s->geo.ncores + i];
		err = shunt_ring_map(&s->hold[i], s->hold_sock[i], SHUNT_RING_RX,
				     s->geo.hold_ring);
	}
	return err;
}

static int map_sockets(struct shunt *s, const int *sock)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < s->geo.ncores; i++)
		err = map_core(s, i, sock[i]);
	if (!err)
		err = map_common(s, sock);
	if (!err && s->transport->attached)
		s->transport->attached(s);
	return err ? set_error(s, err, "cannot map the rings: %s", strerror(-err)) : 0;
}

static int map_memory(struct shunt *s, int memory, int view)
{
	s->memory = mmap(NULL, shunt_memory_len(&s->geo), PROT_READ | PROT_WRITE, MAP_SHARED,
			 memory, 0);
	if (s->memory == MAP_FAILED) {
		s->memory = NULL;
		return set_error(s, -errno, "cannot map the frames: %s", strerror(errno));
	}
	s->view = mmap(NULL, sizeof(*s->view), PROT_READ | PROT_WRITE, MAP_SHARED, view, 0);
	if (s->view == MAP_FAILED) {
		s->view = NULL;
		return set_error(s, -errno, "cannot map the view: %s", strerror(errno));
	}
	if (madvise(s->memory, shunt_memory_len(&s->geo), MADV_DONTFORK) ||
	    madvise(s->view, sizeof(*s->view), MADV_DONTFORK))
		return set_error(s, -errno, "cannot keep the frames out of forks: %s",
				 strerror(errno));
	s->ctl = shunt_ctl_of(s->memory, &s->geo);
	if (s->ctl->abi != SHUNT_ABI || s->view->abi != SHUNT_ABI)
		return set_error(s, -EPROTO, "memory or view is of another ABI");
	return 0;
}

int mapping_take(struct shunt *s, const struct shunt_msg_welcome *w, const int *fd, int nfd)
{
	struct core *core;
	struct stat st;
	int err;

	if (!sane_geometry(&w->geo, s->transport->nic_decides) || !w->cores ||
	    w->cores > w->geo.ncores || w->slot >= SHUNT_WORKERS ||
	    nfd != (int)(SHUNT_FD_SOCKETS + w->geo.ncores +
			 (w->geo.hold_ring ? w->geo.nclasses : 0)))
		return set_error(s, -EPROTO, "shuntd's welcome makes no sense");
	s->geo = w->geo;
	s->nhold = w->geo.hold_ring ? w->geo.nclasses : 0;
	s->domain = w->domain;
	s->slot = w->slot;
	s->ncores = w->cores;
	memcpy(s->cpu, w->cpu, sizeof(s->cpu));
	memcpy(s->class_name, w->class_name, sizeof(s->class_name));
	for (int i = 0; i < SHUNT_CLASSES; i++)
		s->class_name[i][SHUNT_NAME_LEN - 1] = 0;
	if (fstat(fd[SHUNT_FD_MEMORY], &st))
		return set_error(s, -errno, "cannot look at the frames: %s", strerror(errno));
	s->memory_ino = st.st_ino;
	core = aligned_alloc(SHUNT_LINE, s->geo.ncores * sizeof(*core));
	if (!core)
		return set_error(s, -ENOMEM, "out of memory");
	memset(core, 0, s->geo.ncores * sizeof(*core));
	for (uint32_t i = 0; i < s->geo.ncores; i++)
		core[i].sock = -1;
	memset(s->hold_sock, -1, sizeof(s->hold_sock));
	s->core = core; /* from now on a forked child closes these sockets */
	err = map_memory(s, fd[SHUNT_FD_MEMORY], fd[SHUNT_FD_VIEW]);
	if (!err)
		err = map_sockets(s, fd + SHUNT_FD_SOCKETS);
	return err ? err : park_init(s);
}

void mapping_drop_rings(struct shunt *s)
{
	for (uint32_t i = 0; s->core && i < s->geo.ncores; i++) {
		shunt_ring_unmap(&s->core[i].rx);
		shunt_ring_unmap(&s->core[i].tx);
		if (s->core[i].sock >= 0)
			close(s->core[i].sock);
	}
	for (uint32_t i = 0; s->core && i < s->nhold; i++) {
		shunt_ring_unmap(&s->hold[i]);
		if (s->hold_sock[i] >= 0)
			close(s->hold_sock[i]);
	}
	park_free(s);
	free(s->core);
	s->core = NULL;
	for (uint32_t i = 0; i < SHUNT_CORES; i++) {
		shunt_ring_unmap(&s->fill[i]);
		shunt_ring_unmap(&s->comp[i]);
	}
}

void mapping_drop_memory(struct shunt *s)
{
	if (s->memory)
		munmap(s->memory, shunt_memory_len(&s->geo));
	if (s->view)
		munmap(s->view, sizeof(*s->view));
	s->memory = NULL;
	s->view = NULL;
}
