// SPDX-License-Identifier: BSD-2-Clause
/*
 * seats.c - the CPUs that domains share: bars a domain whose worker is gone, and takes a seat from
 * one that does not leave it
 *
 * The word of a seat (abi_seat.h) is written by BPF programs alone: shuntd runs one of them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"
#include "due.h"
#include "log.h"
#include "peek.h"
#include "peer.h"
#include "seat_ends.h"
#include "seats.h"
#include "store.h"

/* --- the seats -------------------------------------------------------------------------------- */

static __u64 word_of(const struct seats *s, __u32 seat)
{
	return __atomic_load_n(&s->all->seat[seat].word, __ATOMIC_ACQUIRE);
}

static __u32 barred(const struct seats *s, __u32 seat)
{
	return peek(s->all->seat[seat].barred);
}

/* The domain that is on loses the seat to the next one that is not barred, or to nobody. */
static void give(const struct agent *a, __u32 seat, __u32 from)
{
	const struct seats *s = seats_of(a);
	__u32 set = seat_sitters(s, seat) & ~barred(s, seat) & ~SHUNT_SEAT_WANT(from);
	__u32 to = set ? shunt_seat_next(set, from) + 1 : SHUNT_SEAT_NOBODY;

	if (seat_move(s, (struct shunt_seat_order){ .seat = seat, .give = 1, .from = from + 1,
					      .to = to }) && to)
		seat_ring(a, seat, to - 1);
}

int seats_tell(struct agent *a, struct peer *p)
{
	return seats_of(a) ? seat_hand_out(a, p) : 0;
}

/* --- who may be on ---------------------------------------------------------------------------- */

/* The domain has no worker. Its last one may have ended between its move and the datagram that goes
 * with it: so who is on is rung. */
static void bar(struct agent *a, __u32 seat, __u32 domain)
{
	struct seats *s = seats_of(a);
	__u32 on;

	s->worker[domain] = 0;
	seat_deafen(a, seat, domain);
	seat_move(s, (struct shunt_seat_order){ .seat = seat, .bar = SHUNT_SEAT_WANT(domain) });
	on = SHUNT_SEAT_ON(word_of(s, seat));
	if (on && on != domain + 1)
		seat_ring(a, seat, on - 1);
}

static void put_bit(__u64 *set, __u32 bit, bool is)
{
	*set = (*set & ~(1ULL << bit)) | (__u64)is << bit;
}

/* Notes for the watch of running requests (watch.c) whether the domain's core is to leave, and for
 * the watch of beats (worker.c) whether it waits for others to leave: of that, too, nobody but BPF
 * programs says a word. A domain that is barred had its time. */
static void note_word(struct agent *a, __u32 seat, __u32 domain)
{
	const struct seats *s = seats_of(a);
	struct domain *d = &a->domain[domain];
	__u32 core = seat_core(s, seat, domain);
	__u64 word = word_of(s, seat);
	bool on = SHUNT_SEAT_ON(word) == domain + 1, asleep = shunt_seat_sleeps(word),
	     wanted = on && !asleep && shunt_seat_others(word, barred(s, seat), domain);

	d->seat_ns = s->all->quantum_us * 1000ULL;
	put_bit(&d->seat_wanted, core, wanted);
	put_bit(&d->seat_away, core, !on && !asleep && !(barred(s, seat) >> domain & 1));
}

static void see_to(struct agent *a, __u32 seat, __u32 domain)
{
	struct seats *s = seats_of(a);

	note_word(a, seat, domain);
	if (seat_has_worker(a, domain))
		return;
	if (!(barred(s, seat) >> domain & 1))
		bar(a, seat, domain);
	if (SHUNT_SEAT_ON(word_of(s, seat)) == domain + 1)
		give(a, seat, domain);
}

void seats_turn(struct agent *a)
{
	const struct seats *s = seats_of(a);

	for (__u32 i = 0; s && i < seat_count(s); i++) {
		for (__u32 set = seat_sitters(s, i); set; set &= set - 1)
			see_to(a, i, __builtin_ctz(set));
	}
}

/* The domain has kept the seat from another one for so long. It is barred for as long again: so the
 * other one has half of the time, whatever this one says. */
static void mute(struct agent *a, __u32 seat, __u32 domain, __u64 ns)
{
	seat_deafen(a, seat, domain);
	seats_of(a)->of[seat].muted_ns[domain] = a->now_ns + ns;
}

static void unmute(struct agent *a, __u32 seat, __u32 domain)
{
	struct seats *s = seats_of(a);
	__u64 *until = &s->of[seat].muted_ns[domain];

	if (!*until || a->now_ns < *until)
		return;
	*until = 0;
	if (s->worker[domain] && seat_undeafen(a, seat, domain))
		seat_ring(a, seat, domain);
}

/* The domain that is on has had its time, and more. It is barred until its worker says that it is
 * there, and is heard: not between the bar and the end of hearing, so that comes first. */
static void take(struct agent *a, __u32 seat, __u32 from, __u32 others, __u64 kept_ns)
{
	__u32 to = shunt_seat_next(others, from);
	struct shunt_seat_order o = { .seat = seat, .bar = SHUNT_SEAT_WANT(from), .give = 1,
				      .from = from + 1, .to = to + 1,
				      .back = SHUNT_SEAT_WANT(from) };

	mute(a, seat, from, kept_ns);
	if (!seat_move(seats_of(a), o)) {
		seats_of(a)->of[seat].muted_ns[from] = a->now_ns;
		unmute(a, seat, from);
		return;
	}
	seat_ring(a, seat, to);
	log_say(LOG_DEBUG, "domain %u did not leave the seat on CPU %u: domain %u has it", from,
		seats_of(a)->all->seat[seat].cpu, to);
}

static void begin_wait(struct seat_state *w, __u32 turn, __u64 now_ns)
{
	w->turn = turn;
	w->since_ns = now_ns;
}

static void look(struct agent *a, __u32 seat)
{
	struct seats *s = seats_of(a);
	struct seat_state *w = &s->of[seat];
	__u64 word = word_of(s, seat);
	__u32 on = SHUNT_SEAT_ON(word), others;

	if (!on || on > SHUNT_DOMAINS)
		return;
	if (barred(s, seat) >> (on - 1) & 1) { /* a move was faster than the bar */
		give(a, seat, on - 1);
		return;
	}
	others = shunt_seat_others(word, barred(s, seat), on - 1);
	if (!others || shunt_seat_sleeps(word)) /* who has requests takes a seat that sleeps */
		w->since_ns = 0;
	else if (!w->since_ns || w->turn != SHUNT_SEAT_TURN(word))
		begin_wait(w, SHUNT_SEAT_TURN(word), a->now_ns);
	else if (a->now_ns - w->since_ns >= s->all->hold_us * 1000ULL)
		take(a, seat, on - 1, others, a->now_ns - w->since_ns);
}

/* --- what a switch takes ---------------------------------------------------------------------- */

#define SWITCHES 8 /* so many since the last look count alone; fewer, with what was before */
#define SWITCH_MAX_NS 1000000000ULL

/* As its cores counted: a worker's numbers concern its own view alone. */
static struct let_on let_on_of(const struct shunt_view *v)
{
	struct let_on sum = { 0 };

	for (int i = 0; i < SHUNT_CORES; i++) {
		sum.n += peek(v->core[i].stats.let_on);
		sum.ns += peek(v->core[i].stats.let_on_ns);
	}
	return sum;
}

static void publish_switch(struct agent *a, __u32 domain)
{
	struct let_on *seen = &seats_of(a)->let_on[domain], now;
	struct shunt_view *v = a->domain[domain].pool.r.view;
	__u64 n, mean, was;

	if (!v)
		return;
	now = let_on_of(v);
	n = now.n - seen->n;
	mean = n ? (now.ns - seen->ns) / n : 0;
	*seen = now;
	if (!n)
		return;
	mean = mean < SWITCH_MAX_NS ? mean : SWITCH_MAX_NS;
	was = peek(v->switch_ns);
	if (was && n < SWITCHES)
		mean = (was * (SWITCHES - n) + mean * n) / SWITCHES;
	poke(v->switch_ns, mean);
}

void seats_tick(struct agent *a)
{
	struct seats *s = seats_of(a);

	if (!s)
		return;
	seat_tell_untold(a);
	for (__u32 i = 0; i < seat_count(s); i++) {
		for (__u32 d = 0; d < SHUNT_DOMAINS; d++)
			unmute(a, i, d);
		look(a, i);
	}
	for (__u32 d = 0; d < SHUNT_DOMAINS; d++)
		publish_switch(a, d);
}

__u64 seats_pace(const struct agent *a)
{
	return seats_of(a) ? DUE_SOON_NS : DUE_LEISURE_NS;
}

/* --- beginning and end ------------------------------------------------------------------------ */

static int open_pin(const struct agent *a, const char *name, int *fd)
{
	*fd = shunt_pin_open(&a->pins, name);
	if (*fd < 0)
		log_say(LOG_ERR, "cannot open the pin '%s': %s; services do not share CPUs as "
			"seats", name, strerror(-*fd));
	return *fd < 0 ? *fd : 0;
}

static void free_all(struct seats *s)
{
	int fds[] = { s->map, s->ask, s->move, s->ends };

	for (unsigned int i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	if (s->all)
		munmap((void *)s->all, sizeof(*s->all));
	free(s);
}

static int open_all(const struct agent *a, struct seats *s)
{
	int err = open_pin(a, "seats", &s->map);

	if (!err)
		err = open_pin(a, "seat_ask", &s->ask);
	if (!err)
		err = open_pin(a, "seat_move", &s->move);
	if (!err)
		err = open_pin(a, "seat_ends", &s->ends);
	if (err)
		return err;
	s->all = shunt_map_mmap(s->map, sizeof(*s->all), false);
	return s->all ? 0 : -errno;
}

void seats_open(struct agent *a)
{
	struct seats *s = calloc(1, sizeof(*s));

	if (!s)
		return;
	s->map = s->ask = s->move = s->ends = -1;
	if (!(a->maps.cfg.flags & SHUNT_CFG_SEATS) || open_all(a, s)) {
		if (store_has(a->store, "seat"))
			store_drop(a->store, "seat");
		free_all(s);
		return;
	}
	seat_adopt(a, s);
	shared_of(a)->seats = s;
}

void seats_close(struct agent *a)
{
	for (int i = 0; i < SHUNT_DOMAINS; i++)
		a->domain[i].seat_wanted = a->domain[i].seat_away = 0;
	if (seats_of(a))
		free_all(seats_of(a));
	shared_of(a)->seats = NULL;
}
