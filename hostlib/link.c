// SPDX-License-Identifier: BSD-2-Clause
/*
 * link.c - the conversation with the agent: what is handed over at its begin, and what comes later
 *
 * Messages are those of broker.h. The agent may die and be replaced; the rings outlive it, so cores
 * go on, and this file says HELLO to whoever listens next.
 */
#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actors.h"
#include "internal.h"
#include "mapping.h"
#include "message.h"
#include "seat.h"

static int refused(struct shunt *s, union any_msg *m, int n)
{
	int err = m->refused.err;

	if (n != sizeof(m->refused) || err >= 0)
		return set_error(s, -EPROTO, "shuntd's answer makes no sense");
	m->refused.text[SHUNT_TEXT_LEN - 1] = 0;
	return set_error(s, err, "shuntd refused: %s", m->refused.text);
}

static int take_policy(struct shunt *s, union any_msg *m, int n, int *fd, int nfd)
{
	if (n != sizeof(m->policy) || nfd != 1) {
		message_close(fd, nfd);
		return set_error(s, -EPROTO, "shuntd sent a policy without its code");
	}
	return policy_take(s, fd[0], &m->policy);
}

static int take_wire(struct shunt *s, union any_msg *m, int n, int *fd, int nfd)
{
	int err = n == sizeof(m->wire) && nfd == 1 ? wire_take(s, &m->wire, fd[0]) :
		  set_error(s, -EPROTO, "shuntd's word about the NIC makes no sense");

	message_close(fd, nfd);
	return err;
}

static int take_seats(struct shunt *s, union any_msg *m, int n, int *fd, int nfd)
{
	if (n == sizeof(m->seats))
		return seat_take(s, &m->seats, fd, nfd);
	message_close(fd, nfd);
	return set_error(s, -EPROTO, "shuntd's word about seats makes no sense");
}

static int take_actors(struct shunt *s, union any_msg *m, int n, int *fd, int nfd)
{
	if (n == sizeof(m->actors))
		return actors_take(s, &m->actors, fd, nfd);
	message_close(fd, nfd);
	return set_error(s, -EPROTO, "shuntd's word about actors makes no sense");
}

/* HELLO; WIRE, SEATS and ACTORS, or nothing; WELCOME; and the policy in force, unless the NIC has
 * it. */
int link_attach(struct shunt *s)
{
	int fd[FDS_MAX], nfd, n, err = message_hello(s);
	union any_msg m;

	if (err)
		return err;
	n = message_wait(s, &m, fd, &nfd);
	if (n > 0 && m.msg.type == SHUNT_MSG_WIRE) {
		err = take_wire(s, &m, n, fd, nfd);
		if (err)
			return err;
		n = message_wait(s, &m, fd, &nfd);
	}
	while (n > 0 && m.msg.type == SHUNT_MSG_SEATS) {
		err = take_seats(s, &m, n, fd, nfd);
		if (err)
			return err;
		n = message_wait(s, &m, fd, &nfd);
	}
	if (n > 0 && m.msg.type == SHUNT_MSG_ACTORS) {
		err = take_actors(s, &m, n, fd, nfd);
		if (err)
			return err;
		n = message_wait(s, &m, fd, &nfd);
	}
	if (n < 0)
		return n;
	if (m.msg.type == SHUNT_MSG_REFUSED) {
		message_close(fd, nfd);
		return refused(s, &m, n);
	}
	if (m.msg.type != SHUNT_MSG_WELCOME || n != sizeof(m.welcome)) {
		message_close(fd, nfd);
		return set_error(s, m.msg.type == SHUNT_MSG_LEAVE ? -EAGAIN : -EPROTO,
			    "shuntd's answer makes no sense");
	}
	err = mapping_take(s, &m.welcome, fd, nfd);
	if (err) { /* link_detach() closes the sockets that have a place already */
		for (int i = SHUNT_FD_SOCKETS; i < nfd && !s->core; i++)
			close(fd[i]);
	}
	message_close(fd, nfd < SHUNT_FD_SOCKETS ? nfd : SHUNT_FD_SOCKETS);
	if (!err && s->actors && s->actors->cores < s->geo.ncores)
		err = set_error(s, -EPROTO, "shuntd's word about actors makes no sense");
	if (err)
		return err;
	seat_join(s);
	if (s->transport->nic_decides)
		return policy_none(s);
	n = message_wait(s, &m, fd, &nfd);
	if (n < 0)
		return n;
	if (m.msg.type != SHUNT_MSG_POLICY) {
		message_close(fd, nfd);
		return set_error(s, -EPROTO, "shuntd's answer makes no sense");
	}
	return take_policy(s, &m, n, fd, nfd);
}

/* Gives everything back. The cores' threads have ended. */
void link_detach(struct shunt *s, bool bye)
{
	struct shunt_msg m;

	mapping_drop_rings(s);
	seat_drop(s);
	actors_drop(s);
	if (s->transport->detached)
		s->transport->detached(s);
	s->transport = &transport_shared;
	mapping_drop_memory(s);
	policy_free_all(s);
	if (bye)
		message_send(s, &m, sizeof(m), SHUNT_MSG_BYE);
	if (s->link >= 0)
		close(s->link);
	s->link = -1;
}

/* A new agent's WELCOME: of the rings that we have, or of others? */
static int reunite(struct shunt *s, int memory)
{
	struct stat st;

	if (fstat(memory, &st) || st.st_ino != s->memory_ino) {
		atomic_store(&s->leave, true);
		return -ESTALE;
	}
	for (unsigned int i = 0; i < s->ncores; i++)
		message_core(s, SHUNT_MSG_UP, i, s->core[i].run->tid);
	return 0;
}

/* The agent was replaced: say HELLO to the new one. */
static void reconnect(struct shunt *s)
{
	union any_msg m;
	int fd[FDS_MAX], nfd, n;

	if (message_hello(s))
		return;
	n = message_wait(s, &m, fd, &nfd);
	if (n > 0 && m.msg.type == SHUNT_MSG_WIRE) { /* we know; should it differ,
						      * so does the memory */
		message_close(fd, nfd);
		n = message_wait(s, &m, fd, &nfd);
	}
	while (n > 0 && m.msg.type == SHUNT_MSG_SEATS) {
		take_seats(s, &m, n, fd, nfd);
		n = message_wait(s, &m, fd, &nfd);
	}
	if (n > 0 && m.msg.type == SHUNT_MSG_ACTORS) { /* as with WIRE: cores run by those of our
							* memory */
		message_close(fd, nfd);
		n = message_wait(s, &m, fd, &nfd);
	}
	if (n < 0) {
		close(s->link);
		s->link = -1;
		return;
	}
	if (m.msg.type == SHUNT_MSG_WELCOME && n == sizeof(m.welcome) && nfd >= SHUNT_FD_SOCKETS)
		reunite(s, fd[SHUNT_FD_MEMORY]);
	else if (m.msg.type == SHUNT_MSG_LEAVE)
		atomic_store(&s->leave, true);
	else { /* not ready for us yet: again later */
		close(s->link);
		s->link = -1;
	}
	message_close(fd, nfd);
}

static void hear(struct shunt *s)
{
	int fd[FDS_MAX], nfd, n;
	union any_msg m;

	n = message_receive(s, &m, fd, &nfd);
	if (n <= 0) {
		close(s->link);
		s->link = -1;
	} else if (m.msg.type == SHUNT_MSG_POLICY) {
		take_policy(s, &m, n, fd, nfd);
	} else if (m.msg.type == SHUNT_MSG_SEATS) {
		take_seats(s, &m, n, fd, nfd);
	} else {
		message_close(fd, nfd);
		if (m.msg.type == SHUNT_MSG_LEAVE)
			atomic_store(&s->leave, true);
	}
}

/* Listens to the agent until shunt_stop() (returns 0) or until the rings must be given up (1). */
int link_serve(struct shunt *s)
{
	while (!atomic_load(&s->stop)) {
		struct pollfd p[] = { { .fd = s->wake, .events = POLLIN },
				      { .fd = s->link, .events = POLLIN } };

		if (atomic_load(&s->leave) || peek(s->view->stale))
			return 1;
		grace_follow(s); /* without a handler requests go on as they did before */
		ask_unstick(s);
		poll(p, 2, 100);
		if (s->link < 0)
			reconnect(s);
		else if (p[1].revents)
			hear(s);
	}
	return 0;
}
