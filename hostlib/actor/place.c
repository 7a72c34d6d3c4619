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

static int open_file(const char *path)
{
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) :
			memfd_create("shunt-place", MFD_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = lock_file(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* As long as it is, or made so long. */
static int measure(struct place *p, size_t size, bool *is_new)
{
	struct stat st;

	if (fstat(p->fd, &st))
		return -errno;
	*is_new = !st.st_size;
	p->size = st.st_size ? (size_t)st.st_size : size ? size : SIZE;
	p->size -= p->size % REGION_UNIT;
	if (p->size < sizeof(struct place_head))
		return -EINVAL;
	if (*is_new && ftruncate(p->fd, p->size))
		return -errno;
	return 0;
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

/* Written last: "magic", so a memory that has it is whole. */
static int begin(struct place *p, bool is_new)
{
	struct place_head *h = p->head;

	if (is_new || !h->magic) {
		h->layout = PLACE_LAYOUT;
		h->size = p->size;
		h->used = (sizeof(*h) + 4095) & ~4095ULL;
		__atomic_store_n(&h->magic, PLACE_MAGIC, __ATOMIC_RELEASE);
	}
	if (h->magic != PLACE_MAGIC || h->layout != PLACE_LAYOUT || h->size != p->size)
		return -EPROTO;
	p->process = ++h->process;
	return 0;
}

int place_map(struct place **ret, const char *path, size_t size, uint32_t first,
	       const struct shunt_actor_kind *const *kinds)
{
	struct place *p = aligned_alloc(PLACE_LINE, sizeof(*p));
	bool is_new = false;
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
	err = p->fd < 0 ? p->fd : measure(p, size, &is_new);
	if (!err)
		err = map_file(p);
	if (!err)
		err = begin(p, is_new);
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

uint32_t place_find(const struct place *p, const char *name)
{
	for (uint32_t i = 0; i < PLACE_ACTORS; i++) {
		const struct place_slot *s = &p->head->slot[i];

		if (__atomic_load_n(&s->state, __ATOMIC_ACQUIRE) == PLACE_HERE &&
		    !strncmp(s->name, name, PLACE_NAME))
			return p->actor[i].id;
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
