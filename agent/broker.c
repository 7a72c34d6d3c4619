// SPDX-License-Identifier: BSD-2-Clause
/*
 * broker.c - messages of workers, and the answers to them (lib/broker.h)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "former.h"
#include "holders.h"
#include "log.h"
#include "message.h"
#include "owner.h"
#include "peer.h"
#include "phase.h"
#include "plural.h"
#include "role.h"
#include "users.h"
#include "whose.h"
#include "worker.h"

static int welcome(struct agent *a, struct peer *p, __u32 cores)
{
	struct domain *d = p->domain;
	struct shunt_msg_welcome m = { .domain = d->id, .cores = cores, .slot = d->pool.state->slot,
				       .geo = d->pool.r.geo };
	__u32 nsockets = sockets_of(&d->pool.r.geo);
	int fd[PEER_FDS];

	memcpy(m.cpu, a->maps.domains[d->id].cpu, sizeof(m.cpu));
	for (int i = 0; i < SHUNT_CLASSES; i++) {
		memcpy(m.class_name[i], a->maps.classes[i].name, SHUNT_NAME_LEN);
		m.requeue[i] = a->maps.classes[i].requeue;
	}
	fd[SHUNT_FD_MEMORY] = d->pool.memory;
	fd[SHUNT_FD_VIEW] = d->pool.view_fd;
	memcpy(fd + SHUNT_FD_SOCKETS, d->pool.sock, nsockets * sizeof(int));
	return peer_send(p, &m, sizeof(m), SHUNT_MSG_WELCOME, fd, SHUNT_FD_SOCKETS + nsockets);
}

/* The peer becomes the domain's worker: memory, sockets, policy. On failure nothing has changed. */
static int settle(struct agent *a, struct peer *p, struct domain *d)
{
	struct kin kin = holders_kin(d);
	int err;

	p->domain = d;
	p->policy_gen = 0;
	err = a->role->tell_first(a, p);
	if (!err)
		err = welcome(a, p, d->pool.state->worker_cores);
	if (err) {
		p->domain = NULL;
		return err;
	}
	p->stage = PEER_WORKER;
	d->worker.user = p->uid + 1;
	worker_here(d, p, &kin);
	/* or later: messages that it sent meanwhile, BYE maybe, are to be read first */
	p->behind = a->role->tell_news(a, p);
	return 0;
}

/* The peer has left already, or the kernel carries no descriptors now. */
static void not_welcome(struct agent *a, struct peer *p, int err)
{
	if (err == -EPIPE || err == -ECONNRESET || p->given) {
		peer_drop(a, p);
		return;
	}
	log_say(LOG_WARNING, "cannot hand descriptors to process %u: %s; trying again", p->pid,
		err == -ETOOMANYREFS ? "too many that root's processes sent are not read yet"
				     : strerror(-err));
	p->waits = "shuntd cannot hand out descriptors, see its messages";
}

static void attach(struct agent *a, struct peer *p, struct domain *d)
{
	__u32 all = d->pool.r.geo.ncores, cores = p->cores && p->cores < all ? p->cores : all;
	bool had = d->phase == DOMAIN_LEFT;
	int pidfd, err;

	p->waits = users_pause(a, p->uid);
	if (!p->waits)
		p->waits = users_unread(a, p, d);
	if (p->waits || !a->role->is_fit(a, p, d))
		return;
	pidfd = fcntl(p->pidfd, F_DUPFD_CLOEXEC, 0);
	err = pidfd < 0 ? -errno : worker_attach(d, p->pid, p->uid, pidfd, cores);
	if (err) {
		peer_refuse(a, p, err,
			    err == -EMFILE || err == -ENFILE
				    ? "shuntd may open no more files: raise RLIMIT_NOFILE ('ulimit "
				      "-n', LimitNOFILE=)"
				    : "shuntd has no room for another worker");
		return;
	}
	err = settle(a, p, d);
	if (err) {
		worker_unwelcome(d, had, a->now_ns);
		not_welcome(a, p, err);
		return;
	}
	a->served = true;
	log_say(LOG_INFO, "worker '%s' (process %u) came to domain %u with %u %s", p->name, p->pid,
		d->id, cores, plural(cores, "core", "cores"));
}

/* A worker that has a domain, on a new connection.
 * Its old connection stays until this one is set up. */
static void attach_again(struct agent *a, struct peer *p, struct domain *d)
{
	struct peer *old = d->worker.peer;
	int err;

	p->waits = users_unread(a, p, d);
	if (p->waits)
		return;
	err = settle(a, p, d);
	if (err) {
		not_welcome(a, p, err);
		return;
	}
	if (old)
		peer_drop(a, old);
	log_say(LOG_INFO, "worker %u of domain %u is connected again", p->pid, d->id);
}

/* For a worker that names none: the domain that it had before
 * its goodbye, else one for its user alone, else any. */
static struct domain *find_free(struct agent *a, const struct peer *p, bool *soon)
{
	struct domain *own = NULL, *any = NULL;

	*soon = false;
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		struct domain *d = &a->domain[i];

		if (!a->maps.domains[i].on || !owner_may_have(a, p, i))
			continue;
		if (d->phase == DOMAIN_LEFT && d->pool.state->worker_pid == p->pid)
			return d;
		*soon |= d->phase != DOMAIN_TAKEN;
		if (d->phase != DOMAIN_FREE)
			continue;
		if (a->maps.domains[i].user && !own)
			own = d;
		if (!any)
			any = d;
	}
	return own ? own : any;
}

/* The peer holds rings that are not ours: they must be given up before there can be new ones. */
static void tell_leave(struct agent *a, struct peer *p, struct domain *d)
{
	struct shunt_msg m;

	p->stage = PEER_LEAVING;
	p->since_ns = a->now_ns;
	if (d->former.pid == p->pid)
		former_is(d, p->pidfd, p->uid + 1, false);
	if (peer_send(p, &m, sizeof(m), SHUNT_MSG_LEAVE, NULL, 0))
		peer_drop(a, p);
}

static void serve_one(struct agent *a, struct peer *p, struct domain *d)
{
	char text[SHUNT_TEXT_LEN];

	switch (d->phase) {
	case DOMAIN_FREE:
		attach(a, p, d);
		break;
	case DOMAIN_TAKEN:
		if (d->pool.state->worker_pid == p->pid) {
			attach_again(a, p, d);
			break;
		}
		snprintf(text, sizeof(text),
			 "domain %u has a worker already (process %u): stop it, or ask for "
			 "another",
			 d->id, d->pool.state->worker_pid);
		peer_refuse(a, p, -EBUSY, text);
		break;
	case DOMAIN_LEFT:
		if (d->pool.state->worker_pid == p->pid && worker_may_return(d, a->now_ns))
			attach(a, p, d);
		break;
	case DOMAIN_BUSY:
		if (d->former.pid == p->pid || a->role->may_hold_rings(a))
			tell_leave(a, p, d);
		break;
	case DOMAIN_OFF:
	case DOMAIN_RECLAIM:
		break; /* soon */
	}
}

static void serve_any(struct agent *a, struct peer *p)
{
	char text[SHUNT_TEXT_LEN];
	struct domain *d;
	bool soon;

	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		d = &a->domain[i];
		if (d->phase == DOMAIN_BUSY && d->former.pid == p->pid) {
			p->want = i;
			broker_serve(a, p);
			return;
		}
	}
	d = find_free(a, p, &soon);
	if (d) {
		serve_one(a, p, d);
	} else if (!soon) {
		owner_explain_none(a, p, text, sizeof(text));
		peer_refuse(a, p, -EBUSY, text);
	}
}

void broker_serve(struct agent *a, struct peer *p)
{
	char text[SHUNT_TEXT_LEN];
	const char *why;
	int err;

	/* A connection may outlive its process. By now the process
	 * of that number may be another one: the domain's worker. */
	if (shunt_process_ended(p->pidfd)) {
		peer_drop(a, p);
		return;
	}
	err = a->role->has_room(a, &why);
	if (err == -EAGAIN)
		return;
	if (err) {
		peer_refuse(a, p, err, why);
	} else if (!a->maps.agent) {
		snprintf(text, sizeof(text), "shunt is not loaded on '%s'", a->opts.ifname);
		peer_refuse(a, p, -ENODEV, text);
	} else if (p->want == SHUNT_ANY_DOMAIN) {
		serve_any(a, p);
	} else if (p->want >= SHUNT_DOMAINS || !a->maps.domains[p->want].on) {
		snprintf(text, sizeof(text), "'%s' has no domain %u", a->opts.ifname, p->want);
		peer_refuse(a, p, -ENODEV, text);
	} else if (!owner_may_have(a, p, p->want)) {
		owner_explain_domain(a, p, p->want, text, sizeof(text));
		peer_refuse(a, p, -EACCES, text);
	} else {
		serve_one(a, p, &a->domain[p->want]);
	}
}

static int hear_hello(struct agent *a, struct peer *p, const struct shunt_msg_hello *m)
{
	if (p->stage != PEER_NEW)
		return -EPROTO;
	p->want = m->domain;
	p->cores = m->cores;
	for (int i = 0; i < SHUNT_NAME_LEN - 1 && m->name[i]; i++)
		p->name[i] = m->name[i] > ' ' && m->name[i] < 127 ? m->name[i] : '?';
	p->stage = PEER_WAITING;
	p->since_ns = a->now_ns;
	broker_serve(a, p);
	return 0;
}

static int hear_core(struct agent *a, struct peer *p, const struct shunt_msg_core *m)
{
	if (p->stage == PEER_LEAVING)
		return 0; /* of rings that are nobody's any more */
	if (p->stage != PEER_WORKER || m->core >= p->domain->pool.state->worker_cores)
		return -EPROTO;
	if (m->msg.type == SHUNT_MSG_DOWN) {
		if (m->tid == SHUNT_DOWN_NO_CPU)
			log_say(LOG_WARNING,
				"core %u of domain %u cannot run on its CPU, which is offline: it "
				"is off until the CPU is back", m->core, p->domain->id);
		worker_down(p->domain, m->core);
		return 0;
	}
	worker_up(p->domain, m->core, a->now_ns);
	a->role->core_up(a, m->core);
	return 0;
}

static int hear_bye(struct agent *a, struct peer *p)
{
	struct domain *d = p->domain;

	if (p->stage != PEER_WORKER && p->stage != PEER_LEAVING)
		return -EPROTO;
	p->domain = NULL;
	p->stage = PEER_LEAVING;
	if (d)
		worker_bye(d, a->now_ns);
	for (int i = 0; !d && i < SHUNT_DOMAINS; i++) {
		if (a->domain[i].former.pid == p->pid)
			a->domain[i].former.pid = 0;
	}
	peer_drop(a, p);
	return 0;
}

int broker_hear(struct agent *a, struct peer *p, const void *buf)
{
	switch (((const struct shunt_msg *)buf)->type) {
	case SHUNT_MSG_HELLO:
		return hear_hello(a, p, buf);
	case SHUNT_MSG_UP:
	case SHUNT_MSG_DOWN:
		return hear_core(a, p, buf);
	default:
		return hear_bye(a, p);
	}
}
