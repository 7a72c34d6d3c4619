// SPDX-License-Identifier: BSD-2-Clause
/*
 * rogue.c - a worker that shares its CPU with another service's, and does not play fair
 *
 * usage: rogue HOW SOCKET DOMAIN [THREADS]
 *
 *   idle      once it is on it spins, with its idle bit set, and never leaves
 *   busy      once it is on it spins, and beats, as if it ran one request after the other
 *   again     as idle; and when the seat was taken from it, it wants it back at once
 *   deaf      leaves, but never reads the datagrams by which it is woken
 *   descriptors   leaves, and sends along a connection whose last close takes seconds; reads
 *   forge     gives its socket a name, and speaks through it for the other service
 *   nonsense  writes what it can: view, memory, rings, seats, sockets, datagrams; at random
 *   steal     asks for the other worker's sockets, and reads all datagrams of its own
 *
 * So many THREADS (1) spin on the CPU. It ends by a signal, and prints then how often it was on,
 * how often it did what it came for ("did"), and how often that worked although it must not
 * ("broke").
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>

#include <linux/bpf.h>
#include <shunt/seat.h>

#include "tests/wreck.h"

#define WAITS_S 3 /* that the last close of a connection takes */

struct rogue {
	int link;
	struct given g;
	struct shunt_view *view;
	const struct shunt_seats *all;
	const struct shunt_seat *seat;
	uint32_t number; /* of the seat */
	int map, pair, ask;
	uint32_t domain;
	uint64_t word; /* as it was last seen */
	unsigned long on, did, broke;
};

struct way {
	const char *name;
	void (*on)(struct rogue *r);  /* a turn while it is on */
	void (*off)(struct rogue *r); /* and while it is not */
};

static volatile sig_atomic_t ended;

static void on_signal(int sig)
{
	ended = 1;
}

static uint32_t own(const struct rogue *r)
{
	return SHUNT_SEAT_WANT(r->domain);
}

/* --- what a worker says ----------------------------------------------------------------------- */

static bool say(int sock, uint64_t word, enum shunt_seat_op op, bool more)
{
	struct shunt_seat_said said = { .word = word, .op = op, .more = more };

	return send(sock, &said, sizeof(said), MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(said);
}

/* Wants the seat, and says that it is there if it is barred. */
static void want(struct rogue *r)
{
	if (__atomic_load_n(&r->seat->barred, __ATOMIC_RELAXED) & own(r))
		say(r->ask, r->word, SHUNT_SEAT_HERE, false);
	if (!(r->word & own(r)))
		say(r->ask, r->word, SHUNT_SEAT_WANT, false);
}

static void want_once(struct rogue *r)
{
	if (!r->on)
		want(r);
}

static bool is_wanted(const struct rogue *r)
{
	return shunt_seat_others(r->word, __atomic_load_n(&r->seat->barred, __ATOMIC_RELAXED),
				 r->domain);
}

/* --- what it does ----------------------------------------------------------------------------- */

static void look_idle(struct rogue *r)
{
	__atomic_fetch_or(&r->view->idle, 1, __ATOMIC_SEQ_CST);
	r->view->core[0].run.state = SHUNT_CORE_IDLE;
	r->did++;
}

static void look_busy(struct rogue *r)
{
	r->view->core[0].run.id = r->did;
	r->view->core[0].run.state = SHUNT_CORE_BUSY;
	r->did++;
}

/* Neither poll() nor recv(): what wakes it stays in its socket. */
static void leave(struct rogue *r)
{
	if (is_wanted(r))
		r->did += say(r->pair, r->word, SHUNT_SEAT_LEAVE, true);
}

/* A TCP connection with much that its peer does not read: its last close waits for that. */
static int lingering(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct linger linger = { .l_onoff = 1, .l_linger = WAITS_S };
	static int listener = -1, peer[64], n;
	static char bytes[65536];
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), small = 4096;

	if (listener < 0) {
		listener = socket(AF_INET, SOCK_STREAM, 0);
		setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
		if (bind(listener, (struct sockaddr *)&at, len) || listen(listener, 8))
			die("listener");
	}
	getsockname(listener, (struct sockaddr *)&at, &len);
	connect(fd, (struct sockaddr *)&at, len);
	if (n == 64)
		close(peer[n = 0]);
	peer[n++] = accept(listener, NULL, NULL);
	while (send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0)
		;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	return fd;
}

static void leave_with_descriptor(struct rogue *r)
{
	struct shunt_seat_said said = { .word = r->word, .op = SHUNT_SEAT_LEAVE };
	SCM_ROOM(1) control;
	struct iovec iov = { .iov_base = &said, .iov_len = sizeof(said) };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1 };
	static int fd = -1;

	if (!is_wanted(r))
		return;
	if (fd < 0)
		fd = lingering();
	scm_pack(&hdr, &control, &fd, 1);
	r->did++;
	if (sendmsg(r->pair, &hdr, MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof(said))
		return;
	if (SHUNT_SEAT_ON(__atomic_load_n(&r->seat->word, __ATOMIC_RELAXED)) == r->domain + 1)
		return; /* the word had changed: nothing was sent */
	close(fd); /* the copy that is under way is the last one */
	fd = -1;
}

/* As the other worker is not kept from leaving by what lies unread. */
static void hear_and_want(struct rogue *r)
{
	char bytes[64];

	while (recv(r->pair, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	want(r);
}

static void forge(struct rogue *r)
{
	static struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "\0shunt-rogue" };
	const socklen_t len = offsetof(struct sockaddr_un, sun_path) + 12;
	struct shunt_seat_said said = { .word = r->word, .op = SHUNT_SEAT_LEAVE };
	static int named = -1, stranger = -1;
	uint64_t now;

	want(r);
	if (stranger < 0)
		stranger = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (named)
		named = bind(r->pair, (struct sockaddr *)&name, len);
	sendto(stranger, &said, sizeof(said), MSG_DONTWAIT, (struct sockaddr *)&name, len);
	r->did++;
	now = __atomic_load_n(&r->seat->word, __ATOMIC_RELAXED);
	r->broke += !named && SHUNT_SEAT_TURN(now) == SHUNT_SEAT_TURN(r->word) + 1 &&
		    SHUNT_SEAT_ON(now) == r->domain + 1;
}

/* The seats are for reading: by no way does this process write them. */
static void write_seats(struct rogue *r)
{
	struct shunt_seats *all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED,
				       r->map, 0);

	r->broke += all != MAP_FAILED;
	r->broke += !mprotect((void *)r->all, sizeof(*r->all), PROT_READ | PROT_WRITE);
	r->broke += !madvise((void *)r->all, 4096, MADV_REMOVE);
}

static void take_filters_off(struct rogue *r)
{
	int one = 1, none = -1, sock = any(2) ? r->pair : r->ask;

	if (sock == r->pair)
		r->broke += !setsockopt(sock, SOL_SOCKET, SO_DETACH_FILTER, &one, sizeof(one)) +
			    !setsockopt(sock, SOL_SOCKET, SO_ATTACH_BPF, &none, sizeof(none));
	setsockopt(sock, SOL_SOCKET, any(100), &one, sizeof(one));
}

static void abuse_socket(struct rogue *r)
{
	int sock = any(2) ? r->pair : r->ask;
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	char bytes[64] = { 0 };

	switch (any(200)) {
	case 0:
		shutdown(sock, any(3));
		break;
	case 1:
		connect(sock, &none, sizeof(none));
		break;
	case 2:
		fcntl(sock, F_SETFL, any(2) ? O_NONBLOCK : 0);
		break;
	case 3:
		take_filters_off(r);
		break;
	case 4:
		recv(sock, bytes, sizeof(bytes), MSG_DONTWAIT);
		break;
	case 5:
		write_seats(r);
		break;
	default:
		break;
	}
}

static void nonsense(struct rogue *r)
{
	struct shunt_seat_said said[3] = { { any(4) ? r->word : any(~0u), any(5), any(2) } };
	size_t len = any(8) ? sizeof(said[0]) : any(sizeof(said));

	abuse_socket(r);
	send(any(2) ? r->pair : r->ask, said, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (!any(2000))
		wreck(&r->g);
	if (!any(8))
		want(r);
	r->did++;
}

/* Its process is named where it is told of: in the environment. */
static void steal(struct rogue *r)
{
	const char *pid = getenv("VICTIM");
	int fd = pid ? syscall(SYS_pidfd_open, atoi(pid), 0) : -1;
	char bytes[64];

	for (int n = 0; fd >= 0 && n < 64; n++)
		r->broke += syscall(SYS_pidfd_getfd, fd, n, 0) >= 0;
	if (fd >= 0)
		close(fd);
	while (recv(r->pair, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		r->did++;
	want(r);
}

static const struct way ways[] = {
	{ "idle", look_idle, want_once },
	{ "busy", look_busy, want_once },
	{ "again", look_idle, want },
	{ "deaf", leave, want },
	{ "descriptors", leave_with_descriptor, hear_and_want },
	{ "forge", look_idle, forge },
	{ "nonsense", nonsense, nonsense },
	{ "steal", steal, steal },
};

/* --- a worker --------------------------------------------------------------------------------- */

static void take_seats(struct rogue *r, const int *fd)
{
	if (r->all)
		munmap((void *)r->all, sizeof(*r->all));
	r->map = fd[SHUNT_FD_SEATS];
	r->all = mmap(NULL, sizeof(*r->all), PROT_READ, MAP_SHARED, r->map, 0);
	if (r->all == MAP_FAILED)
		die("seats");
	r->seat = &r->all->seat[r->number];
	r->pair = fd[SHUNT_FD_SEAT_PAIR];
	r->ask = fd[SHUNT_FD_SEAT_ASK];
}

static void begin(struct rogue *r, const char *path)
{
	struct shunt_msg_hello hello = { .domain = r->domain, .name = "rogue" };
	union {
		struct shunt_msg_seats seats;
		struct shunt_msg_refused no;
	} m;
	int fds[FDS_MAX], nfd, n;
	cpu_set_t cpus;

	r->link = dial(path);
	put(r->link, &hello, sizeof(hello), SHUNT_MSG_HELLO);
	n = answer(r->link, &m, sizeof(m), fds, &nfd);
	if (n != sizeof(m.seats) || m.seats.msg.type != SHUNT_MSG_SEATS || nfd != SHUNT_SEATS_FDS) {
		fprintf(stderr, "no seat: %s\n", n == sizeof(m.no) ? m.no.text : "");
		exit(EXIT_FAILURE);
	}
	r->number = m.seats.seat;
	take_seats(r, fds);
	n = answer(r->link, &r->g.w, sizeof(r->g.w), r->g.fd, &r->g.nfd);
	if (n != sizeof(r->g.w) || r->g.w.msg.type != SHUNT_MSG_WELCOME)
		die("welcome");
	r->view = map(r->g.fd[SHUNT_FD_VIEW], sizeof(*r->view));
	CPU_ZERO(&cpus);
	CPU_SET(r->g.w.cpu[0], &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("affinity");
	say_up(r->link, 1);
}

/* The sockets may be replaced, as the other worker is another one. The policy is of no interest. */
static void hear(struct rogue *r)
{
	struct pollfd p = { .fd = r->link, .events = POLLIN };
	char buf[sizeof(struct shunt_msg_policy)];
	int fds[FDS_MAX], nfd = 0, n;

	if (poll(&p, 1, 0) != 1)
		return;
	n = answer(r->link, buf, sizeof(buf), fds, &nfd);
	if (n <= 0) {
		ended = 1;
		return;
	}
	if (((struct shunt_msg *)buf)->type != SHUNT_MSG_SEATS || nfd != SHUNT_SEATS_FDS) {
		while (nfd)
			close(fds[--nfd]);
		return;
	}
	close(r->map);
	close(r->pair);
	close(r->ask);
	take_seats(r, fds);
}

static void turn(struct rogue *r, const struct way *way)
{
	static bool was;
	bool on;

	r->word = __atomic_load_n(&r->seat->word, __ATOMIC_ACQUIRE);
	on = SHUNT_SEAT_ON(r->word) == r->domain + 1;
	r->on += on && !was;
	was = on;
	r->view->core[0].run.beat++;
	(on ? way->on : way->off)(r);
}

static void *burn(void *arg)
{
	while (!ended)
		;
	return NULL;
}

int main(int argc, char **argv)
{
	static struct rogue r;
	const struct way *way = ways;
	struct sigaction on_end = { .sa_handler = on_signal };
	pthread_t thread;
	int threads = argc > 4 ? atoi(argv[4]) : 1;

	while (argc > 3 && way < ways + sizeof(ways) / sizeof(ways[0]) &&
	       strcmp(way->name, argv[1]))
		way++;
	if (argc < 4 || way == ways + sizeof(ways) / sizeof(ways[0]))
		return 2;
	sigaction(SIGTERM, &on_end, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	rng.state = time(NULL);
	r.domain = strtoul(argv[3], NULL, 0);
	begin(&r, argv[2]);
	puts("begun");
	fflush(stdout);
	while (--threads > 0)
		pthread_create(&thread, NULL, burn, NULL);
	for (unsigned int n = 0; !ended; n++) {
		if (n % 1024 == 0)
			hear(&r);
		turn(&r, way);
	}
	printf("{\"on\":%lu,\"did\":%lu,\"broke\":%lu}\n", r.on, r.did, r.broke);
	return 0;
}
