// SPDX-License-Identifier: BSD-2-Clause
/*
 * memory.c - the mechanism's memory and the agent's: made, sealed, mapped, replaced
 *
 * Both are memfds of a fixed size: one that shrank would kill whoever reads it next. The
 * mechanism's has F_SEAL_FUTURE_WRITE: nobody but the mechanism, which mapped it before, can write
 * to it or punch holes into it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inside.h"

#define PAGE 4096ULL
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

/* Where what lies in the mechanism's memory. */
struct places {
	size_t queue, done, object, len;
};

static size_t up(size_t n, size_t to)
{
	return (n + to - 1) & ~(to - 1);
}

static struct places places_of(unsigned int queues, unsigned int slots, unsigned int objects)
{
	struct places p;

	p.queue = PAGE;
	p.done = up(p.queue + queues * sizeof(struct shunt_off_queue), SHUNT_LINE);
	p.object = up(p.done + slots * sizeof(struct shunt_off_done), SHUNT_LINE);
	p.len = up(p.object + objects * sizeof(struct shunt_off_object), PAGE);
	return p;
}

static bool sizes_fit(unsigned int kind, unsigned int queues, unsigned int slots,
		      unsigned int objects, unsigned int classes)
{
	return (kind == SHUNT_OFF_THREADS || kind == SHUNT_OFF_MEMORY) && queues &&
	       queues <= SHUNT_OFF_QUEUES_MAX && slots && slots <= SHUNT_OFF_SLOTS_MAX &&
	       objects && objects <= SHUNT_OFF_OBJECTS_MAX && classes && classes <= SHUNT_CLASSES;
}

static int make(const char *name, size_t len)
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

static int seal(int fd, int more)
{
	return fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | more | F_SEAL_SEAL) ? -errno
											: 0;
}

static const size_t agent_len = (sizeof(struct shunt_off_agent) + PAGE - 1) & ~(PAGE - 1);

/* --- the mechanism's side --------------------------------------------------------------------- */

/* The memory of agent number "epoch", as it is handed to him. */
static int make_agent(__u32 epoch)
{
	int fd = make("shunt-agent", agent_len), err;
	struct shunt_off_agent *a;

	if (fd < 0)
		return fd;
	a = mmap(NULL, agent_len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	err = a == MAP_FAILED ? -errno : seal(fd, 0);
	if (!err) {
		a->abi = SHUNT_OFF;
		a->epoch = epoch;
		/* Whoever is about to sleep on the word of the agent before finds another one. */
		for (unsigned int i = 0; i < SHUNT_OFF_SLOTS_MAX; i++)
			a->slot[i].rings = epoch << 20;
	}
	if (a != MAP_FAILED)
		munmap(a, agent_len);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Threads of the mechanism sleep on words of the memory that has been replaced. */
static void wake_sleepers(struct shunt_off *o, int old)
{
	struct shunt_off_agent *a;

	a = mmap(NULL, agent_len, PROT_READ, MAP_SHARED, old, 0);
	if (a == MAP_FAILED)
		return; /* they wake by their time-outs */
	for (unsigned int i = 0; i < o->ctl->nslots; i++)
		off_futex_wake(&a->slot[i].rings);
	munmap(a, agent_len);
}

/*
 * A take that read a decision of the agent before is about to count it: the next agent begins to
 * count where that ends. Behind membarrier() each thread that did not say that it takes finds the
 * new pages.
 */
static void wait_for_takes(struct shunt_off *o)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	for (unsigned int i = 0; i < o->ctl->nslots; i++) {
		while (__atomic_load_n(&o->takes[i].now, __ATOMIC_ACQUIRE))
			sched_yield();
	}
}

int shunt_off_replace(struct shunt_off *o, int fd[2])
{
	__u32 epoch = o->ctl->epoch + 1 ? o->ctl->epoch + 1 : 1;
	int next = make_agent(epoch), old = o->agent_fd;

	if (next < 0)
		return next;
	/* In place of the old pages, at once: a thread that reads meanwhile finds either. */
	if (mmap((void *)o->agent, agent_len, PROT_READ, MAP_SHARED | MAP_FIXED, next, 0) ==
	    MAP_FAILED) {
		int err = -errno;

		close(next);
		return err;
	}
	wait_for_takes(o);
	/* Behind the pages: no decision of the agent before meets the new number. */
	__atomic_store_n(&o->ctl->epoch, epoch, __ATOMIC_SEQ_CST);
	o->agent_fd = next;
	if (old >= 0) {
		wake_sleepers(o, old);
		close(old);
	}
	if (fd) {
		fd[0] = o->fd;
		fd[1] = next;
	}
	return 0;
}

static int map_mechanism(struct shunt_off *o, const struct shunt_off_sizes *s)
{
	struct places p = places_of(s->queues, s->slots, s->objects);
	char *m;

	o->fd = make("shunt-mechanism", p.len);
	if (o->fd < 0)
		return o->fd;
	m = mmap(NULL, p.len, PROT_READ | PROT_WRITE, MAP_SHARED, o->fd, 0);
	if (m == MAP_FAILED)
		return -errno;
	o->ctl = (void *)m;
	*o->ctl = (struct shunt_off_ctl){ .abi = SHUNT_OFF, .kind = s->kind, .nqueues = s->queues,
					  .nslots = s->slots, .nobjects = s->objects,
					  .nclasses = s->classes, .len = p.len };
	o->queue = (void *)(m + p.queue);
	o->done = (void *)(m + p.done);
	o->object = (void *)(m + p.object);
	return seal(o->fd, F_SEAL_FUTURE_WRITE);
}

/* The place of the agents' memories, and one that is nobody's: threads can sleep on it. */
static int map_agent(struct shunt_off *o)
{
	void *m = mmap(NULL, agent_len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (m == MAP_FAILED)
		return -errno;
	o->agent = m;
	return shunt_off_replace(o, NULL);
}

struct shunt_off *shunt_off_open(const struct shunt_off_sizes *s)
{
	struct shunt_off *o;
	int err;

	if (!sizes_fit(s->kind, s->queues, s->slots, s->objects, s->classes)) {
		errno = EINVAL;
		return NULL;
	}
	o = aligned_alloc(OFF_APART, sizeof(*o));
	if (!o)
		return NULL;
	memset(o, 0, sizeof(*o));
	o->fd = o->agent_fd = o->listener = o->peer = -1;
	err = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) ? -errno : 0;
	if (!err)
		err = map_mechanism(o, s);
	if (!err)
		err = map_agent(o);
	if (!err)
		return o;
	shunt_off_close(o);
	errno = -err;
	return NULL;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void shunt_off_close(struct shunt_off *o)
{
	if (!o)
		return;
	if (o->path)
		unlink(o->path);
	free(o->path);
	close_if_open(o->listener);
	close_if_open(o->peer);
	if (o->agent)
		munmap((void *)o->agent, agent_len);
	if (o->ctl)
		munmap(o->ctl, o->ctl->len);
	close_if_open(o->fd);
	close_if_open(o->agent_fd);
	free(o);
}

/* --- the agent's side ------------------------------------------------------------------------- */

static void *map_at_least(int fd, size_t least, int prot, size_t *len)
{
	struct stat st;
	void *m;

	if (fstat(fd, &st))
		return MAP_FAILED;
	if (st.st_size < 0 || (size_t)st.st_size < least) {
		errno = EPROTO;
		return MAP_FAILED;
	}
	*len = st.st_size;
	m = mmap(NULL, *len, prot, MAP_SHARED, fd, 0);
	return m;
}

/* What the mechanism says of its memory fits what was mapped. */
static int find_places(struct shunt_off_view *v)
{
	struct shunt_off_ctl c = *v->ctl;
	struct places p;

	if (c.abi != SHUNT_OFF || v->agent->abi != SHUNT_OFF ||
	    !sizes_fit(c.kind, c.nqueues, c.nslots, c.nobjects, c.nclasses))
		return -EPROTO;
	p = places_of(c.nqueues, c.nslots, c.nobjects);
	if (c.len != p.len || p.len > v->len)
		return -EPROTO;
	v->queue = (const void *)((const char *)v->ctl + p.queue);
	v->done = (const void *)((const char *)v->ctl + p.done);
	v->object = (const void *)((const char *)v->ctl + p.object);
	v->epoch = v->agent->epoch;
	v->nqueues = c.nqueues;
	v->nslots = c.nslots;
	v->nobjects = c.nobjects;
	for (unsigned int i = 0; i < c.nqueues; i++)
		v->next[i] = __atomic_load_n(&v->queue[i].head, __ATOMIC_ACQUIRE) + 1;
	for (unsigned int i = 0; i < c.nslots; i++)
		v->staged[i] = __atomic_load_n(&v->done[i].done, __ATOMIC_ACQUIRE);
	return 0;
}

struct shunt_off_view *off_view_make(const int fd[2], int peer)
{
	struct shunt_off_view *v = calloc(1, sizeof(*v));
	void *ctl, *agent;
	size_t len;
	int err;

	if (!v)
		return NULL;
	v->peer = peer;
	ctl = map_at_least(fd[0], PAGE, PROT_READ, &v->len);
	err = ctl == MAP_FAILED ? -errno : 0;
	v->ctl = err ? NULL : ctl;
	agent = err ? MAP_FAILED : map_at_least(fd[1], agent_len, PROT_READ | PROT_WRITE, &len);
	if (!err && agent == MAP_FAILED)
		err = -errno;
	v->agent = agent == MAP_FAILED ? NULL : agent;
	if (!err)
		err = find_places(v);
	if (!err)
		return v;
	v->peer = -1;
	shunt_off_leave(v);
	errno = -err;
	return NULL;
}

struct shunt_off_view *off_view_over(const struct shunt_off_ctl *ctl, size_t len,
				     struct shunt_off_agent *agent)
{
	struct shunt_off_view *v = calloc(1, sizeof(*v));
	int err;

	if (!v) {
		munmap((void *)ctl, len);
		munmap(agent, agent_len);
		errno = ENOMEM;
		return NULL;
	}
	v->peer = -1;
	v->ctl = ctl;
	v->len = len;
	v->agent = agent;
	err = find_places(v);
	if (!err)
		return v;
	shunt_off_leave(v);
	errno = -err;
	return NULL;
}

struct shunt_off_view *shunt_off_map(const int fd[2])
{
	return off_view_make(fd, -1);
}

void shunt_off_leave(struct shunt_off_view *v)
{
	if (!v)
		return;
	close_if_open(v->peer);
	if (v->agent)
		munmap(v->agent, agent_len);
	if (v->ctl)
		munmap((void *)v->ctl, v->len);
	free(v);
}
