// SPDX-License-Identifier: BSD-2-Clause
/*
 * control.c - the keeper's end of a hand-over: who comes to the control socket, and what he wants
 *
 * Nothing here waits for the successor, except to send it
 * messages, and for that no longer than SEND_S.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"
#include "handover.h"
#include "log.h"
#include "netns.h"
#include "options.h"
#include "role.h"
#include "sd.h"
#include "sockpath.h"
#include "store.h"

#define SEND_S 2       /* a message that is not read for so long: nobody reads */
#define HELLO_MS 2000  /* from the connection to the first message */
#define CHECK_MS 10000 /* from our descriptors to QUIESCE */
#define READY_MS 10000 /* from quiet to READY */

static int listen_at(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err;

	if (fd < 0)
		return -errno;
	err = sockpath_listen(fd, path, 0600, 4);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int control_open(struct control *c, const struct options *o, struct store *s)
{
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 8];
	int fd = store_get(s, "control"), err;

	*c = (struct control){ .listener = fd, .peer = -1 };
	if (fd >= 0)
		return 0;
	err = handover_path(o->socket, path, sizeof(path));
	fd = err ? err : listen_at(path);
	if (fd < 0) {
		log_say(LOG_ERR, "cannot listen at '%s': %s", path, sockpath_error(fd));
		return fd;
	}
	err = store_put(s, "control", fd);
	if (err)
		close(fd);
	c->listener = err ? -1 : fd;
	return err;
}

void control_remove(const struct options *o)
{
	char path[128];

	if (!handover_path(o->socket, path, sizeof(path)))
		sockpath_remove(path);
}

static void enter(struct control *c, enum control_stage stage, __u64 now_ms)
{
	c->stage = stage;
	c->since_ms = now_ms;
}

void control_hang_up(struct control *c)
{
	if (c->peer >= 0)
		close(c->peer);
	c->peer = -1;
	c->stage = CONTROL_NOBODY;
}

void control_accept(struct control *c, __u64 now_ms)
{
	struct timeval limit = { .tv_sec = SEND_S };
	int fd = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (!handover_is_root(fd, &c->pid)) {
		close(fd);
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	c->peer = fd;
	enter(c, CONTROL_NEW, now_ms);
}

static enum control_order refuse(struct control *c, const char *text)
{
	struct handover_msg m = {0};

	log_say(LOG_INFO, "refused process %d as a successor: %s", c->pid, text);
	snprintf(m.text, sizeof(m.text), "%s", text);
	handover_send(c->peer, HANDOVER_REFUSED, &m, -1);
	control_hang_up(c);
	return CONTROL_NOTHING;
}

/* In a process of its own, which may take the time to look, or fail: the keeper does neither. */
static void refuse_abi(struct control *c, const struct options *o, __u32 abi)
{
	struct handover_msg m = {0};
	pid_t pid = fork();

	log_say(LOG_INFO, "refused process %d as a successor: it is of ABI %u", c->pid, abi);
	if (!pid) {
		int n = snprintf(m.text, sizeof(m.text),
				 "it has ABI %u, this one %u: 'shunt unload' and 'shunt load' "
				 "must come between them, and ",
				 SHUNT_ABI, abi);

		o->role->loss(o, m.text + n, sizeof(m.text) - n);
		handover_send(c->peer, HANDOVER_REFUSED, &m, -1);
		_exit(EXIT_SUCCESS);
	}
	control_hang_up(c);
}

/* Sockets go by the interface's name, which each network namespace may have. */
static bool is_of_our_namespace(const struct control *c)
{
	__u64 own, other;

	return !shunt_netns_cookie(&own) && !shunt_netns_cookie_of(c->peer, &other) && own == other;
}

static enum control_order refuse_elsewhere(struct control *c)
{
	char text[200];

	snprintf(text, sizeof(text),
		 "it serves in another network namespace: nsenter --net=/proc/%d/ns/net shuntd "
		 "...; an interface of this one needs another --socket",
		 getpid());
	return refuse(c, text);
}

static enum control_order hear_hello(struct control *c, const struct options *o,
				     const struct store *s, bool lingers, pid_t agent,
				     const struct handover_msg *m, __u64 now_ms)
{
	struct handover_msg info = { .flags = lingers ? HANDOVER_LINGERS : 0, .agent = agent };
	char text[200];

	if (sd_is_there()) {
		snprintf(
			text, sizeof(text),
			"systemd runs it (process %d): 'systemctl restart' of its unit replaces it "
			"without losing a request, 'systemctl stop' ends it",
			getpid());
		return refuse(c, text);
	}
	if (!lingers && !(m->flags & HANDOVER_REPLACE)) {
		snprintf(text, sizeof(text),
			 "it serves already (process %d): --replace takes over from it without "
			 "losing "
			 "a request, --end ends it; one for another interface needs another "
			 "--socket",
			 getpid());
		return refuse(c, text);
	}
	if (m->pid != (__u32)c->pid)
		return refuse(c, "it is in another PID namespace, where its workers have other "
				 "numbers: start the new one "
				 "there");
	if (m->abi != SHUNT_ABI) {
		refuse_abi(c, o, m->abi);
		return CONTROL_NOTHING;
	}
	if (handover_send(c->peer, HANDOVER_INFO, &info, -1) || handover_send_table(c->peer, s)) {
		log_say(LOG_WARNING,
			"process %d wants to take over, but does not take the descriptors", c->pid);
		control_hang_up(c);
		return CONTROL_NOTHING;
	}
	enter(c, CONTROL_CHECKING, now_ms);
	return CONTROL_NOTHING;
}

/* The successor ended without READY, or said something that makes no sense here. */
static enum control_order lost(struct control *c)
{
	enum control_stage was = c->stage;
	struct handover_msg m = { 0 };

	if (was >= CONTROL_WAITING) {
		log_say(LOG_WARNING, "process %d was to take over and did not: going on", c->pid);
		handover_send(c->peer, HANDOVER_RESUMED, &m, -1); /* part of it may live */
	}
	control_hang_up(c);
	return was >= CONTROL_WAITING ? CONTROL_RESUME : CONTROL_NOTHING;
}

static enum control_order hear(struct control *c, const struct options *o, const struct store *s,
			       bool lingers, pid_t agent, int type, const struct handover_msg *m,
			       __u64 now_ms)
{
	if (c->stage == CONTROL_NEW && !is_of_our_namespace(c))
		return refuse_elsewhere(c);
	if (type == HANDOVER_HELLO && c->stage == CONTROL_NEW)
		return hear_hello(c, o, s, lingers, agent, m, now_ms);
	if (type == HANDOVER_END && c->stage == CONTROL_NEW) {
		if (sd_is_there())
			return refuse(c, "systemd runs it: 'systemctl stop' of its unit ends it");
		enter(c, CONTROL_WAITING, now_ms);
		return CONTROL_END;
	}
	if (type == HANDOVER_QUIESCE && c->stage == CONTROL_CHECKING) {
		enter(c, CONTROL_WAITING, now_ms);
		return CONTROL_QUIESCE;
	}
	if (type == HANDOVER_READY && c->stage == CONTROL_QUIET)
		return CONTROL_LEAVE;
	return lost(c);
}

enum control_order control_hear(struct control *c, const struct options *o, const struct store *s,
				bool lingers, pid_t agent, __u64 now_ms)
{
	struct handover_msg m;
	int fd, type = handover_receive(c->peer, &m, &fd, 0);

	if (fd >= 0)
		close(fd);
	if (type == -EAGAIN)
		return CONTROL_NOTHING;
	return type <= 0 ? lost(c) : hear(c, o, s, lingers, agent, type, &m, now_ms);
}

enum control_order control_quiet(struct control *c, const struct store *s, __u64 now_ms)
{
	if (handover_send_table(c->peer, s))
		return lost(c);
	enter(c, CONTROL_QUIET, now_ms);
	return CONTROL_NOTHING;
}

/* From here on no READY comes in; one that was there before counts. */
static enum control_order too_late(struct control *c)
{
	struct handover_msg m = {0};
	int fd, type;

	shutdown(c->peer, SHUT_RD);
	type = handover_receive(c->peer, &m, &fd, 0);
	if (type == HANDOVER_READY)
		return CONTROL_LEAVE;
	return lost(c);
}

enum control_order control_tick(struct control *c, __u64 now_ms)
{
	static const unsigned int limit_ms[] = {[CONTROL_NEW] = HELLO_MS,
						[CONTROL_CHECKING] = CHECK_MS,
						[CONTROL_QUIET] = READY_MS};

	if (c->stage == CONTROL_NOBODY || c->stage == CONTROL_WAITING ||
	    now_ms - c->since_ms < limit_ms[c->stage])
		return CONTROL_NOTHING;
	return c->stage == CONTROL_QUIET ? too_late(c) : lost(c);
}
