// SPDX-License-Identifier: BSD-2-Clause
/*
 * place.c - opens the memory of a place, its own or a file that outlives it
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"

#define SIZE (64u << 20)

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

/* As long as it is, or made so long. */
static int measure(struct place *p, size_t size)
{
	struct stat st;
	bool new;

	if (fstat(p->fd, &st))
		return -errno;
	new = is_new(p->fd, st.st_size);
	p->size = !new ? (size_t)st.st_size : size ? size : SIZE;
	p->size -= p->size % REGION_UNIT;
	if (p->size < sizeof(struct place_head))
		return -EINVAL;
	return new ? make_file(p) : 0;
}

/* Nothing is written to a file that is no place's. */
static int check_file(const struct place *p)
{
	struct { uint64_t magic; uint32_t layout, process; uint64_t size; } h;

	if (pread(p->fd, &h, sizeof(h), 0) != sizeof(h))
		return -EPROTO;
	return h.magic == PLACE_MAGIC && h.layout == PLACE_LAYOUT && h.size == p->size ? 0 :
											  -EPROTO;
}

/* Pages that the head needs, so that no store finds the file system full. */
static int map_file(struct place *p)
{
	int err = posix_fallocate(p->fd, 0, sizeof(struct place_head));

	if (err)
		return -err;
	p->head = mmap(NULL, p->size, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd, 0);
	if (p->head == MAP_FAILED) {
		p->head = NULL;
		return -errno;
	}
	return madvise(p->head, p->size, MADV_DONTFORK) ? -errno : 0;
}

int place_map(struct place **ret, const char *path, size_t size, uint32_t first,
	       const struct shunt_actor_kind *const *kinds)
{
	struct place *p = aligned_alloc(PLACE_LINE, sizeof(*p));
	int err;

	*ret = NULL;
	if (!p)
		return -ENOMEM;
	memset(p, 0, sizeof(*p));
	atomic_flag_clear(&p->making);
	atomic_store(&p->next_ns, PLACE_NEVER);
	p->kinds = kinds;
	p->first = first < PLACE_ACTORS ? first : PLACE_ACTORS;
	p->fd = open_file(path);
	err = p->fd < 0 ? p->fd : measure(p, size);
	if (!err)
		err = check_file(p);
	if (!err)
		err = map_file(p);
	if (!err)
		p->process = ++p->head->process;
	for (uint32_t i = 0; !err && i < PLACE_ACTORS; i++) {
		p->actor[i].place = p;
		p->actor[i].slot = &p->head->slot[i];
		p->actor[i].nr = i;
		atomic_store(&p->actor[i].due_ns, PLACE_NEVER);
	}
	if (err) {
		place_close(p);
		return err;
	}
	*ret = p;
	return 0;
}

void place_close(struct place *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; i < PLACE_ACTORS; i++)
		free(p->actor[i].box);
	if (p->head)
		munmap(p->head, p->size);
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

typedef uint64_t __attribute__((may_alias)) name_word;

_Static_assert(offsetof(struct place_slot, name) % 8 == 0, "a name is read by words");

/* Is it the slot's name, and the same actor before and after the look at it? */
static bool has_name(const struct place *p, uint32_t nr, uint32_t id, const char *name)
{
	const struct place_slot *s = &p->head->slot[nr];
	uint64_t text[PLACE_NAME / 8];

	if (!id || __atomic_load_n(&s->state, __ATOMIC_ACQUIRE) != PLACE_HERE)
		return false;
	/* Acquire: the name, then the id again. */
	for (int i = 0; i < PLACE_NAME / 8; i++)
		text[i] = __atomic_load_n((const name_word *)s->name + i, __ATOMIC_ACQUIRE);
	return !strncmp((const char *)text, name, PLACE_NAME) &&
	       atomic_load(&p->actor[nr].id) == id;
}

uint32_t place_find(const struct place *p, const char *name)
{
	for (uint32_t i = 0; i < PLACE_ACTORS; i++) {
		uint32_t id = atomic_load(&p->actor[i].id);

		if (has_name(p, i, id, name))
			return id;
	}
	return 0;
}

void place_stats(const struct place *p, struct shunt_actor_stats *out)
{
	const struct place_head *h = p->head;

	*out = (struct shunt_actor_stats){ .refused = h->refused,   .requests = h->requests,
					   .nobody = h->nobody,     .later = h->later,
					   .given_up = h->given_up, .resets = h->resets };
	for (uint32_t i = 0; i < PLACE_ACTORS; i++) {
		out->told += __atomic_load_n(&h->slot[i].told, __ATOMIC_RELAXED);
		out->ran += h->slot[i].ran;
		out->lost += h->slot[i].lost;
		out->fired += h->slot[i].fired;
	}
}
