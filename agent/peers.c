// SPDX-License-Identifier: BSD-2-Clause
/*
 * peers.c - connections to the broker: the processes that may come, and how long they may take
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent.h"
#include "log.h"
#include "message.h"
#include "owner.h"
#include "peer.h"
#include "peers.h"
#include "role.h"
#include "sockpath.h"
#include "store.h"
#include "users.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* Linux 6.16 */
#endif

#define HELLO_NS 1000000000ULL /* silence before HELLO */
#define WAIT_NS 4000000000ULL  /* for a domain that is not ready */
#define LEAVING_NS 30000000000ULL /* for a worker that was told to leave its rings */
#define GROUPS_MAX 1024
#define BURST 64               /* messages of one peer before the others' turn */
#define TICK_MESSAGES 256      /* messages of one peer in a tick: two for each
				* core, and more than a worker has to say */
#define TICK_TURNED_AWAY 32    /* connections that are turned away in a
				* tick, before the next are let in */

/*
 * Peers have no reason to send us descriptors. One that is sent is closed by the process that
 * receives the message or ends the connection, and its owner can make that close slow (a TCP socket
 * that lingers). Connections have this from their listener. Linux 6.16 has it.
 */
static void refuse_rights(int listener)
{
	int off = 0;

	setsockopt(listener, SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof(off));
}

/* Any process may connect: the kernel tells its user, and a process that may not be a worker gets
 * the reason. The keeper has the listener, too, so that no worker is turned away while the agent is
 * replaced. */
int peers_listen(struct agent *a, struct why *why)
{
	int fd = store_get(a->store, "listen"), err;

	if (fd >= 0) {
		refuse_rights(fd);
		a->listener = fd;
		return 0;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return why_fail(why, -errno, "cannot make a socket: %s", strerror(errno));
	refuse_rights(fd);
	err = sockpath_listen(fd, a->opts.socket, 0666, 64);
	if (err)
		why_fail(why, err, "cannot listen at '%s': %s", a->opts.socket,
			 sockpath_error(err));
	else
		err = store_put(a->store, "listen", fd);
	if (err)
		close(fd);
	else
		a->listener = fd;
	return err;
}

static bool in_group(const struct agent *a, int fd, gid_t own)
{
	gid_t group[GROUPS_MAX];
	socklen_t len = sizeof(group);

	for (unsigned int i = 0; i < a->opts.ngroups; i++) {
		if (a->opts.group[i] == own)
			return true;
	}
	if (!a->opts.ngroups || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, group, &len))
		return false;
	for (unsigned int k = 0; k < len / sizeof(*group); k++) {
		for (unsigned int i = 0; i < a->opts.ngroups; i++) {
			if (a->opts.group[i] == group[k])
				return true;
		}
	}
	return false;
}

static bool may_come(const struct agent *a, int fd, const struct ucred *who)
{
	if (!who->uid)
		return true;
	for (unsigned int i = 0; i < a->opts.nusers; i++) {
		if (a->opts.user[i] == who->uid)
			return true;
	}
	return in_group(a, fd, who->gid);
}

/* The process itself, not its number: that may be another's by the time it is used. */
static int pidfd_of(int fd, pid_t pid)
{
	socklen_t len = sizeof(int);
	int pidfd;

	if (!getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len))
		return pidfd;
	return errno == ENOPROTOOPT ? pidfd_open(pid, 0) : -1; /* Linux 6.5 has it */
}

/* Says why to one that gets no place. */
static void turn_away(struct agent *a, const struct ucred *who, int fd, int err, const char *why)
{
	struct peer p = { .fd = fd, .pidfd = -1, .pid = who->pid, .uid = who->uid };
	struct shunt_msg_refused m = { .err = err };

	snprintf(m.text, sizeof(m.text), "%s", why);
	peer_tell_refusal(a, LOG_WARNING, &p, why);
	peer_send(&p, &m, sizeof(m), SHUNT_MSG_REFUSED, NULL, 0);
	close(fd);
	peer_count_bad(a);
	a->turned_away++;
}

static struct peer *free_place(struct agent *a)
{
	for (int i = 0; i < PEERS_MAX; i++) {
		if (a->peer[i].stage != PEER_NONE)
			continue;
		if (a->npeers <= (unsigned int)i)
			a->npeers = i + 1;
		return &a->peer[i];
	}
	return NULL;
}

static void take(struct agent *a, int fd)
{
	struct ucred who = { 0 };
	socklen_t len = sizeof(who);
	struct peer *p = free_place(a);
	char text[SHUNT_TEXT_LEN];
	const char *why;
	bool allowed;

	if (!p || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len)) {
		close(fd);
		return;
	}
	why = users_may_come(a, who.uid);
	if (why) {
		turn_away(a, &who, fd, -EAGAIN, why);
		return;
	}
	if (!who.pid) {
		turn_away(a, &who, fd, -EACCES,
			  "its PID namespace is not shuntd's, nor below it: start shuntd there, "
			  "or outside");
		return;
	}
	allowed = may_come(a, fd, &who);
	if (!allowed && !owner_has_domain(a, who.uid)) {
		int err = owner_explain_stranger(a, who.uid, text, sizeof(text));

		turn_away(a, &who, fd, err, text);
		return;
	}
	*p = (struct peer){ .stage = PEER_NEW, .fd = fd, .pid = who.pid, .uid = who.uid,
			    .allowed = allowed, .since_ns = a->now_ns };
	p->pidfd = pidfd_of(fd, who.pid);
	snprintf(p->name, sizeof(p->name), "?");
	if (p->pidfd < 0)
		peer_bad(a, p, "it is gone");
}

bool peers_lets_in(const struct agent *a)
{
	return a->turned_away < TICK_TURNED_AWAY;
}

/* For want of descriptors of our own, too, nobody is let in before the next tick. */
void peers_accept(struct agent *a)
{
	for (int i = 0; i < BURST && peers_lets_in(a); i++) {
		int fd = accept4(a->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			take(a, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			log_say(LOG_WARNING, "cannot let a worker in: %m");
			a->turned_away = TICK_TURNED_AWAY;
		}
		return;
	}
}

/* False: nothing more to hear now, or ever. */
static bool hear_one(struct agent *a, struct peer *p)
{
	union {
		char bytes[512];
		struct shunt_msg msg;
	} m;
	/* The true length of a message that is too long; the kernel throws its descriptors away. */
	ssize_t n = recv(p->fd, &m, sizeof(m), MSG_TRUNC | MSG_DONTWAIT);
	int type;

	if (n < 0 && errno == ECONNRESET) /* it left without reading all; what it said is there */
		n = recv(p->fd, &m, sizeof(m), MSG_TRUNC | MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0 || (p->stage == PEER_WORKER && !peer_is_attached(p))) {
		peer_drop(a, p);
		return false;
	}
	if (p->stage == PEER_REFUSED)
		return true; /* said before it knew */
	type = n <= (ssize_t)sizeof(m) ? broker_check(&m, n) : -EPROTO;
	if (type == -EPROTONOSUPPORT && p->stage == PEER_NEW) {
		char text[SHUNT_TEXT_LEN];

		snprintf(text, sizeof(text), "shuntd has ABI %u, the worker %u: use one version",
			 SHUNT_ABI, m.msg.abi);
		peer_count_bad(a);
		peer_refuse(a, p, -EPROTO, text);
		return false;
	}
	if (type < 0 || broker_hear(a, p, &m)) {
		peer_bad(a, p, type < 0 ? "it sent what is no message" :
				"it sent a message out of turn");
		return false;
	}
	return p->stage != PEER_NONE;
}

bool peers_listens_to(const struct peer *p)
{
	return p->stage != PEER_NONE && p->stage != PEER_UNREAD && p->heard < TICK_MESSAGES;
}

void peers_hear(struct agent *a, struct peer *p)
{
	for (int i = 0; i < BURST && peers_listens_to(p) && hear_one(a, p); i++)
		p->heard++;
}

void peers_tell_leave(struct agent *a, const struct domain *d)
{
	struct shunt_msg m;

	for (int i = 0; i < PEERS_MAX; i++) {
		struct peer *p = &a->peer[i];

		if (p->stage != PEER_WORKER || (d && p->domain != d))
			continue;
		p->domain = NULL;
		p->stage = PEER_LEAVING;
		p->since_ns = a->now_ns;
		/* A worker that does not hear LEAVE has hung up, and may have said BYE before. */
		peer_send(p, &m, sizeof(m), SHUNT_MSG_LEAVE, NULL, 0);
	}
}

static void refuse_for_now(struct agent *a, struct peer *p)
{
	char text[SHUNT_TEXT_LEN];

	if (!p->waits)
		owner_explain(a, p, text, sizeof(text));
	peer_refuse(a, p, -EBUSY, p->waits ? p->waits : text);
}

static void tick_one(struct agent *a, struct peer *p)
{
	__u64 waited = a->now_ns - p->since_ns;

	switch (p->stage) {
	case PEER_NEW:
		if (waited > HELLO_NS)
			peer_bad(a, p, "it said nothing");
		break;
	case PEER_WAITING:
		if (waited > WAIT_NS)
			refuse_for_now(a, p);
		else
			broker_serve(a, p);
		break;
	case PEER_WORKER:
		p->behind = a->role->tell_news(a, p);
		break;
	case PEER_REFUSED:
		if (waited > HELLO_NS)
			peer_drop(a, p);
		break;
	case PEER_UNREAD:
		peer_drop(a, p); /* if it is read by now */
		break;
	case PEER_LEAVING:
		if (waited > LEAVING_NS)
			peer_bad(a, p, "it does not leave");
		break;
	case PEER_NONE:
		break;
	}
}

void peers_tick(struct agent *a)
{
	a->turned_away = 0;
	for (unsigned int i = 0; i < a->npeers; i++) {
		a->peer[i].heard = 0;
		tick_one(a, &a->peer[i]);
	}
	while (a->npeers && a->peer[a->npeers - 1].stage == PEER_NONE)
		a->npeers--;
}
