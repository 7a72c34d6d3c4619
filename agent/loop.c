// SPDX-License-Identifier: BSD-2-Clause
/*
 * loop.c - the agent's loop: does what is due, then waits for what comes, or for what is due next
 */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "clock.h"
#include "cost.h"
#include "damage.h"
#include "domain.h"
#include "due.h"
#include "iface.h"
#include "keeper.h"
#include "log.h"
#include "loop.h"
#include "nudge.h"
#include "peers.h"
#include "phase.h"
#include "reclaim.h"
#include "role.h"
#include "store.h"
#include "worker.h"

enum { FD_KEEPER, FD_SIGNALS, FD_NETLINK, FD_LISTENER, FD_PINS, FD_ROLE, FD_FIXED };

static void turn_domains(struct agent *a)
{
	a->busy = false;
	damage_check(a);
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		struct domain *d = &a->domain[i];

		worker_check(d, a->now_ns);
		if (d->phase == DOMAIN_RECLAIM)
			a->busy |= reclaim_turn(a, d);
	}
	if (due_make(a) && a->now_ns >= a->make_ns)
		agent_make_domains(a);
	if (a->now_ns >= a->sockets_ns)
		agent_put_back_sockets(a);
}

static void tick(struct agent *a)
{
	a->ticked_ns = a->now_ns;
	if (a->now_ns - a->checked_ns >= DUE_SELDOM_NS || !a->maps.agent)
		agent_check(a);
	if (a->maps.agent)
		a->role->tick(a);
	store_retry(a->store);
	peers_tick(a);
	cost_tick(a);
}

static void turn(struct agent *a)
{
	a->now_ns = clock_ns();
	a->cost.turns++;
	if (a->now_ns >= a->check_ns)
		agent_check(a);
	if (a->maps.agent) {
		turn_domains(a);
		a->role->turn(a);
	}
	if (a->maps.agent && a->role->watches(a) && a->now_ns + a->watch_slack_ns >= a->watch_ns)
		a->role->watch(a);
	if (a->now_ns + DUE_SLACK_NS >= a->ticked_ns + due_pace(a))
		tick(a);
}

/* Until the next turn is due; a watch in microseconds needs a wait in microseconds. */
static struct timespec timeout(const struct agent *a)
{
	__u64 now = clock_ns(), next = due_next(a);

	if (a->busy || now >= next)
		return (struct timespec){ 0 };
	return (struct timespec){ (next - now) / 1000000000, (next - now) % 1000000000 };
}

/* Fills in the fixed descriptors, then workers' processes and
 * connections. Returns how many; who[]: the peer of each. */
static int gather(struct agent *a, struct pollfd *p, struct peer **who)
{
	int n = FD_FIXED;

	p[FD_KEEPER] = (struct pollfd){ .fd = a->keeper, .events = POLLIN };
	p[FD_SIGNALS] = (struct pollfd){ .fd = a->signals, .events = POLLIN };
	p[FD_NETLINK] = (struct pollfd){ .fd = a->netlink, .events = POLLIN };
	p[FD_LISTENER] = (struct pollfd){ .fd = peers_lets_in(a) ? a->listener : -1,
					  .events = POLLIN };
	p[FD_PINS] = (struct pollfd){ .fd = nudge_fd(a), .events = POLLIN };
	p[FD_ROLE] = (struct pollfd){ .fd = a->role->fd(a), .events = POLLIN };
	for (unsigned int i = 0; i < a->npeers; i++) {
		if (!peers_listens_to(&a->peer[i]))
			continue;
		who[n] = &a->peer[i];
		p[n++] = (struct pollfd){ .fd = a->peer[i].fd, .events = POLLIN };
	}
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		if (a->domain[i].phase != DOMAIN_TAKEN && a->domain[i].phase != DOMAIN_LEFT)
			continue;
		who[n] = NULL; /* worker_check() looks */
		p[n++] = (struct pollfd){ .fd = a->domain[i].worker.ended_ns ? -1 :
						a->domain[i].worker.process, .events = POLLIN };
	}
	return n;
}

static void become_keeper(struct agent *a)
{
	log_say(LOG_WARNING, "the keeper died: taking its place");
	a->role->stop(a);
	notify("MAINPID=%d", getpid());
	log_say(LOG_ERR, "cannot become the keeper: %s",
		strerror(-keeper_become(a->store, a->argv)));
}

static void hear(struct agent *a, const struct pollfd *p, struct peer **who, int n)
{
	if (p[FD_NETLINK].revents && iface_changed(a->netlink)) {
		a->check_ns = 0;
		a->addrs_due = true;
	}
	if (p[FD_PINS].revents)
		nudge_hear(a);
	for (int i = FD_FIXED; i < n; i++) {
		if (p[i].revents && who[i] && who[i]->fd == p[i].fd)
			peers_hear(a, who[i]);
	}
	if (p[FD_LISTENER].revents)
		peers_accept(a);
	if (p[FD_ROLE].revents)
		a->role->hear(a);
}

bool loop_turn(struct agent *a)
{
	struct pollfd p[FD_FIXED + PEERS_MAX + SHUNT_DOMAINS];
	struct peer *who[FD_FIXED + PEERS_MAX + SHUNT_DOMAINS];
	struct timespec wait;
	int n;

	turn(a);
	if (a->refused)
		return false;
	n = gather(a, p, who);
	wait = timeout(a);
	if (ppoll(p, n, &wait, NULL) <= 0)
		return true;
	a->now_ns = clock_ns();
	if (p[FD_SIGNALS].revents)
		return false;
	if (p[FD_KEEPER].revents) {
		become_keeper(a);
		return false;
	}
	hear(a, p, who, n);
	return true;
}
