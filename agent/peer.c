// SPDX-License-Identifier: BSD-2-Clause
/*
 * peer.c - one connection to the broker: messages to it, and its end
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent.h"
#include "log.h"
#include "peer.h"
#include "scm.h"
#include "worker.h"

int peer_send(struct peer *p, void *msg, size_t len, enum shunt_msg_type type, const int *fd,
	      unsigned int nfd)
{
	SCM_ROOM(PEER_FDS) control;
	struct iovec iov = { .iov_base = msg, .iov_len = len };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1 };
	unsigned int before;

	*(struct shunt_msg *)msg = (struct shunt_msg){ .magic = SHUNT_MSG_MAGIC, .abi = SHUNT_ABI,
						       .type = type };
	scm_pack(&hdr, &control, fd, nfd);
	before = nfd && !peer_has_unread(p) ? 0 : p->given;
	if (sendmsg(p->fd, &hdr, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return -errno;
	p->given = before + nfd;
	return 0;
}

bool peer_is_attached(const struct peer *p)
{
	return p->stage == PEER_WORKER && p->domain->worker.peer == p;
}

void peer_drop(struct agent *a, struct peer *p)
{
	if (peer_is_attached(p))
		worker_hung_up(p->domain, a->now_ns);
	if (p->pidfd >= 0)
		close(p->pidfd);
	p->pidfd = -1;
	p->domain = NULL;
	p->stage = p->fd < 0 || peer_end(p) ? PEER_NONE : PEER_UNREAD;
	if (p->stage == PEER_NONE)
		*p = (struct peer){ .fd = -1, .pidfd = -1 };
}

void peer_count_bad(struct agent *a)
{
	for (int i = 0; a->maps.agent && i < SHUNT_DOMAINS; i++) {
		if (a->maps.domains[i].on) {
			a->maps.agent[i].bad_peers++;
			return;
		}
	}
}

void peer_bad(struct agent *a, struct peer *p, const char *why)
{
	log_say(LOG_WARNING, "dropped a connection of process %u: %s", p->pid, why);
	peer_count_bad(a);
	peer_drop(a, p);
}

void peer_tell_refusal(struct agent *a, int level, const struct peer *p, const char *text)
{
	char words[2 * SHUNT_TEXT_LEN];

	refusal_words(p, text, words, sizeof(words));
	if (refusal_is_news(a->refusal, p->pid, text, a->now_ns))
		log_say(level, "refused %s", words);
	else
		log_say(LOG_DEBUG, "refused again %s", words);
}

void peer_refuse(struct agent *a, struct peer *p, int err, const char *text)
{
	struct shunt_msg_refused m = { .err = err };

	peer_tell_refusal(a, LOG_INFO, p, text);
	snprintf(m.text, sizeof(m.text), "%s", text);
	p->stage = PEER_REFUSED;
	p->since_ns = a->now_ns;
	if (peer_send(p, &m, sizeof(m), SHUNT_MSG_REFUSED, NULL, 0))
		peer_drop(a, p);
}
