// SPDX-License-Identifier: BSD-2-Clause
/*
 * place.c - maps the memory of a place, and looks for actors there
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <shunt/abi_actor.h>

#include "place.h"

_Static_assert(PLACE_ROWS == SHUNT_ACTORS, "a number below PLACE_ROWS is a row's");
_Static_assert(PLACE_NAME == SHUNT_NAME_LEN, "a row's name is that of its actor");
_Static_assert(REGION_TIMERS == SHUNT_TIMERS + 1, "one that fired is set once more");
_Static_assert(PLACE_ROWS + PLACE_ACTORS <= 65536, "an id has 16 bits of number");

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

int place_map(struct place **ret, const struct shunt_actor_opts *opts)
{
	struct place *p = aligned_alloc(PLACE_LINE, sizeof(*p));
	int err;

	*ret = NULL;
	if (!p)
		return -ENOMEM;
	memset(p, 0, sizeof(*p));
	atomic_flag_clear(&p->making);
	atomic_store(&p->next_ns, PLACE_NEVER);
	p->kinds = opts->kinds;
	p->notice = opts->notice;
	p->clock = place_boot();
	err = place_open_file(p, opts->memory, opts->size);
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
	place_close_file(p);
	free(p);
}

void place_say(const struct place *p, const char *format, ...)
{
	char text[256];
	va_list args;

	if (!p->notice)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	p->notice(text);
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

static uint64_t read_count(const uint64_t *n)
{
	return __atomic_load_n(n, __ATOMIC_RELAXED);
}

static bool is_asleep(const struct place *p, uint32_t nr)
{
	return __atomic_load_n(&p->head->slot[nr].state, __ATOMIC_ACQUIRE) == PLACE_HERE &&
	       !atomic_load(&p->actor[nr].id);
}

void place_stats(const struct place *p, struct shunt_actor_stats *out)
{
	const struct place_head *h = p->head;

	*out = (struct shunt_actor_stats){
		.refused = read_count(&h->refused), .requests = read_count(&h->requests),
		.nobody = read_count(&h->nobody),   .later = read_count(&h->later),
		.given_up = read_count(&h->given_up), .resets = read_count(&h->resets),
		.gone = read_count(&h->gone),
	};
	for (uint32_t i = 0; i < PLACE_ACTORS; i++) {
		out->told += read_count(&h->slot[i].told);
		out->ran += read_count(&h->slot[i].ran);
		out->lost += read_count(&h->slot[i].lost);
		out->fired += read_count(&h->slot[i].fired);
		out->asleep += is_asleep(p, i);
	}
}
