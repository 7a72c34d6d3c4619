// SPDX-License-Identifier: BSD-2-Clause
/*
 * users.c - what one user may take of shuntd: connections,
 * connections a second, and descriptors that nobody reads
 *
 * Descriptors in messages that are not read yet count against root, whose they are: beyond
 * RLIMIT_NOFILE of them the kernel carries none, for any worker and for the keeper. So who does not
 * read what it was given gets nothing more, and a connection that ends with such a message in it is
 * remembered until the message is read or thrown away.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent.h"
#include "limits.h"
#include "log.h"
#include "peer.h"
#include "users.h"

#define STRANGERS_USER SHUNT_DOMAINS /* connections of one user that are no worker's */
#define UNREAD_USER 4   /* connections of one user with descriptors that were not read */
#define PER_SECOND 200  /* connections of one user in a second:
			 * sixteen workers that come again ten times */
#define BURST 200       /* connections of one user at once */
#define SECOND_NS 1000000000ULL
#define PAUSE_NS (5 * SECOND_NS)   /* after the second time that a user's
				    * workers damaged their memory */
#define PAUSE_DOUBLED 6            /* each further time doubles the pause, up to 320 s */
#define FORGET_NS (900 * SECOND_NS) /* a user whose workers did no damage for so long begins anew */

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

/* Connections of that user with descriptors that are under
 * way; *descriptors: all that are under way. */
static unsigned int unread(const struct agent *a, uid_t uid, const struct peer *but,
			   unsigned int *descriptors)
{
	unsigned int n = 0;

	*descriptors = 0;
	for (int i = 0; i < PEERS_MAX; i++) {
		const struct peer *q = &a->peer[i];

		if (q == but || !peer_has_unread(q))
			continue;
		n += q->uid == uid;
		*descriptors += q->given;
	}
	return n;
}

static bool has_nothing_unread(const struct agent *a, uid_t uid)
{
	unsigned int all;

	return !unread(a, uid, NULL, &all);
}

/* For the first descriptors of others that are known by name and have none under way. */
static unsigned int reserve_for_others(const struct agent *a, uid_t uid)
{
	return limits_users(a, uid, has_nothing_unread) * limits_most_given(a);
}

static const char *process_unread(const struct agent *a, const struct peer *p)
{
	for (int i = 0; i < PEERS_MAX; i++) {
		if (&a->peer[i] != p && a->peer[i].pid == p->pid && peer_has_unread(&a->peer[i]))
			return "this process has not read what an earlier connection of it was "
			       "given: close that";
	}
	return NULL;
}

const char *users_unread(const struct agent *a, const struct peer *p, const struct domain *d)
{
	const char *why = process_unread(a, p);
	unsigned int all, of_user = unread(a, p->uid, p, &all);

	if (why)
		return why;
	if (of_user >= UNREAD_USER)
		return "connections of this user have not read what they were given: end those "
		       "processes";
	all += limits_given(a, d);
	if (of_user || !limits_knows(a, p->uid))
		all += reserve_for_others(a, p->uid);
	if (all <= limits_under_way())
		return NULL;
	return of_user ? "this user has unread descriptors, and more of them would leave no room "
			 "for other users"
		       : "too many descriptors are unread: end those processes, or raise shuntd's "
			 "RLIMIT_NOFILE";
}

/* Finds a user among those that came lately; the one that has been away longest makes room. */
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

/* The first time costs nothing: it may be a slip. The memory
 * of before is the kernel's as long as anybody has it. */
static __u64 pause_ns(const struct user *u)
{
	__u32 doubled = u->damaged < 2 ? 0 : u->damaged - 2;

	return u->damaged < 2 ? 0 : PAUSE_NS << (doubled < PAUSE_DOUBLED ? doubled : PAUSE_DOUBLED);
}

static void count_damage(struct agent *a, uid_t uid)
{
	struct user *u = find(a, uid);

	if (a->now_ns - u->damaged_ns > FORGET_NS)
		u->damaged = 0;
	u->damaged++;
	u->damaged_ns = a->now_ns;
	if (pause_ns(u) && uid)
		log_say(LOG_WARNING,
			"workers of user %u have damaged their memory %u times: none may come for "
			"%llu s", uid, u->damaged, (unsigned long long)(pause_ns(u) / SECOND_NS));
}

const char *users_pause(struct agent *a, uid_t uid)
{
	const struct user *u;

	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		if (a->domain[i].damaged_by)
			count_damage(a, a->domain[i].damaged_by - 1);
		a->domain[i].damaged_by = 0;
	}
	u = uid ? find(a, uid) : NULL;
	if (!u || a->now_ns - u->damaged_ns >= pause_ns(u))
		return NULL;
	return "workers of this user have damaged their memory again and again: again after a "
	       "pause, see the messages of shuntd";
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

	if (all >= limits_strangers(a))
		return "too many connections wait for an answer: again later, or raise shuntd's "
		       "RLIMIT_NOFILE";
	if (!uid)
		return NULL;
	if (comes_too_often(a, uid))
		return "this user connects too often: again in a second";
	return of_user < STRANGERS_USER ? NULL
					: "too many connections of this user wait for an answer";
}
