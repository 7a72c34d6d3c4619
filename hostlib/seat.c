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

static int take_first(struct shunt *s, uint32_t number, const int *fd)
{
	struct seat *at = calloc(1, sizeof(*at));
	const struct shunt_seats *all;

	if (!at)
		return set_error(s, -ENOMEM, "out of memory");
	all = mmap(NULL, sizeof(*all), PROT_READ, MAP_SHARED, fd[SHUNT_FD_SEATS], 0);
	if (all == MAP_FAILED || madvise((void *)all, sizeof(*all), MADV_DONTFORK)) {
		free(at);
		return set_error(s, -errno, "cannot map the seats: %s", strerror(errno));
	}
	close(fd[SHUNT_FD_SEATS]);
	*at = (struct seat){ .all = all, .line = &all->seat[number],
			     .pair = fd[SHUNT_FD_SEAT_PAIR], .ask = fd[SHUNT_FD_SEAT_ASK],
			     .turn = ~0u };
	s->seat = at;
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

	if (nfd != SHUNT_SEATS_FDS || msg->seat >= SHUNT_SEATS)
		err = set_error(s, -EPROTO, "shuntd's word about seats makes no sense");
	else if (s->seat)
		return take_again(s->seat, fd);
	else
		err = take_first(s, msg->seat, fd);
	for (int i = 0; err && i < nfd; i++)
		close(fd[i]);
	return err;
}

void seat_drop(struct shunt *s)
{
	struct seat *at = s->seat;

	if (!at)
		return;
	munmap((void *)at->all, sizeof(*at->all));
	close(at->pair);
	close(at->ask);
	free(at);
	s->seat = NULL;
}

void seat_forget(struct shunt *s)
{
	if (!s->seat)
		return;
	close(s->seat->pair);
	close(s->seat->ask);
	s->seat = NULL;
}

/* --- the word and the counts ------------------------------------------------------------------ */

uint32_t seat_others(const struct shunt *s, uint64_t word)
{
	return shunt_seat_others(word, peek(s->seat->line->barred), s->domain);
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

bool seat_is_wanted(const struct shunt *s)
{
	uint64_t word = seat_word(s);

	return !seat_is_on(s, word) || seat_others(s, word);
}

uint64_t seat_until(const struct core *c)
{
	uint64_t word = seat_word(c->s);

	if (!seat_is_on(c->s, word))
		return c->start_ns;
	return seat_others(c->s, word) ? c->s->seat->until_ns : ~0ULL;
}
