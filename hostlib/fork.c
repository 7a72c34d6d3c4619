// SPDX-License-Identifier: BSD-2-Clause
/*
 * fork.c - a worker that forks: the parent goes on serving, the child has no part in the domain
 *
 * Memory, view and rings are not copied into a child (MADV_DONTFORK), however it is made. The child
 * of fork() also closes its copies of the sockets, so that nobody waits for them once the parent is
 * gone, and its copy of struct shunt then says that it is not open. A child of a handler has a copy
 * of its request's frame, to read and to write; when it returns from the handler it ends, as nobody
 * would send what it wrote.
 *
 * Functions here that run in a request are PREEMPT_TEXT, and have a region while they hold the
 * lock.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"
#include "seat.h"

#define CHILD_STATUS 70 /* of a child that ends here */
#define FRAME_MAX 4096

static struct shunt *opened;  /* under the lock */
static _Atomic uint32_t held; /* the lock; fork() holds it, too: the child
			       * has only the thread that called fork() */
static char frame[FRAME_MAX]; /* of the request that forks; under the lock */

static PREEMPT_TEXT void lock(void)
{
	preempt_depth_add(1);
	while (atomic_exchange_explicit(&held, 1, memory_order_acquire))
		sched_yield();
}

/* A mark that came meanwhile waits for the request's next safepoint: fork() is no place to stop. */
static PREEMPT_TEXT void unlock(void)
{
	atomic_store_explicit(&held, 0, memory_order_release);
	preempt_depth_add(-1);
}

/* Where the request that runs on this core lies in the memory; NULL: none runs. */
static PREEMPT_TEXT char *frame_of(const struct core *c)
{
	const struct shunt_geometry *g = &c->s->geo;

	if (!c->running || !c->item->sane || g->chunk > FRAME_MAX)
		return NULL;
	return c->s->memory + (c->item->addr & ~(uint64_t)(g->chunk - 1));
}

static PREEMPT_TEXT void before_fork(void)
{
	const struct core *c;
	const char *at;

	lock();
	c = yield_core();
	at = c ? frame_of(c) : NULL;
	if (at)
		memcpy(frame, at, c->s->geo.chunk);
}

/* In the child: memory of its own where its frame was. */
static void copy_frame(const struct core *c)
{
	char *at = frame_of(c);

	if (at &&
	    mmap(c->s->memory, shunt_frames_len(&c->s->geo), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED)
		memcpy(at, frame, c->s->geo.chunk);
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void forget_ring(struct shunt_ring *r)
{
	memset(r, 0, sizeof(*r));
}

/* The mappings are the parent's alone; what has been mapped
 * in their place since is none of ours. */
static void forget_domain(struct shunt *s)
{
	for (uint32_t i = 0; s->core && i < s->geo.ncores; i++) {
		forget_ring(&s->core[i].rx);
		forget_ring(&s->core[i].tx);
		shut(&s->core[i].sock);
	}
	for (uint32_t i = 0; s->core && i < s->nhold; i++) {
		forget_ring(&s->hold[i]);
		shut(&s->hold_sock[i]);
	}
	for (uint32_t i = 0; i < SHUNT_CORES; i++) {
		forget_ring(&s->fill[i]);
		forget_ring(&s->comp[i]);
	}
	s->memory = NULL;
	s->ctl = NULL;
	s->view = NULL;
	s->transport = &transport_shared; /* so that nothing of it is let go */
	seat_forget(s);
	if (s->items)
		shut(&s->unpark);
	shut(&s->link);
	shut(&s->wake);
	s->forked = true;
}

static PREEMPT_TEXT void in_child(void)
{
	const struct core *c = yield_core();

	if (c)
		copy_frame(c);
	yield_no_thread();
	for (struct shunt *s = opened; s; s = s->next_open)
		forget_domain(s);
	opened = NULL;
	unlock();
}

static void watch_forks(void)
{
	pthread_atfork(before_fork, unlock, in_child);
}

void fork_watch(struct shunt *s)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, watch_forks);
	lock();
	s->next_open = opened;
	opened = s;
	unlock();
}

void fork_unwatch(struct shunt *s)
{
	struct shunt **at = &opened;

	lock();
	while (*at && *at != s)
		at = &(*at)->next_open;
	if (*at)
		*at = s->next_open;
	unlock();
}

void fork_end_child(void)
{
	static const char text[] =
		"shunt: the child of a fork() returned from the worker's function: it ends here, "
		"its parent serves on; let the child call _exit() or exec a program\n";
	ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)n;
	_exit(CHILD_STATUS);
}
