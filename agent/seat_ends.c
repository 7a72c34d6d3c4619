// SPDX-License-Identifier: BSD-2-Clause
/*
 * seat_ends.c - makes the sockets by which workers move seats, and hands them out
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent.h"
#include "log.h"
#include "peer.h"
#include "phase.h"
#include "seat_ends.h"
#include "seat_sockets.h"
#include "store.h"

__u32 seat_count(const struct seats *s)
{
	return s->all->n < SHUNT_SEATS ? s->all->n : SHUNT_SEATS;
}

__u32 seat_core(const struct seats *s, __u32 seat, __u32 domain)
{
	return s->all->seat[seat].core[domain];
}

static bool sits(const struct seats *s, __u32 seat, __u32 domain)
{
	return seat_core(s, seat, domain) < SHUNT_CORES;
}

__u32 seat_sitters(const struct seats *s, __u32 seat)
{
	__u32 set = 0;

	for (__u32 d = 0; d < SHUNT_DOMAINS; d++)
		set |= sits(s, seat, d) << d;
	return set;
}

bool seat_move(const struct seats *s, struct shunt_seat_order o)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &o, .ctx_size_in = sizeof(o));

	if (!bpf_prog_test_run_opts(s->move, &opts))
		return o.done;
	log_say(LOG_ERR, "cannot move seat %u: %m", o.seat);
	return false;
}

bool seat_has_worker(const struct agent *a, __u32 domain)
{
	return a->domain[domain].phase == DOMAIN_TAKEN && !a->domain[domain].worker.ended_ns;
}

static void named(const struct seats *s, char out[STORE_NAME], __u32 seat, __u32 domain,
		  const char *what)
{
	snprintf(out, STORE_NAME, "seat%u.%u.%s", domain, seat_core(s, seat, domain), what);
}

static int kept(const struct agent *a, const struct seats *s, __u32 seat, __u32 domain,
		const char *what)
{
	char name[STORE_NAME];

	named(s, name, seat, domain, what);
	return store_get(a->store, name);
}

void seat_ring(const struct agent *a, __u32 seat, __u32 domain)
{
	int sock = kept(a, seats_of(a), seat, domain, "hear");

	if (sock >= 0)
		send(sock, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static bool cookie_of(int sock, __u64 *cookie)
{
	socklen_t len = sizeof(*cookie);

	return sock >= 0 && !getsockopt(sock, SOL_SOCKET, SO_COOKIE, cookie, &len);
}

/* Datagrams to the socket move nothing from now on. */
static void deafen(const struct agent *a, __u32 seat, __u32 domain, const char *what)
{
	const struct seats *s = seats_of(a);
	__u64 cookie;

	if (cookie_of(kept(a, s, seat, domain, what), &cookie))
		bpf_map_delete_elem(s->ends, &cookie);
}

void seat_deafen(const struct agent *a, __u32 seat, __u32 domain)
{
	deafen(a, seat, domain, "hear");
}

/* Datagrams to the socket speak for the service that "end" names, from now on. */
static bool note_end(const struct seats *s, int sock, struct shunt_seat_end end)
{
	__u64 cookie;

	return cookie_of(sock, &cookie) && !bpf_map_update_elem(s->ends, &cookie, &end, BPF_ANY);
}

bool seat_undeafen(const struct agent *a, __u32 seat, __u32 domain)
{
	const struct seats *s = seats_of(a);
	struct shunt_seat_end end = { .seat = seat, .kind = SHUNT_SEAT_ASK, .domain = domain };

	return note_end(s, kept(a, s, seat, domain, "hear"), end);
}

/* The socket's filter makes moves for "end"; the socket's holder cannot change that. */
static int heed(const struct seats *s, int sock, struct shunt_seat_end end)
{
	int one = 1;

	if (setsockopt(sock, SOL_SOCKET, SO_ATTACH_BPF, &s->ask, sizeof(s->ask)) ||
	    setsockopt(sock, SOL_SOCKET, SO_LOCK_FILTER, &one, sizeof(one)) ||
	    !note_end(s, sock, end))
		return -errno;
	return 0;
}

static int keep(struct agent *a, __u32 seat, __u32 domain, const char *what, int sock)
{
	char name[STORE_NAME];
	int err;

	deafen(a, seat, domain, what);
	named(seats_of(a), name, seat, domain, what);
	err = store_put(a->store, name, sock);
	if (err)
		close(sock);
	return err;
}

/* Two ends, each kept under its own name. */
static int keep_both(struct agent *a, __u32 seat, const int sock[2], __u32 one, const char *as,
		     __u32 other, const char *other_as)
{
	int err = keep(a, seat, one, as, sock[0]);

	if (err)
		close(sock[1]);
	return err ? err : keep(a, seat, other, other_as, sock[1]);
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
		return keep_both(a, seat, sock, domain, "pair", other, "pair");
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
		return keep_both(a, seat, sock, domain, "ask", domain, "hear");
	close(sock[0]);
	close(sock[1]);
	return err;
}

static int hand_over(struct agent *a, struct peer *p, __u32 seat, __u32 domain)
{
	const struct seats *s = seats_of(a);
	struct shunt_msg_seats m = { .seat = seat, .core = seat_core(s, seat, domain) };
	int fd[SHUNT_SEATS_FDS] = {
		[SHUNT_FD_SEATS] = s->map,
		[SHUNT_FD_SEAT_PAIR] = kept(a, s, seat, domain, "pair"),
		[SHUNT_FD_SEAT_ASK] = kept(a, s, seat, domain, "ask"),
	};

	return peer_send(p, &m, sizeof(m), SHUNT_MSG_SEATS, fd, SHUNT_SEATS_FDS);
}

static void tell_untold(struct agent *a, __u32 seat)
{
	struct seats *s = seats_of(a);
	struct seat_state *of = &s->of[seat];

	for (__u32 d = 0; of->untold && d < SHUNT_DOMAINS; d++) {
		struct peer *p = a->domain[d].worker.peer;

		if (!(of->untold >> d & 1))
			continue;
		/* One that is not connected is told when it says HELLO. */
		if (a->domain[d].phase != DOMAIN_TAKEN || !p || !s->worker[d] ||
		    !hand_over(a, p, seat, d))
			of->untold &= ~SHUNT_SEAT_WANT(d);
	}
}

void seat_tell_untold(struct agent *a)
{
	for (__u32 i = 0; i < seat_count(seats_of(a)); i++)
		tell_untold(a, i);
}

/* For a process that had none of the domain's: whatever a former one left open moves nothing, and
 * this one has said nothing yet. */
static int renew(struct agent *a, __u32 seat, __u32 domain)
{
	struct seats *s = seats_of(a);
	__u32 others = seat_sitters(s, seat) & ~SHUNT_SEAT_WANT(domain);
	int err;

	seat_move(s, (struct shunt_seat_order){ .seat = seat, .bar = SHUNT_SEAT_WANT(domain) });
	err = others ? make_pair(a, seat, domain, shunt_seat_next(others, domain)) : -ENOENT;
	if (!err)
		err = make_ask(a, seat, domain);
	if (err)
		return err;
	if (s->of[seat].muted_ns[domain]) /* by its former process */
		deafen(a, seat, domain, "hear");
	s->of[seat].untold |= others;
	tell_untold(a, seat);
	return 0;
}

static int hand_out(struct agent *a, struct peer *p, __u32 seat)
{
	struct seats *s = seats_of(a);
	__u32 domain = p->domain->id;
	int err = s->worker[domain] == p->pid ? 0 : renew(a, seat, domain);

	if (!err)
		err = hand_over(a, p, seat, domain);
	if (!err)
		s->of[seat].untold &= ~SHUNT_SEAT_WANT(domain);
	return err;
}

int seat_hand_out(struct agent *a, struct peer *p)
{
	struct seats *s = seats_of(a);
	int err = 0;

	for (__u32 i = 0; !err && i < seat_count(s); i++) {
		if (sits(s, i, p->domain->id))
			err = hand_out(a, p, i);
	}
	if (!err)
		s->worker[p->domain->id] = p->pid;
	return err;
}

/* Sockets that were made for this load, of a worker that is there. */
static bool are_current(const struct agent *a, const struct seats *s, __u32 seat, __u32 domain)
{
	struct shunt_seat_end end;
	__u64 cookie;

	return cookie_of(kept(a, s, seat, domain, "hear"), &cookie) &&
	       !bpf_map_lookup_elem(s->ends, &cookie, &end) &&
	       cookie_of(kept(a, s, seat, domain, "pair"), &cookie) &&
	       !bpf_map_lookup_elem(s->ends, &cookie, &end);
}

static bool all_are_current(const struct agent *a, const struct seats *s, __u32 domain)
{
	for (__u32 i = 0; i < seat_count(s); i++) {
		if (sits(s, i, domain) && !are_current(a, s, i, domain))
			return false;
	}
	return true;
}

void seat_adopt(struct agent *a, struct seats *s)
{
	for (__u32 d = 0; d < SHUNT_DOMAINS; d++)
		s->worker[d] = seat_has_worker(a, d) && all_are_current(a, s, d) ?
				       a->domain[d].pool.state->worker_pid : 0;
}
