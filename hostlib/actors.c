// SPDX-License-Identifier: BSD-2-Clause
/*
 * actors.c - takes the rows of actors, and the lines in which cores count them, from the agent
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "actors.h"
#include "message.h"

static size_t whole_pages(size_t len)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (len + page - 1) & ~(page - 1);
}

static size_t rows_len(uint32_t n)
{
	return whole_pages(n * sizeof(struct shunt_actor_row));
}

static size_t counts_len(uint32_t cores, uint32_t n)
{
	return whole_pages((size_t)cores * n * sizeof(struct shunt_actor_core));
}

/* A child after a fork has neither: the counts have one writer. */
static void *map(int fd, size_t len, int prot)
{
	void *at = mmap(NULL, len, prot, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return NULL;
	if (!madvise(at, len, MADV_DONTFORK))
		return at;
	munmap(at, len);
	return NULL;
}

static int take(struct shunt *s, const struct shunt_msg_actors *msg, const int *fd)
{
	struct actors *a = calloc(1, sizeof(*a));

	if (!a)
		return set_error(s, -ENOMEM, "out of memory");
	a->n = msg->n;
	a->cores = msg->cores;
	a->row = map(fd[SHUNT_FD_ACTORS], rows_len(a->n), PROT_READ);
	a->count = map(fd[SHUNT_FD_ACTOR_CORE], counts_len(a->cores, a->n), PROT_READ | PROT_WRITE);
	s->actors = a;
	if (a->row && a->count)
		return 0;
	return set_error(s, -errno, "cannot map the actors: %s", strerror(errno));
}

int actors_take(struct shunt *s, const struct shunt_msg_actors *msg, int *fd, int nfd)
{
	int err = 0;

	if (nfd != SHUNT_ACTORS_FDS || !msg->n || msg->n > SHUNT_ACTORS || !msg->cores ||
	    msg->cores > SHUNT_CORES)
		err = set_error(s, -EPROTO, "shuntd's word about actors makes no sense");
	else if (!s->actors)
		err = take(s, msg, fd);
	message_close(fd, nfd);
	return err;
}

void actors_drop(struct shunt *s)
{
	struct actors *a = s->actors;

	if (!a)
		return;
	if (a->row)
		munmap((void *)a->row, rows_len(a->n));
	if (a->count)
		munmap(a->count, counts_len(a->cores, a->n));
	free(a);
	s->actors = NULL;
}

int shunt_get_actor(const struct shunt *s, unsigned int nr, struct shunt_actor_info *out)
{
	const struct actors *a = s->actors;
	const struct shunt_actor_row *row;
	struct shunt_actor_info info = { .sz = out->sz };

	if (!a || nr >= a->n)
		return -ENOENT;
	row = &a->row[nr];
	info.id = SHUNT_ACTOR_ID(row->gen, nr);
	info.here = row->state == SHUNT_ACTOR_HERE && row->domain == s->domain;
	memcpy(info.name, row->name, sizeof(info.name) - 1);
	memcpy(info.kind, row->kind, sizeof(info.kind) - 1);
	memcpy(out, &info, out->sz < sizeof(info) ? out->sz : sizeof(info));
	return 0;
}
