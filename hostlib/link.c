// SPDX-License-Identifier: BSD-2-Clause
/*
 * link.c - the conversation with the agent: being handed memory and sockets, and what comes later
 *
 * Messages are those of broker.h. The agent may die and be replaced; the rings outlive it, so cores
 * go on, and this file says HELLO to whoever listens next.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "internal.h"

#define ANSWER_MS 5000
#define FDS_MAX (SHUNT_FD_SOCKETS + SHUNT_SLOTS)

union any_msg {
	struct shunt_msg msg;
	struct shunt_msg_welcome welcome;
	struct shunt_msg_refused refused;
	struct shunt_msg_policy policy;
	struct shunt_msg_wire wire;
};

static void close_all(int *fd, int n)
{
	for (int i = 0; i < n; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
	}
}

/* One message with its descriptors. Returns its length, 0 at the end, or -errno. */
static int receive(struct shunt *s, union any_msg *m, int *fd, int *nfd)
{
	union {
		char buf[CMSG_SPACE(FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = m, .iov_len = sizeof(*m) };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	ssize_t n;

	*nfd = 0;
	memset(m, 0, sizeof(*m));
	n = recvmsg(s->link, &hdr, MSG_CMSG_CLOEXEC);
	if (n < 0 && errno == ECONNRESET) /* closed before it read all that
					   * we said: an answer may lie there */
		n = recvmsg(s->link, &hdr, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return set_error(s, -errno, "cannot hear shuntd at '%s': %s", s->socket,
				 strerror(errno));
	if (!n)
		return 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&hdr); c; c = CMSG_NXTHDR(&hdr, c)) {
		int count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(fd + *nfd, CMSG_DATA(c), count * sizeof(int));
		*nfd += count;
	}
	if (n < (ssize_t)sizeof(m->msg) || m->msg.magic != SHUNT_MSG_MAGIC ||
	    m->msg.abi != SHUNT_ABI) {
		close_all(fd, *nfd);
		*nfd = 0;
		return set_error(s, -EPROTO,
				 "shuntd speaks ABI %u, this library %u: use one version",
				 m->msg.abi, SHUNT_ABI);
	}
	return n;
}

static int wait_for_answer(struct shunt *s, union any_msg *m, int *fd, int *nfd)
{
	struct pollfd p = { .fd = s->link, .events = POLLIN };
	int n = poll(&p, 1, ANSWER_MS);

	if (n < 0)
		return set_error(s, -errno, "cannot wait for shuntd: %s", strerror(errno));
	if (!n)
		return set_error(s, -ETIMEDOUT, "shuntd at '%s' does not answer", s->socket);
	n = receive(s, m, fd, nfd);
	return n ? n : set_error(s, -ECONNRESET, "shuntd at '%s' hung up", s->socket);
}

static int say(struct shunt *s, void *msg, size_t len, enum shunt_msg_type type)
{
	struct shunt_msg *m = msg;

	if (s->link < 0)
		return -ENOTCONN;
	*m = (struct shunt_msg){ .magic = SHUNT_MSG_MAGIC, .abi = SHUNT_ABI, .type = type };
	return send(s->link, msg, len, MSG_NOSIGNAL) == (ssize_t)len ? 0 : -errno;
}

int link_say_core(struct shunt *s, enum shunt_msg_type type, unsigned int core, uint32_t tid)
{
	struct shunt_msg_core m = { .core = core, .tid = tid };

	return say(s, &m, sizeof(m), type);
}

static int greet(struct shunt *s)
{
	struct shunt_msg_hello hello = {
		.domain = s->opts.domain > 0 ? (uint32_t)s->opts.domain - 1 : SHUNT_ANY_DOMAIN,
		.cores = s->opts.cores,
	};
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (s->core) /* known already: the same domain again */
		hello.domain = s->domain;
	memcpy(hello.name, s->name, sizeof(hello.name));
	memcpy(to.sun_path, s->socket, sizeof(to.sun_path));
	s->link = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (s->link < 0)
		return set_error(s, -errno, "cannot make a socket: %s", strerror(errno));
	if (connect(s->link, (struct sockaddr *)&to, sizeof(to))) {
		int err = -errno;

		close(s->link);
		s->link = -1;
		return set_error(s, err, "cannot reach shuntd at '%s': %s", s->socket,
			    shunt_strerror(err));
	}
	say(s, &hello, sizeof(hello), SHUNT_MSG_HELLO); /* if it was refused already: it says why */
	return 0;
}

/* Numbers that we are about to compute addresses with. */
static bool sane_geometry(const struct shunt_geometry *g, bool nic_decides)
{
	bool powers = !(g->chunk & (g->chunk - 1)) && !(g->core_ring & (g->core_ring - 1)) &&
		      !(g->hold_ring & (g->hold_ring - 1)) && !(g->fill_ring & (g->fill_ring - 1));

	bool queues = g->nqueues ? g->nqueues == g->ncores && !g->hold_ring
				 : g->hold_ring && !nic_decides;

	return powers && queues && g->chunk >= 2048 && g->core_ring && g->ncores &&
	       g->ncores <= SHUNT_CORES && g->nframes >= g->ncores &&
	       g->fill_ring >= g->nframes / shunt_fill_rings(g) + SHUNT_NAPI &&
	       g->nclasses && g->nclasses <= SHUNT_CLASSES;
}

static int map_core(struct shunt *s, unsigned int i, int sock)
{
	struct core *c = &s->core[i];
	int err;

	c->s = s;
	c->id = i;
	c->sock = sock;
	c->line = &s->view->core[i];
	c->run = &c->line->run;
	c->fill = &s->fill[own_rings(s) ? i : 0];
	c->comp = &s->comp[own_rings(s) ? i : 0];
	c->fill_lock = &s->ctl->fill_lock[own_rings(s) ? i : 0].holder;
	c->list = &s->ctl->free[i];
	/* Where a core steals others' frames, it keeps none of them back. */
	c->comp_keep = own_rings(s) && !s->transport->nic_decides ? 0 : COMP_KEEP;
	err = shunt_ring_map(&c->rx, sock, SHUNT_RING_RX, s->geo.core_ring);
	return err ? err : shunt_ring_map(&c->tx, sock, SHUNT_RING_TX, s->geo.core_ring);
}

/* Rings that other cores use, too. */
static int map_common(struct shunt *s, const int *sock)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < shunt_fill_rings(&s->geo); i++) {
		err = shunt_ring_map(&s->fill[i], sock[i], SHUNT_RING_FILL, s->geo.fill_ring);
		if (!err)
			err = shunt_ring_map(&s->comp[i], sock[i], SHUNT_RING_COMP,
					     s->geo.fill_ring);
	}
	for (uint32_t i = 0; !err && i < s->nhold; i++) {
		s->hold_sock[i] = sock[s->geo.ncores + i];
		err = shunt_ring_map(&s->hold[i], s->hold_sock[i], SHUNT_RING_RX,
				     s->geo.hold_ring);
	}
	return err;
}

static int map_sockets(struct shunt *s, const int *sock)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < s->geo.ncores; i++)
		err = map_core(s, i, sock[i]);
	if (!err)
		err = map_common(s, sock);
	if (!err && s->transport->attached)
		s->transport->attached(s);
	return err ? set_error(s, err, "cannot map the rings: %s", strerror(-err)) : 0;
}

static int map_memory(struct shunt *s, int memory, int view)
{
	s->memory = mmap(NULL, shunt_memory_len(&s->geo), PROT_READ | PROT_WRITE, MAP_SHARED,
			 memory, 0);
	if (s->memory == MAP_FAILED) {
		s->memory = NULL;
		return set_error(s, -errno, "cannot map the frames: %s", strerror(errno));
	}
	s->view = mmap(NULL, sizeof(*s->view), PROT_READ | PROT_WRITE, MAP_SHARED, view, 0);
	if (s->view == MAP_FAILED) {
		s->view = NULL;
		return set_error(s, -errno, "cannot map the view: %s", strerror(errno));
	}
	if (madvise(s->memory, shunt_memory_len(&s->geo), MADV_DONTFORK) ||
	    madvise(s->view, sizeof(*s->view), MADV_DONTFORK))
		return set_error(s, -errno, "cannot keep the frames out of forks: %s",
				 strerror(errno));
	s->ctl = shunt_ctl_of(s->memory, &s->geo);
	if (s->ctl->abi != SHUNT_ABI || s->view->abi != SHUNT_ABI)
		return set_error(s, -EPROTO, "memory or view is of another ABI");
	return 0;
}

/* Takes what came with WELCOME. The sockets stay open; memory and view are mapped and closed. */
static int settle(struct shunt *s, const struct shunt_msg_welcome *w, const int *fd, int nfd)
{
	struct core *core;
	struct stat st;
	int err;

	if (!sane_geometry(&w->geo, s->transport->nic_decides) || !w->cores ||
	    w->cores > w->geo.ncores || w->slot >= SHUNT_WORKERS ||
	    nfd != (int)(SHUNT_FD_SOCKETS + w->geo.ncores +
			 (w->geo.hold_ring ? w->geo.nclasses : 0)))
		return set_error(s, -EPROTO, "shuntd's welcome makes no sense");
	s->geo = w->geo;
	s->nhold = w->geo.hold_ring ? w->geo.nclasses : 0;
	s->domain = w->domain;
	s->slot = w->slot;
	s->ncores = w->cores;
	memcpy(s->cpu, w->cpu, sizeof(s->cpu));
	memcpy(s->class_name, w->class_name, sizeof(s->class_name));
	for (int i = 0; i < SHUNT_CLASSES; i++)
		s->class_name[i][SHUNT_NAME_LEN - 1] = 0;
	if (fstat(fd[SHUNT_FD_MEMORY], &st))
		return set_error(s, -errno, "cannot look at the frames: %s", strerror(errno));
	s->memory_ino = st.st_ino;
	core = aligned_alloc(SHUNT_LINE, s->geo.ncores * sizeof(*core));
	if (!core)
		return set_error(s, -ENOMEM, "out of memory");
	memset(core, 0, s->geo.ncores * sizeof(*core));
	for (uint32_t i = 0; i < s->geo.ncores; i++)
		core[i].sock = -1;
	memset(s->hold_sock, -1, sizeof(s->hold_sock));
	s->core = core; /* from now on a forked child closes these sockets */
	err = map_memory(s, fd[SHUNT_FD_MEMORY], fd[SHUNT_FD_VIEW]);
	if (!err)
		err = map_sockets(s, fd + SHUNT_FD_SOCKETS);
	return err ? err : park_init(s);
}

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
		close_all(fd, nfd);
		return set_error(s, -EPROTO, "shuntd sent a policy without its code");
	}
	return policy_take(s, fd[0], &m->policy);
}

static int take_wire(struct shunt *s, union any_msg *m, int n, int *fd, int nfd)
{
	int err = n == sizeof(m->wire) && nfd == 1 ? wire_take(s, &m->wire, fd[0]) :
		  set_error(s, -EPROTO, "shuntd's word about the NIC makes no sense");

	close_all(fd, nfd);
	return err;
}

/* HELLO; WIRE, or nothing; WELCOME; and the policy in force, unless the NIC has it. */
int link_attach(struct shunt *s)
{
	int fd[FDS_MAX], nfd, n, err = greet(s);
	union any_msg m;

	if (err)
		return err;
	n = wait_for_answer(s, &m, fd, &nfd);
	if (n > 0 && m.msg.type == SHUNT_MSG_WIRE) {
		err = take_wire(s, &m, n, fd, nfd);
		if (err)
			return err;
		n = wait_for_answer(s, &m, fd, &nfd);
	}
	if (n < 0)
		return n;
	if (m.msg.type == SHUNT_MSG_REFUSED) {
		close_all(fd, nfd);
		return refused(s, &m, n);
	}
	if (m.msg.type != SHUNT_MSG_WELCOME || n != sizeof(m.welcome)) {
		close_all(fd, nfd);
		return set_error(s, m.msg.type == SHUNT_MSG_LEAVE ? -EAGAIN : -EPROTO,
			    "shuntd's answer makes no sense");
	}
	err = settle(s, &m.welcome, fd, nfd);
	if (err) { /* link_detach() closes the sockets that have a place already */
		for (int i = SHUNT_FD_SOCKETS; i < nfd && !s->core; i++)
			close(fd[i]);
	}
	close_all(fd, nfd < SHUNT_FD_SOCKETS ? nfd : SHUNT_FD_SOCKETS);
	if (err)
		return err;
	if (s->transport->nic_decides)
		return policy_none(s);
	n = wait_for_answer(s, &m, fd, &nfd);
	if (n < 0)
		return n;
	if (m.msg.type != SHUNT_MSG_POLICY) {
		close_all(fd, nfd);
		return set_error(s, -EPROTO, "shuntd's answer makes no sense");
	}
	return take_policy(s, &m, n, fd, nfd);
}

/* Gives everything back. The cores' threads have ended. */
void link_detach(struct shunt *s, bool bye)
{
	struct shunt_msg m;

	for (uint32_t i = 0; s->core && i < s->geo.ncores; i++) {
		shunt_ring_unmap(&s->core[i].rx);
		shunt_ring_unmap(&s->core[i].tx);
		if (s->core[i].sock >= 0)
			close(s->core[i].sock);
	}
	for (uint32_t i = 0; s->core && i < s->nhold; i++) {
		shunt_ring_unmap(&s->hold[i]);
		if (s->hold_sock[i] >= 0)
			close(s->hold_sock[i]);
	}
	park_free(s);
	free(s->core);
	s->core = NULL;
	for (uint32_t i = 0; i < SHUNT_CORES; i++) {
		shunt_ring_unmap(&s->fill[i]);
		shunt_ring_unmap(&s->comp[i]);
	}
	if (s->transport->detached)
		s->transport->detached(s);
	s->transport = &transport_shared;
	if (s->memory)
		munmap(s->memory, shunt_memory_len(&s->geo));
	if (s->view)
		munmap(s->view, sizeof(*s->view));
	s->memory = NULL;
	s->view = NULL;
	policy_free_all(s);
	if (bye)
		say(s, &m, sizeof(m), SHUNT_MSG_BYE);
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
		link_say_core(s, SHUNT_MSG_UP, i, s->core[i].run->tid);
	return 0;
}

/* The agent was replaced: say HELLO to the new one. */
static void reconnect(struct shunt *s)
{
	union any_msg m;
	int fd[FDS_MAX], nfd, n;

	if (greet(s))
		return;
	n = wait_for_answer(s, &m, fd, &nfd);
	if (n > 0 && m.msg.type == SHUNT_MSG_WIRE) { /* we know; should it differ,
						      * so does the memory */
		close_all(fd, nfd);
		n = wait_for_answer(s, &m, fd, &nfd);
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
	close_all(fd, nfd);
}

static void hear(struct shunt *s)
{
	int fd[FDS_MAX], nfd, n;
	union any_msg m;

	n = receive(s, &m, fd, &nfd);
	if (n <= 0) {
		close(s->link);
		s->link = -1;
	} else if (m.msg.type == SHUNT_MSG_POLICY) {
		take_policy(s, &m, n, fd, nfd);
	} else {
		close_all(fd, nfd);
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
