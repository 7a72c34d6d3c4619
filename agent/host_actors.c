// SPDX-License-Identifier: BSD-2-Clause
/*
 * host_actors.c - tells a worker of the NIC's actors, as the file of --actors has them
 *
 * The NIC counts what becomes of requests, so nobody reads what the cores count here: each worker
 * has lines of its own, which end with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host_actors.h"
#include "host_opts.h"
#include "peer.h"

static int memory(const char *name, size_t len)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), err;

	if (fd < 0)
		return -errno;
	if (!ftruncate(fd, len))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* Nobody can write it. */
static int rows(const struct host_opts *h)
{
	size_t len = h->nrows * sizeof(*h->rows);
	int fd = memory("shunt-actors", len), err = 0;

	if (fd < 0)
		return fd;
	if (pwrite(fd, h->rows, len, 0) != (ssize_t)len)
		err = -EIO;
	else if (fcntl(fd, F_ADD_SEALS,
		       F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Nobody can make it shorter under those who count in it. */
static int counts(const struct host_opts *h)
{
	size_t len = (size_t)h->ndevs * h->nrows * sizeof(struct shunt_actor_core);
	int fd = memory("shunt-counts", len), err;

	if (fd < 0)
		return fd;
	if (!fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int host_tell_actors(const struct host_opts *h, struct peer *p)
{
	struct shunt_msg_actors msg = { .n = h->nrows, .cores = h->ndevs };
	int fd[SHUNT_ACTORS_FDS], err;

	if (!h->nrows)
		return 0;
	fd[SHUNT_FD_ACTORS] = rows(h);
	fd[SHUNT_FD_ACTOR_CORE] = counts(h);
	if (fd[SHUNT_FD_ACTORS] < 0 || fd[SHUNT_FD_ACTOR_CORE] < 0)
		err = -ENOMEM;
	else
		err = peer_send(p, &msg, sizeof(msg), SHUNT_MSG_ACTORS, fd, SHUNT_ACTORS_FDS);
	for (int i = 0; i < SHUNT_ACTORS_FDS; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
	}
	return err;
}
