// SPDX-License-Identifier: BSD-2-Clause
/*
 * flow.c - flows: connected sockets of one source port each, and the requests that each waits for
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

#define BATCH 32
#define REPLY_MAX 2048
#define AWAKE_NS 100000    /* what a timer may be late: before a request is due, no sleep */
#define ASLEEP_NS 100000000 /* the longest sleep: a signal or a report may be due */

/* getaddrinfo() would take a larger number for its low 16 bits. */
static bool is_port(const char *text)
{
	return strspn(text, "0123456789") == strlen(text) && strlen(text) < 6 && atoi(text) > 0 &&
	       atoi(text) <= UINT16_MAX;
}

/* ADDR:PORT, [ADDR]:PORT, ADDR */
int address_parse(const char *text, struct sockaddr_storage *to, socklen_t *len)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST }, *ai;
	const char *port = "9000", *colon = strrchr(text, ':'), *close = strchr(text, ']');
	char host[64];

	if (strlen(text) >= sizeof(host))
		return -EINVAL;
	snprintf(host, sizeof(host), "%s", text);
	if (text[0] == '[') {
		if (!close || (close[1] && close[1] != ':'))
			return -EINVAL;
		snprintf(host, sizeof(host), "%.*s", (int)(close - text - 1), text + 1);
		if (close[1])
			port = close + 2;
	} else if (colon && strchr(text, ':') == colon) {
		host[colon - text] = 0;
		port = colon + 1;
	}
	if (!is_port(port) || getaddrinfo(host, port, &hints, &ai))
		return -EINVAL;
	memcpy(to, ai->ai_addr, ai->ai_addrlen);
	*len = ai->ai_addrlen;
	freeaddrinfo(ai);
	return 0;
}

/* Enough for all outstanding requests: one that is overwritten unanswered is counted lost. */
static uint32_t slots_needed(const struct options *o)
{
	double want = o->closed ? 2 : o->rate * (o->wait_ns / 1e9) * 2 / o->flows + 2.0 * o->burst;
	uint32_t n = o->closed ? 4 : 256;

	while (n < want && n < 32768)
		n *= 2;
	return n;
}

static int open_flow(struct load *l, int i)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = i };
	struct flow *f = &l->flow[i];
	struct sockaddr_storage me;
	socklen_t len = sizeof(me);
	int on = 1, size = 8 << 20;

	f->slot = calloc(l->slots, sizeof(*f->slot));
	f->sock = socket(l->to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (!f->slot || f->sock < 0 || connect(f->sock, (struct sockaddr *)&l->to, l->to_len) ||
	    getsockname(f->sock, (struct sockaddr *)&me, &len))
		return f->slot ? -errno : -ENOMEM;
	f->port = me.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&me)->sin6_port :
					     ((struct sockaddr_in *)&me)->sin_port;
	if (setsockopt(f->sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(f->sock, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (!l->o.user_stamps && setsockopt(f->sock, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)))
		return -errno;
	return epoll_ctl(l->epoll, EPOLL_CTL_ADD, f->sock, &ev) ? -errno : 0;
}

int flows_open(struct load *l)
{
	int err = 0;

	for (int i = 0; i < FLOWS_MAX; i++)
		l->flow[i].sock = -1;
	l->slots = slots_needed(&l->o);
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0)
		return -errno;
	for (int i = 0; i < l->o.flows && !err; i++)
		err = open_flow(l, i);
	return err;
}

void flows_close(struct load *l)
{
	for (int i = 0; i < l->o.flows; i++) {
		if (l->flow[i].sock >= 0)
			close(l->flow[i].sock);
		free(l->flow[i].slot);
	}
	close(l->epoll);
}

static void lose(struct load *l, struct flow *f, struct pending *p)
{
	if (p->counted) {
		l->n.cls[p->cls].lost++;
		cleaning_reply(l->cleaning, p, 0);
	}
	p->busy = false;
	f->outstanding--;
	l->outstanding--;
}

struct pending *flow_next(struct load *l, int flow)
{
	struct flow *f = &l->flow[flow];
	struct pending *p = &f->slot[f->seq & (l->slots - 1)];

	if (p->busy)
		lose(l, f, p);
	*p = (struct pending){ .seq = f->seq++, .busy = true };
	f->outstanding++;
	l->outstanding++;
	return p;
}

void flows_give_up(struct load *l, uint64_t due_before)
{
	for (int i = 0; i < l->o.flows; i++) {
		struct flow *f = &l->flow[i];

		for (uint32_t s = 0; f->outstanding && s < l->slots; s++) {
			if (f->slot[s].busy && f->slot[s].due < due_before)
				lose(l, f, &f->slot[s]);
		}
	}
}

/* The kernel stamps CLOCK_REALTIME; the difference is read anew, unless this was interrupted. */
static uint64_t read_clocks(struct load *l)
{
	uint64_t before = now_ns(), after;
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	after = now_ns();
	if (after - before < 1000 || !l->real_less_mono)
		l->real_less_mono = t.tv_sec * 1000000000LL + t.tv_nsec -
				    (int64_t)(before + (after - before) / 2);
	return after;
}

static uint64_t stamp_of(struct load *l, struct msghdr *h, uint64_t now)
{
	struct timespec t;
	uint64_t at;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&t, CMSG_DATA(c), sizeof(t));
		at = t.tv_sec * 1000000000LL + t.tv_nsec - l->real_less_mono;
		/* Later than now by what reading two clocks
		 * costs: now. By more: the clock was set. */
		if (at <= now)
			return at;
		l->n.bad_stamps += at > now + 100000;
		return now;
	}
	return now;
}

/* When the reply came, or would have, had the time in the server been all; 0: it is none. */
static uint64_t counts_at(const struct load *l, const struct pending *p, const struct answer *a,
			  uint64_t at)
{
	if (a->rejected)
		return 0;
	if (!l->o.server_times)
		return at;
	return a->sojourn_ns && a->sojourn_ns <= at - p->due ? p->due + a->sojourn_ns : 0;
}

static void take_reply(struct load *l, struct flow *f, const uint8_t *data, size_t len, uint64_t at)
{
	struct answer a = { .parts = 1 };
	struct pending *p;

	/* never sent */
	if (l->proto->parse(data, len, &a) || (l->proto->seq_mask == ~0ULL && a.seq >= f->seq)) {
		sight_foreign(l, data, len);
		return;
	}
	p = &f->slot[a.seq & (l->slots - 1)];
	if (!p->busy || ((p->seq ^ a.seq) & l->proto->seq_mask)) {
		l->n.stray++; /* given up, or answered before */
		return;
	}
	if (!a.rejected && ++p->parts < (l->o.replies > 1 ? l->o.replies : a.parts))
		return;
	if (at < p->due) { /* the clock was set back */
		l->n.bad_stamps++;
		at = now_ns();
	}
	tally_add(l, p, &a, at);
	if (p->counted)
		cleaning_reply(l->cleaning, p, counts_at(l, p, &a, at));
	p->busy = false;
	f->outstanding--;
	l->outstanding--;
}

static int take_batch(struct load *l, struct flow *f)
{
	static uint8_t data[BATCH][REPLY_MAX];
	static char control[BATCH][64] __attribute__((aligned(16)));
	struct iovec iov[BATCH];
	struct mmsghdr h[BATCH];
	uint64_t now;
	int n;

	for (int i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ data[i], REPLY_MAX };
		h[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1,
						.msg_control = control[i],
						.msg_controllen = sizeof(control[i]) };
	}
	n = recvmmsg(f->sock, h, BATCH, MSG_DONTWAIT, NULL);
	if (n < 0) {
		l->n.refused += errno == ECONNREFUSED;
		return 0;
	}
	now = l->o.user_stamps ? now_ns() : read_clocks(l);
	l->handled += n;
	for (int i = 0; i < n; i++)
		take_reply(l, f, data[i], h[i].msg_len, stamp_of(l, &h[i].msg_hdr, now));
	return n;
}

void flows_await(struct load *l, uint64_t until)
{
	struct pollfd any = { .fd = l->epoll, .events = POLLIN };
	uint64_t now = now_ns(), ns = until > now + AWAKE_NS ? until - now - AWAKE_NS : 0;

	if (ns > ASLEEP_NS)
		ns = ASLEEP_NS;
	if (ns >= AWAKE_NS)
		ppoll(&any, 1, &(struct timespec){ .tv_nsec = ns }, NULL);
}

void flows_receive(struct load *l)
{
	struct epoll_event ev[64];
	int n;

	if (l->o.flows == 1) {
		take_batch(l, &l->flow[0]);
		return;
	}
	n = epoll_wait(l->epoll, ev, 64, 0);
	for (int i = 0; i < n; i++)
		take_batch(l, &l->flow[ev[i].data.u32]);
}
