// SPDX-License-Identifier: BSD-2-Clause
/*
 * seat.c - what a worker is given of the seat that it shares, and what it reads there
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <shunt/seat.h>

#include "internal.h"
#include "seat.h"

/* --- the link --------------------------------------------------------------------------------- */

/* All cores read the same map. */
static int map_all(struct shunt *s, int map)
{
	struct seats *of = calloc(1, sizeof(*of));

	if (!of)
		return set_error(s, -ENOMEM, "out of memory");
	of->all = mmap(NULL, sizeof(*of->all), PROT_READ, MAP_SHARED, map, 0);
	if (of->all == MAP_FAILED || madvise((void *)of->all, sizeof(*of->all), MADV_DONTFORK)) {
		free(of);
		return set_error(s, -errno, "cannot map the seats: %s", strerror(errno));
	}
	s->seats = of;
	return 0;
}

static int take_first(struct shunt *s, const struct shunt_msg_seats *msg, const int *fd)
{
	int err = s->seats ? 0 : map_all(s, fd[SHUNT_FD_SEATS]);
	struct seat *at;

	if (err)
		return err;
	at = aligned_alloc(SHUNT_LINE, sizeof(*at));
	if (!at)
		return set_error(s, -ENOMEM, "out of memory");
	close(fd[SHUNT_FD_SEATS]);
	*at = (struct seat){ .all = s->seats->all, .line = &s->seats->all->seat[msg->seat],
			     .pair = fd[SHUNT_FD_SEAT_PAIR], .ask = fd[SHUNT_FD_SEAT_ASK],
			     .turn = ~0u };
	s->seats->of[msg->core] = at;
	return 0;
}

/* The numbers stay, for the core that may be using them. One that waits at an old socket sees the
 * new one when its time is over. */
static int take_again(struct seat *at, int *fd)
{
	int err = dup3(fd[SHUNT_FD_SEAT_PAIR], at->pair, O_CLOEXEC) < 0 ||
		  dup3(fd[SHUNT_FD_SEAT_ASK], at->ask, O_CLOEXEC) < 0 ? -errno : 0;

	for (int i = 0; i < SHUNT_SEATS_FDS; i++)
		close(fd[i]);
	return err;
}

int seat_take(struct shunt *s, const struct shunt_msg_seats *msg, int *fd, int nfd)
{
	int err;

	if (nfd != SHUNT_SEATS_FDS || msg->seat >= SHUNT_SEATS || msg->core >= SHUNT_CORES)
		err = set_error(s, -EPROTO, "shuntd's word about seats makes no sense");
	else if (s->seats && s->seats->of[msg->core])
		return take_again(s->seats->of[msg->core], fd);
	else
		err = take_first(s, msg, fd);
	for (int i = 0; err && i < nfd; i++)
		close(fd[i]);
	return err;
}

static uint32_t mates_of(const struct shunt *s, const struct shunt_seat *line)
{
	uint32_t set = 0;

	for (uint32_t d = 0; d < SHUNT_DOMAINS; d++) {
		if (d != s->domain && line->core[d] != SHUNT_SEAT_NONE)
			set |= SHUNT_SEAT_WANT(d);
	}
	return set;
}

void seat_join(struct shunt *s)
{
	for (uint32_t i = 0; i < s->geo.ncores; i++) {
		s->core[i].seat = s->seats ? s->seats->of[i] : NULL;
		if (s->core[i].seat)
			s->core[i].seat->mates = mates_of(s, s->core[i].seat->line);
	}
}

void seat_drop(struct shunt *s)
{
	struct seats *of = s->seats;

	if (!of)
		return;
	munmap((void *)of->all, sizeof(*of->all));
	for (int i = 0; i < SHUNT_CORES; i++) {
		if (of->of[i]) {
			close(of->of[i]->pair);
			close(of->of[i]->ask);
			free(of->of[i]);
		}
	}
	free(of);
	s->seats = NULL;
}

void seat_forget(struct shunt *s)
{
	for (int i = 0; s->seats && i < SHUNT_CORES; i++) {
		if (s->seats->of[i]) {
			close(s->seats->of[i]->pair);
			close(s->seats->of[i]->ask);
		}
	}
	for (uint32_t i = 0; s->core && i < s->geo.ncores; i++)
		s->core[i].seat = NULL;
	s->seats = NULL;
}

/* --- the word and the counts ------------------------------------------------------------------ */

uint32_t seat_others(const struct core *c, uint64_t word)
{
	return shunt_seat_others(word, peek(c->seat->line->barred), c->s->domain);
}

uint32_t seat_hungry(const struct core *c)
{
	return peek(c->seat->all->hungry) & c->seat->mates & ~peek(c->seat->line->barred);
}

bool seat_has_requests(const struct core *c)
{
	const struct shunt_view *v = c->s->view;

	if (peek(v->sent[c->id]) != peek(v->done[c->id]) ||
	    atomic_load_explicit(&c->s->park.mask, memory_order_relaxed))
		return true;
	for (uint32_t i = 0; i < c->s->nhold; i++) {
		if (peek(v->enq[i]) != peek(v->deq[i]))
			return true;
	}
	return false;
}

bool seat_is_wanted(const struct core *c)
{
	uint64_t word = seat_word(c);

	return !seat_is_on(c, word) || seat_others(c, word);
}

uint64_t seat_until(const struct core *c)
{
	uint64_t word = seat_word(c);

	if (!seat_is_on(c, word))
		return c->start_ns;
	return seat_others(c, word) ? c->seat->until_ns : ~0ULL;
}
