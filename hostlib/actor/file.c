// SPDX-License-Identifier: BSD-2-Clause
/*
 * file.c - the file of a place's memory: made, locked, grown; and kept from the children of forks
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"

#define SIZE (64u << 20)

/* --- the children of forks -------------------------------------------------------------------- */

static struct place *opened;
static atomic_flag held = ATOMIC_FLAG_INIT; /* the lock of that; fork() holds it, too */

static void lock(void)
{
	while (atomic_flag_test_and_set_explicit(&held, memory_order_acquire))
		sched_yield();
}

static void unlock(void)
{
	atomic_flag_clear_explicit(&held, memory_order_release);
}

/* The memory is not mapped in a child (MADV_DONTFORK). Where its head was the child gets pages of
 * 0s: there is no actor, and a handler that returns there, into libshunt, which ends the process,
 * has a lock and counts to write to. Regions stay unmapped: a state of 0s would be a wrong one. */
static void forget(struct place *p)
{
	if (p->head && mmap(p->head, sizeof(*p->head), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
		p->size = sizeof(*p->head);
	p->forked = true;
}

/* The file's lock ends with its last descriptor: the child's copy would keep it when the parent is
 * dead. */
static void in_child(void)
{
	for (struct place *p = opened; p; p = p->next_open) {
		close(p->fd);
		p->fd = -1;
		forget(p);
	}
	opened = NULL;
	unlock();
}

static void watch_forks(void)
{
	pthread_atfork(lock, unlock, in_child);
}

/* --- opened ----------------------------------------------------------------------------------- */

/* Two processes do not have one memory; the kernel takes the lock from one that is dead. */
static int lock_file(int fd)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (!fcntl(fd, F_OFD_SETLK, &all))
		return 0;
	return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
}

/* Others could cut it, or write there what we believe. */
static int is_ours(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	return S_ISREG(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 022) ? 0 : -EPERM;
}

static int open_file(const char *path)
{
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) :
			memfd_create("shunt-place", MFD_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = path ? is_ours(fd) : 0;
	if (!err)
		err = lock_file(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* --- its length ------------------------------------------------------------------------------- */

/* The first line goes there before the file has its length, so whatever is longer and has no
 * "magic" is no place's; one that a process left in between is no longer than that. */
static int make_file(struct place *p)
{
	struct place_head *h = calloc(1, sizeof(*h));
	int err = 0;

	if (!h)
		return -ENOMEM;
	h->magic = PLACE_MAGIC;
	h->layout = PLACE_LAYOUT;
	h->size = p->size;
	if (pwrite(p->fd, h, PLACE_LINE, 0) != PLACE_LINE)
		err = -ENOSPC;
	else if (ftruncate(p->fd, p->size))
		err = -errno;
	free(h);
	return err;
}

/* Empty, or no more than begun. */
static bool is_new(int fd, off_t length)
{
	uint64_t magic;

	return !length || (length == PLACE_LINE && pread(fd, &magic, sizeof(magic), 0) ==
			   sizeof(magic) && magic == PLACE_MAGIC);
}

/* Nothing is written to a file that is no place's. */
static int check_file(struct place *p, uint64_t length)
{
	struct { uint64_t magic; uint32_t layout, process; uint64_t size; } h;

	if (pread(p->fd, &h, sizeof(h), 0) != sizeof(h) || h.magic != PLACE_MAGIC ||
	    h.layout != PLACE_LAYOUT || h.size > length || h.size < sizeof(struct place_head) ||
	    h.size % REGION_UNIT)
		return -EPROTO;
	p->size = h.size;
	return 0;
}

/* The file has its length before the head says so: a process that dies in between leaves one that
 * is longer than its memory. */
static int grow_file(struct place *p, uint64_t length, uint64_t size)
{
	if (size <= p->size)
		return 0;
	if (size > length && ftruncate(p->fd, size))
		return -errno;
	if (pwrite(p->fd, &size, sizeof(size), offsetof(struct place_head, size)) != sizeof(size))
		return -EIO;
	p->size = size;
	return 0;
}

static int measure(struct place *p, size_t size)
{
	struct stat st;
	int err;

	size -= size % REGION_UNIT;
	if (fstat(p->fd, &st))
		return -errno;
	if (is_new(p->fd, st.st_size)) {
		p->size = size ? size : SIZE;
		return make_file(p);
	}
	err = check_file(p, st.st_size);
	return err ? err : grow_file(p, st.st_size, size);
}

int place_open_file(struct place *p, const char *path, size_t size)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	p->fd = -1;
	if (size && size < sizeof(struct place_head) + REGION_UNIT)
		return -EINVAL; /* before there is a file */
	pthread_once(&once, watch_forks);
	lock();
	p->fd = open_file(path);
	if (p->fd >= 0) {
		p->next_open = opened;
		opened = p;
	}
	unlock();
	return p->fd < 0 ? p->fd : measure(p, size);
}

void place_close_file(struct place *p)
{
	struct place **at = &opened;

	lock();
	while (*at && *at != p)
		at = &(*at)->next_open;
	if (*at)
		*at = p->next_open;
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	unlock();
}
