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

int seat_of(const struct agent *a, __u32 domain)
{
	__u32 seat = a->maps.domains[domain].seat[0];

	return a->maps.domains[domain].on && seat && seat <= SHUNT_SEATS ? (int)seat - 1 : -1;
}

__u32 seat_sitters(const struct seats *s, __u32 seat)
{
	__u32 set = 0;

	for (__u32 d = 0; d < SHUNT_DOMAINS; d++)
		set |= (s->all->seat[seat].core[d] != SHUNT_SEAT_NONE) << d;
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

void seat_ring(const struct agent *a, __u32 domain)
{
	int sock = kept(a, domain, "hear");

	if (sock >= 0)
		send(sock, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

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

void seat_deafen(const struct agent *a, __u32 domain)
{
	deafen(a, domain, "hear");
}

/* Datagrams to the socket speak for the service that "end" names, from now on. */
static bool note_end(const struct seats *s, int sock, struct shunt_seat_end end)
{
	__u64 cookie;

	return cookie_of(sock, &cookie) && !bpf_map_update_elem(s->ends, &cookie, &end, BPF_ANY);
}

bool seat_undeafen(const struct agent *a, __u32 domain)
{
	struct shunt_seat_end end = { .seat = seat_of(a, domain), .kind = SHUNT_SEAT_ASK,
				      .domain = domain };

	return note_end(seats_of(a), kept(a, domain, "hear"), end);
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

void seat_tell_untold(struct agent *a)
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
	__u32 others = seat_sitters(s, seat) & ~SHUNT_SEAT_WANT(domain);
	int err = others ? make_pair(a, seat, domain, shunt_seat_next(others, domain)) : -ENOENT;

	if (!err)
		err = make_ask(a, seat, domain);
	if (err)
		return err;
	if (s->muted_ns[domain]) /* by its former process */
		deafen(a, domain, "hear");
	s->untold |= others;
	seat_tell_untold(a);
	return 0;
}

int seat_hand_out(struct agent *a, struct peer *p, __u32 seat)
{
	struct seats *s = seats_of(a);
	__u32 domain = p->domain->id;
	int err = 0;

	if (s->worker[domain] != p->pid) {
		/* The new process has said nothing yet. */
		seat_move(s, (struct shunt_seat_order){ .seat = seat,
							.bar = SHUNT_SEAT_WANT(domain) });
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

/* Sockets that were made for this load, of a worker that is there. */
static bool are_current(const struct agent *a, const struct seats *s, __u32 domain)
{
	struct shunt_seat_end end;
	__u64 cookie;

	return seat_has_worker(a, domain) && cookie_of(kept(a, domain, "hear"), &cookie) &&
	       !bpf_map_lookup_elem(s->ends, &cookie, &end) &&
	       cookie_of(kept(a, domain, "pair"), &cookie) &&
	       !bpf_map_lookup_elem(s->ends, &cookie, &end);
}

void seat_adopt(struct agent *a, struct seats *s)
{
	for (__u32 d = 0; d < SHUNT_DOMAINS; d++)
		s->worker[d] = are_current(a, s, d) ? a->domain[d].pool.state->worker_pid : 0;
}
