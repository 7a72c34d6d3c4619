// SPDX-License-Identifier: BSD-2-Clause
/*
 * successor.c - taking the place of a shuntd, or ending one
 *
 * Until it is asked to be quiet, the one that is there does not notice. Until our agent says READY,
 * it goes on whenever we end.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "candidate.h"
#include "handover.h"
#include "log.h"
#include "options.h"
#include "store.h"
#include "successor.h"

#define ANSWER_MS 10000
#define SOON_MS 1000  /* the first answer, if nobody else is there */
#define TURN_MS 90000 /* the first answer after successors that came
		       * before us: each may take half a minute */
#define GONE_MS 1000 /* from a keeper's death to its agent's end, or to the agent in its place */
#define MAKE_MS 3000 /* a domain is made in much less, also on a busy machine */
#define LOOK_MS 50   /* so often we look whether the domain is finished */

/* A connection to the keeper at our socket; -ENOENT: there is none. */
static int dial(const struct options *o)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd, err = handover_path(o->socket, to.sun_path, sizeof(to.sun_path));
	pid_t pid;

	if (err)
		return err;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		err = errno == ECONNREFUSED ? -ENOENT : -errno;
	else if (!handover_is_root(fd, &pid))
		err = -EACCES;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* The serving shuntd answers once other successors, or --stop, have succeeded or failed. */
static int first_answer(const struct options *o, int sock, struct handover_msg *m)
{
	int fd, type = handover_receive(sock, m, &fd, SOON_MS);

	if (type == -EAGAIN) {
		log_say(LOG_INFO,
			"waiting for our turn: another process takes over at '%s', or ends it",
			o->socket);
		type = handover_receive(sock, m, &fd, TURN_MS);
	}
	if (fd >= 0)
		close(fd);
	return type;
}

static int fail(const struct options *o, int type, const struct handover_msg *m)
{
	if (type == HANDOVER_REFUSED)
		log_say(LOG_ERR, "the shuntd at '%s' refuses: %s", o->socket, m->text);
	else if (type == -EPROTO)
		log_say(LOG_ERR,
			"the shuntd at '%s' speaks another version of the hand-over than %d: end "
			"it first", o->socket, HANDOVER_VERSION);
	else
		log_say(LOG_ERR, "the shuntd at '%s' %s", o->socket,
			type ? "does not answer" : "hung up");
	return -EBUSY;
}

/* Receives all entries up to the table's end. 0, or the type of the message that came instead. */
static int receive_table(int sock, struct store *s, struct handover_msg *m)
{
	int fd, type;

	for (;;) {
		type = handover_receive(sock, m, &fd, ANSWER_MS);
		if (type == HANDOVER_TABLE_END)
			return 0;
		if (type != HANDOVER_ENTRY || fd < 0)
			break;
		if (store_put(s, m->name, fd)) {
			close(fd);
			return -ENOSPC;
		}
	}
	if (fd >= 0)
		close(fd);
	return type ? type : -EPIPE;
}

/* Is the process gone? Waits a little, as it may be about to end. */
static bool is_gone(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return pidfd < 0 || poll(&p, 1, GONE_MS) == 1;
}

/* The table again: now no process changes it. A keeper that dies over that leaves us as the only
 * ones that can go on, with what we have, unless its agent has taken its place. */
static int ask_for_quiet(int sock, struct store **s, int agent, struct handover_msg *m)
{
	struct store *later = store_open(-1);
	int err = later ? handover_send(sock, HANDOVER_QUIESCE, m, -1) : -ENOMEM;

	if (!err)
		err = receive_table(sock, later, m);
	if (err == -EPIPE && is_gone(agent)) {
		log_say(LOG_WARNING,
			"the keeper died as it was to hand over: going on with what it had");
		store_free(later);
		return 0;
	}
	if (err) {
		store_free(later);
		return err;
	}
	store_free(*s);
	*s = later;
	return 0;
}

static int take_quiet(const struct options *o, int sock, struct store **s, bool lingers, int agent,
		      struct handover_msg *m)
{
	struct why why = { 0 };
	int err = candidate_check(o, *s, lingers, &why);

	if (err) {
		log_say(err == -EAGAIN ? LOG_DEBUG : LOG_ERR, "does not take over: %s",
			why_text(&why));
		why_forget(&why);
		return err;
	}
	err = ask_for_quiet(sock, s, agent, m);
	if (!err && lingers)
		err = candidate_check(o, *s, true, &why);
	why_forget(&why);
	return err ? fail(o, err == -EPIPE ? 0 : err, m) : 1;
}

static int take(const struct options *o, int sock, struct store **s)
{
	struct handover_msg m = { .flags = o->replace ? HANDOVER_REPLACE : 0 };
	bool lingers;
	int type, agent, err = handover_send(sock, HANDOVER_HELLO, &m, -1);

	if (err)
		return err == -EPIPE ? -ENOENT : fail(o, err, &m);
	type = first_answer(o, sock, &m);
	if (!type)
		return -ENOENT; /* it ended as we came */
	if (type != HANDOVER_INFO)
		return fail(o, type, &m);
	lingers = m.flags & HANDOVER_LINGERS;
	agent = m.agent ? pidfd_open(m.agent, 0) : -1;
	err = receive_table(sock, *s, &m);
	err = err ? fail(o, err == -EPIPE ? 0 : err, &m)
		  : take_quiet(o, sock, s, lingers, agent, &m);
	if (agent >= 0)
		close(agent);
	return err;
}

static int take_once(const struct options *o, struct store **s, int *trial)
{
	int sock = dial(o), got;

	if (sock == -ENOENT)
		return 0;
	if (sock < 0) {
		log_say(LOG_ERR, "cannot reach the shuntd at '%s': %s", o->socket, strerror(-sock));
		return sock;
	}
	got = take(o, sock, s);
	if (got == 1) {
		*trial = sock;
		return 1;
	}
	close(sock);
	store_clear(*s);
	return got == -ENOENT ? 0 : got;
}

/* A shuntd that makes a domain at that moment is asked again. */
int successor_take(const struct options *o, struct store **s, int *trial)
{
	int got = take_once(o, s, trial);

	for (int ms = 0; got == -EAGAIN && ms < MAKE_MS; ms += LOOK_MS) {
		usleep(LOOK_MS * 1000);
		got = take_once(o, s, trial);
	}
	if (got == -EAGAIN)
		log_say(LOG_ERR,
			"does not take over: the shuntd at '%s' has been making a domain for %d s; "
			"see what it says, and try again", o->socket, MAKE_MS / 1000);
	return got;
}

int successor_end(const struct options *o)
{
	struct handover_msg m = {0};
	int sock = dial(o), type;

	if (sock < 0) {
		log_say(LOG_ERR, "there is no shuntd at '%s'%s%s", o->socket,
			sock == -ENOENT ? "" : ": ", sock == -ENOENT ? "" : strerror(-sock));
		return EXIT_FAILURE;
	}
	type = handover_send(sock, HANDOVER_END, &m, -1);
	if (!type)
		type = first_answer(o, sock, &m);
	if (type)
		fail(o, type, &m);
	close(sock);
	return type ? EXIT_FAILURE : EXIT_SUCCESS;
}
