// SPDX-License-Identifier: BSD-2-Clause
/*
 * seats.c - the CPUs that domains share: hands out the sockets by which workers move seats, bars a
 * domain whose worker is gone, and takes a seat from one that does not leave it
 *
 * The word of a seat (abi_seat.h) is written by BPF programs alone: shuntd runs one of them. The
 * two workers of a seat have a pair of sockets to each other, and each one to shuntd, whose filters
 * make the moves (bpf/host/seat.bpf.c). Each worker process gets new ones, so those that a former
 * one left to others move nothing. They are in the store: seatN.pair (domain N's end), seatN.ask
 * (its worker's end), seatN.hear (ours).
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <shunt/seat.h>

#include "agent.h"
#include "due.h"
#include "log.h"
#include "peek.h"
#include "peer.h"
#include "phase.h"
#include "seat_sockets.h"
#include "seats.h"
#include "shared.h"
#include "store.h"

struct seats {
	const struct shunt_seats *all;
	int map, ask, move, ends;     /* the pins' descriptors; -1: not open */
	__u32 worker[SHUNT_DOMAINS];  /* the process that has the domain's sockets; 0: none */
	__u64 muted_ns[SHUNT_DOMAINS]; /* until then it cannot say that it is there; 0: it can */
	__u32 untold;                 /* domains whose worker has yet to hear of new sockets */
	struct waited {
		__u32 turn;
		__u64 since_ns;       /* others have wanted the seat in that turn; 0: none does */
	} waited[SHUNT_SEATS];
};

static struct seats *seats_of(const struct agent *a)
{
	return shared_of(a)->seats;
}

/* --- the seats -------------------------------------------------------------------------------- */

/* The seat of a domain, -1: it has none. Root may have written anything there. */
static int seat_of(const struct agent *a, __u32 domain)
{
	__u32 seat = a->maps.domains[domain].seat[0];

	return a->maps.domains[domain].on && seat && seat <= SHUNT_SEATS ? (int)seat - 1 : -1;
}

/* Its domains, a bit each. */
static __u32 sitters(const struct seats *s, __u32 seat)
{
	__u32 set = 0;

	for (__u32 d = 0; d < SHUNT_DOMAINS; d++)
		set |= (s->all->seat[seat].core[d] != SHUNT_SEAT_NONE) << d;
	return set;
}

static __u64 word_of(const struct seats *s, __u32 seat)
{
	return __atomic_load_n(&s->all->seat[seat].word, __ATOMIC_ACQUIRE);
}

static __u32 barred(const struct seats *s, __u32 seat)
{
	return peek(s->all->seat[seat].barred);
}

static bool run(const struct seats *s, struct shunt_seat_order o)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &o, .ctx_size_in = sizeof(o));

	if (!bpf_prog_test_run_opts(s->move, &opts))
		return o.done;
	log_say(LOG_ERR, "cannot move seat %u: %m", o.seat);
	return false;
}

static void named(char out[STORE_NAME], __u32 domain, const char *what)
{
	snprintf(out, STORE_NAME, "seat%u.%s", domain, what);
}

static int kept(const struct agent *a, __u32 domain, const char *what)
{
	char name[STORE_NAME];

	named(name, domain, what);
	return store_get(a->store, name);
}

/* The worker of the domain looks at the word. */
static void ring(const struct agent *a, __u32 domain)
{
	int sock = kept(a, domain, "hear");

	if (sock >= 0)
		send(sock, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The domain that is on loses the seat to the next one that is not barred, or to nobody. */
static void give(const struct agent *a, __u32 seat, __u32 from)
{
	const struct seats *s = seats_of(a);
	__u32 set = sitters(s, seat) & ~barred(s, seat) & ~SHUNT_SEAT_WANT(from);
	__u32 to = set ? shunt_seat_next(set, from) + 1 : SHUNT_SEAT_NOBODY;

	if (run(s, (struct shunt_seat_order){ .seat = seat, .give = 1, .from = from + 1,
					      .to = to }) && to)
		ring(a, to - 1);
}

/* --- sockets ---------------------------------------------------------------------------------- */

static bool cookie_of(int sock, __u64 *cookie)
{
	socklen_t len = sizeof(*cookie);

	return sock >= 0 && !getsockopt(sock, SOL_SOCKET, SO_COOKIE, cookie, &len);
}

/* Datagrams to the socket move nothing from now on. */
static void deafen(const struct agent *a, __u32 domain, const char *what)
{
	__u64 cookie;

	if (cookie_of(kept(a, domain, what), &cookie))
		bpf_map_delete_elem(seats_of(a)->ends, &cookie);
}

/* Datagrams to the socket speak for the service that "end" names, from now on. */
static bool note_end(const struct seats *s, int sock, struct shunt_seat_end end)
{
	__u64 cookie;

	return cookie_of(sock, &cookie) && !bpf_map_update_elem(s->ends, &cookie, &end, BPF_ANY);
}

/* Its holder cannot change that. */
static int heed(const struct seats *s, int sock, struct shunt_seat_end end)
{
	int one = 1;

	if (setsockopt(sock, SOL_SOCKET, SO_ATTACH_BPF, &s->ask, sizeof(s->ask)) ||
	    setsockopt(sock, SOL_SOCKET, SO_LOCK_FILTER, &one, sizeof(one)) ||
	    !note_end(s, sock, end))
		return -errno;
	return 0;
}

static int keep(struct agent *a, __u32 domain, const char *what, int sock)
{
	char name[STORE_NAME];
	int err;

	deafen(a, domain, what);
	named(name, domain, what);
	err = store_put(a->store, name, sock);
	if (err)
		close(sock);
	return err;
}

/* Two ends, each kept under its own name. */
static int keep_both(struct agent *a, const int sock[2], __u32 one, const char *as, __u32 other,
		     const char *other_as)
{
	int err = keep(a, one, as, sock[0]);

	if (err)
		close(sock[1]);
	return err ? err : keep(a, other, other_as, sock[1]);
}

static int make_pair(struct agent *a, __u32 seat, __u32 domain, __u32 other)
{
	const struct seats *s = seats_of(a);
	int sock[2], err;

	err = seat_sockets_make(sock, a->opts.socket);
	if (err)
		return err;
	err = heed(s, sock[0], (struct shunt_seat_end){ .seat = seat, .kind = SHUNT_SEAT_PAIR,
							.domain = other, .to = domain });
	if (!err)
		err = heed(s, sock[1],
			   (struct shunt_seat_end){ .seat = seat, .kind = SHUNT_SEAT_PAIR,
						    .domain = domain, .to = other });
	if (!err)
		return keep_both(a, sock, domain, "pair", other, "pair");
	close(sock[0]);
	close(sock[1]);
	return err;
}

static int make_ask(struct agent *a, __u32 seat, __u32 domain)
{
	int sock[2], err;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sock))
		return -errno;
	err = heed(seats_of(a), sock[1],
		   (struct shunt_seat_end){ .seat = seat, .kind = SHUNT_SEAT_ASK,
					    .domain = domain });
	if (!err)
		return keep_both(a, sock, domain, "ask", domain, "hear");
	close(sock[0]);
	close(sock[1]);
	return err;
}

static int hand_over(struct agent *a, struct peer *p, __u32 domain, __u32 seat)
{
	struct shunt_msg_seats m = { .seat = seat };
	int fd[SHUNT_SEATS_FDS] = {
		[SHUNT_FD_SEATS] = seats_of(a)->map,
		[SHUNT_FD_SEAT_PAIR] = kept(a, domain, "pair"),
		[SHUNT_FD_SEAT_ASK] = kept(a, domain, "ask"),
	};

	return peer_send(p, &m, sizeof(m), SHUNT_MSG_SEATS, fd, SHUNT_SEATS_FDS);
}

/* The workers of domains that share seats with one whose sockets are new. */
static void tell_untold(struct agent *a)
{
	struct seats *s = seats_of(a);

	for (__u32 d = 0; d < SHUNT_DOMAINS; d++) {
		struct peer *p = a->domain[d].worker.peer;

		if (!(s->untold >> d & 1))
			continue;
		/* One that is not connected is told when it says HELLO. */
		if (a->domain[d].phase != DOMAIN_TAKEN || !p || !s->worker[d] ||
		    !hand_over(a, p, d, seat_of(a, d)))
			s->untold &= ~SHUNT_SEAT_WANT(d);
	}
}

/* For a process that had none of the domain's: whatever a former one left open moves nothing. */
static int renew(struct agent *a, __u32 domain, __u32 seat)
{
	struct seats *s = seats_of(a);
	__u32 others = sitters(s, seat) & ~SHUNT_SEAT_WANT(domain);
	int err = others ? make_pair(a, seat, domain, shunt_seat_next(others, domain)) : -ENOENT;

	if (!err)
		err = make_ask(a, seat, domain);
	if (err)
		return err;
	if (s->muted_ns[domain]) /* by its former process */
		deafen(a, domain, "hear");
	s->untold |= others;
	tell_untold(a);
	return 0;
}

int seats_tell(struct agent *a, struct peer *p)
{
	struct seats *s = seats_of(a);
	__u32 domain = p->domain->id;
	int seat = s ? seat_of(a, domain) : -1, err = 0;

	if (seat < 0)
		return 0;
	if (s->worker[domain] != p->pid) {
		/* It has said nothing yet. */
		run(s, (struct shunt_seat_order){ .seat = seat, .bar = SHUNT_SEAT_WANT(domain) });
		err = renew(a, domain, seat);
	}
	if (!err)
		err = hand_over(a, p, domain, seat);
	if (err)
		return err;
	s->worker[domain] = p->pid;
	s->untold &= ~SHUNT_SEAT_WANT(domain);
	return 0;
}

/* --- who may be on ---------------------------------------------------------------------------- */

static bool has_worker(const struct agent *a, __u32 domain)
{
	return a->domain[domain].phase == DOMAIN_TAKEN && !a->domain[domain].worker.ended_ns;
}

/* The domain has no worker. Its last one may have ended between its move and the datagram that goes
 * with it: so who is on is rung. */
static void bar(struct agent *a, __u32 seat, __u32 domain)
{
	struct seats *s = seats_of(a);
	__u32 on;

	s->worker[domain] = 0;
	deafen(a, domain, "hear");
	run(s, (struct shunt_seat_order){ .seat = seat, .bar = SHUNT_SEAT_WANT(domain) });
	on = SHUNT_SEAT_ON(word_of(s, seat));
	if (on && on != domain + 1)
		ring(a, on - 1);
}

/* Notes for the watch of running requests (watch.c) whether the domain is to leave. */
static void note_wanted(struct agent *a, __u32 seat, __u32 domain)
{
	const struct seats *s = seats_of(a);
	__u64 word = word_of(s, seat);
	bool wanted = SHUNT_SEAT_ON(word) == domain + 1 &&
		      shunt_seat_others(word, barred(s, seat), domain);

	a->domain[domain].seat_ns = wanted ? s->all->quantum_us * 1000ULL : 0;
}

static void see_to(struct agent *a, __u32 seat, __u32 domain)
{
	struct seats *s = seats_of(a);

	note_wanted(a, seat, domain);
	if (has_worker(a, domain))
		return;
	if (!(barred(s, seat) >> domain & 1))
		bar(a, seat, domain);
	if (SHUNT_SEAT_ON(word_of(s, seat)) == domain + 1)
		give(a, seat, domain);
}

void seats_turn(struct agent *a)
{
	for (__u32 d = 0; seats_of(a) && d < SHUNT_DOMAINS; d++) {
		int seat = seat_of(a, d);

		if (seat >= 0)
			see_to(a, seat, d);
	}
}

/* The domain has kept the seat from another one for so long. It is barred for as long again: so the
 * other one has half of the time, whatever this one says. */
static void mute(struct agent *a, __u32 domain, __u64 ns)
{
	deafen(a, domain, "hear");
	seats_of(a)->muted_ns[domain] = a->now_ns + ns;
}

static void unmute(struct agent *a, __u32 seat, __u32 domain)
{
	struct seats *s = seats_of(a);

	if (!s->muted_ns[domain] || a->now_ns < s->muted_ns[domain])
		return;
	s->muted_ns[domain] = 0;
	if (s->worker[domain] &&
	    note_end(s, kept(a, domain, "hear"),
		     (struct shunt_seat_end){ .seat = seat, .kind = SHUNT_SEAT_ASK,
					      .domain = domain }))
		ring(a, domain);
}

/* The domain that is on has had its time, and more. It is barred until its worker says that it is
 * there, and is heard. */
static void take(struct agent *a, __u32 seat, __u32 from, __u32 others, __u64 kept_ns)
{
	__u32 to = shunt_seat_next(others, from);
	struct shunt_seat_order o = { .seat = seat, .bar = SHUNT_SEAT_WANT(from), .give = 1,
				      .from = from + 1, .to = to + 1,
				      .back = SHUNT_SEAT_WANT(from) };

	if (!run(seats_of(a), o))
		return;
	ring(a, to);
	mute(a, from, kept_ns);
	log_say(LOG_DEBUG, "domain %u did not leave the seat on CPU %u: domain %u has it", from,
		seats_of(a)->all->seat[seat].cpu, to);
}

static void look(struct agent *a, __u32 seat)
{
	struct seats *s = seats_of(a);
	struct waited *w = &s->waited[seat];
	__u64 word = word_of(s, seat);
	__u32 on = SHUNT_SEAT_ON(word), others;

	if (!on || on > SHUNT_DOMAINS)
		return;
	if (barred(s, seat) >> (on - 1) & 1) { /* a move was faster than the bar */
		give(a, seat, on - 1);
		return;
	}
	others = shunt_seat_others(word, barred(s, seat), on - 1);
	if (!others)
		w->since_ns = 0;
	else if (!w->since_ns || w->turn != SHUNT_SEAT_TURN(word))
		*w = (struct waited){ SHUNT_SEAT_TURN(word), a->now_ns };
	else if (a->now_ns - w->since_ns >= s->all->hold_us * 1000ULL)
		take(a, seat, on - 1, others, a->now_ns - w->since_ns);
}

void seats_tick(struct agent *a)
{
	struct seats *s = seats_of(a);

	if (!s)
		return;
	tell_untold(a);
	for (__u32 d = 0; d < SHUNT_DOMAINS; d++)
		unmute(a, seat_of(a, d), d);
	for (__u32 i = 0; i < s->all->n && i < SHUNT_SEATS; i++)
		look(a, i);
}

__u64 seats_pace(const struct agent *a)
{
	return seats_of(a) ? DUE_SOON_NS : DUE_LEISURE_NS;
}

/* --- beginning and end ------------------------------------------------------------------------ */

/* Sockets that were made for this load, of a worker that is there. */
static bool are_current(const struct agent *a, const struct seats *s, __u32 domain)
{
	struct shunt_seat_end end;
	__u64 cookie;

	return has_worker(a, domain) && cookie_of(kept(a, domain, "hear"), &cookie) &&
	       !bpf_map_lookup_elem(s->ends, &cookie, &end) &&
	       cookie_of(kept(a, domain, "pair"), &cookie) &&
	       !bpf_map_lookup_elem(s->ends, &cookie, &end);
}

static void adopt(struct agent *a, struct seats *s)
{
	for (__u32 d = 0; d < SHUNT_DOMAINS; d++)
		s->worker[d] = are_current(a, s, d) ? a->domain[d].pool.state->worker_pid : 0;
}

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
	adopt(a, s);
	shared_of(a)->seats = s;
}

void seats_close(struct agent *a)
{
	if (seats_of(a))
		free_all(seats_of(a));
	shared_of(a)->seats = NULL;
}
