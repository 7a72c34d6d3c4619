// SPDX-License-Identifier: BSD-2-Clause
/*
 * timer.c - messages of an actor to itself, later: they lie in its region, and outlive the process
 */
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "place.h"

static uint64_t read_clock(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

uint64_t place_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* The time at which the place is looked at for timers is this one, or earlier. */
static void look_by(struct place *p, uint64_t ns)
{
	uint64_t next = atomic_load(&p->next_ns);

	while (ns < next && !atomic_compare_exchange_weak(&p->next_ns, &next, ns))
		;
}

void place_look_at_timers(struct shunt_actor *a)
{
	uint64_t least = PLACE_NEVER, bit = 1ULL << a->nr % 64;

	for (int i = 0; i < REGION_TIMERS; i++) {
		uint64_t due = a->region->timer[i].due_ns;

		if (due && due < least)
			least = due;
	}
	atomic_store(&a->due_ns, least);
	if (least == PLACE_NEVER)
		return;
	if (!(atomic_load(&a->place->timed[a->nr / 64]) & bit))
		atomic_fetch_or(&a->place->timed[a->nr / 64], bit);
	look_by(a->place, least);
}

static struct region_timer *find_unset(struct region *r)
{
	for (int i = 0; i < REGION_TIMERS; i++) {
		if (!r->timer[i].due_ns)
			return &r->timer[i];
	}
	return NULL;
}

static void set(struct region_timer *t, uint64_t due_ns, uint32_t kind, uint64_t cookie)
{
	t->kind = kind;
	t->cookie = cookie;
	t->due_ns = due_ns; /* last: then it is set */
}

static int count_set(const struct region *r)
{
	int n = 0;

	for (int i = 0; i < REGION_TIMERS; i++)
		n += r->timer[i].due_ns != 0;
	return n;
}

int shunt_tell_after(struct shunt_actor *self, uint64_t ns, uint32_t kind, uint64_t cookie)
{
	uint64_t now = place_now(), most = PLACE_NEVER - 1 - now;

	if (count_set(self->region) >= SHUNT_TIMERS)
		return -ENOSPC;
	set(find_unset(self->region), now + (ns < most ? ns : most), kind, cookie);
	place_look_at_timers(self);
	return 0;
}

/* Handlers set no more than SHUNT_TIMERS, so there is room for one. */
void place_put_back(struct shunt_actor *a, const struct shunt_message *m, uint64_t due_ns)
{
	struct region_timer *t = find_unset(a->region);

	if (t)
		set(t, due_ns, m->kind, m->cookie);
}

/* --- across a boot of the machine ------------------------------------------------------------- */

/* The first half of the kernel's random number of its boot. Unknown where /proc is not there: then
 * timers stay as they are. */
struct clock_of_boot place_boot(void)
{
	struct clock_of_boot now = { 0 };
	char text[36];
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return now;
	if (read(fd, text, sizeof(text)) == sizeof(text)) {
		for (int i = 0; i < 18; i++) {
			char c = text[i];

			if (c != '-')
				now.boot = now.boot << 4 | (c <= '9' ? c & 15 : (c & 7) + 9);
		}
	}
	close(fd);
	now.booted_ns = read_clock(CLOCK_REALTIME) - place_now();
	return now;
}

/* The boot's number comes last. A process that dies before it leaves timers of which some are early
 * then, and none is late. */
void place_rebase_timers(struct shunt_actor *a)
{
	const struct clock_of_boot *now = &a->place->clock;
	struct region *r = a->region;
	uint64_t by = now->booted_ns - r->booted_ns;

	if (!now->boot || !r->boot)
		return;
	if (r->boot == now->boot) {
		r->booted_ns = now->booted_ns; /* the time of day may have been set since */
		return;
	}
	for (int i = 0; i < REGION_TIMERS; i++) {
		uint64_t due = r->timer[i].due_ns;

		/* The time of day has gone back: nobody knows how long ago that was. */
		if (due)
			r->timer[i].due_ns = (int64_t)by >= 0 && due > by ? due - by : 1;
	}
	r->booted_ns = now->booted_ns;
	__atomic_store_n(&r->boot, now->boot, __ATOMIC_RELEASE);
}
