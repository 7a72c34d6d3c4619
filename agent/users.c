// SPDX-License-Identifier: BSD-2-Clause
/*
 * users.c - what one user may take of shuntd: connections, connections a second, and descriptors that nobody reads
 *
 * Descriptors in messages that are not read yet count against root, whose they are: beyond RLIMIT_NOFILE of them
 * the kernel carries none, for any worker and for the keeper. So who does not read what it was given gets nothing
 * more, and a connection that ends with such a message in it is remembered until the message is read or thrown away.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent.h"

#define STRANGERS_MAX (PEERS_MAX - SHUNT_DOMAINS) /* connections that are no worker's … */
#define STRANGERS_USER SHUNT_DOMAINS             /* … of one user */
#define UNREAD_MAX 32   /* connections with descriptors that were not read … */
#define UNREAD_USER 4   /* … of one user */
#define GIVEN_MAX 96    /* descriptors that a connection may have unread: those of WELCOME, and some */
#define PER_SECOND 200  /* connections of one user: sixteen workers that come again ten times a second … */
#define BURST 200       /* … and this many at once */
#define SECOND_NS 1000000000ULL

bool peer_has_unread(const struct peer *p)
{
	int bytes = 0;

	return p->stage != PEER_NONE && p->given && !ioctl(p->fd, SIOCOUTQ, &bytes) && bytes > 0;
}

bool peer_end(struct peer *p)
{
	if (!peer_has_unread(p)) {
		close(p->fd);
		return true;
	}
	shutdown(p->fd, SHUT_RDWR);
	return false;
}

/* Half of what the kernel lets root's processes have under way. */
static unsigned int most_unread(void)
{
	struct rlimit lim;
	rlim_t n = UNREAD_MAX;

	if (!getrlimit(RLIMIT_NOFILE, &lim) && lim.rlim_cur / 2 / GIVEN_MAX < n)
		n = lim.rlim_cur / 2 / GIVEN_MAX;
	return n ? n : 1;
}

const char *users_unread(const struct agent *a, const struct peer *p)
{
	unsigned int user = 0, all = 0;

	for (int i = 0; i < PEERS_MAX; i++) {
		const struct peer *q = &a->peer[i];

		if (q == p || !peer_has_unread(q))
			continue;
		if (q->pid == p->pid)
			return "this process has not read what an earlier connection of it was given: close that";
		user += q->uid == p->uid;
		all++;
	}
	if (user >= UNREAD_USER)
		return "connections of this user have not read what they were given: end those processes";
	return all < most_unread() ? NULL : "too many connections have not read what they were given";
}

/* Of the users that came lately; the one that has been away longest makes room. */
static struct user *find(struct agent *a, uid_t uid)
{
	struct user *oldest = a->user;

	for (int i = 0; i < USERS_MAX; i++) {
		struct user *u = &a->user[i];

		if (u->seen_ns && u->uid == uid)
			return u;
		if (u->seen_ns < oldest->seen_ns)
			oldest = u;
	}
	*oldest = (struct user){ .uid = uid, .seen_ns = a->now_ns, .left = BURST };
	return oldest;
}

static bool comes_too_often(struct agent *a, uid_t uid)
{
	struct user *u = find(a, uid);
	__u64 more = (a->now_ns - u->seen_ns) * PER_SECOND / SECOND_NS;

	if (more || u->left == BURST) {
		u->left = u->left + more < BURST ? u->left + more : BURST;
		u->seen_ns = a->now_ns;
	}
	if (!u->left)
		return true;
	u->left--;
	return false;
}

static unsigned int strangers(const struct agent *a, uid_t uid, unsigned int *all)
{
	unsigned int n = 0;

	*all = 0;
	for (int i = 0; i < PEERS_MAX; i++) {
		const struct peer *p = &a->peer[i];

		if (p->stage == PEER_NONE || p->stage == PEER_WORKER)
			continue;
		(*all)++;
		n += p->uid == uid;
	}
	return n;
}

/* Root can do worse than to connect, and its limits would be those of whoever administers shunt. */
const char *users_may_come(struct agent *a, uid_t uid)
{
	unsigned int all, of_user = strangers(a, uid, &all);

	if (all >= STRANGERS_MAX)
		return "too many connections wait for an answer";
	if (!uid)
		return NULL;
	if (comes_too_often(a, uid))
		return "this user connects too often: again in a second";
	return of_user < STRANGERS_USER ? NULL : "too many connections of this user wait for an answer";
}
