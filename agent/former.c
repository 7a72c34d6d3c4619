// SPDX-License-Identifier: BSD-2-Clause
/*
 * former.c - the worker that had the former rings, and the
 * messages while a process still holds them
 *
 * A former worker's sockets may also be where nothing shows them: in a message that nobody has
 * read, in a UNIX socket of its user's. The kernel then tells nobody whose they are, so the last
 * worker and its user are named.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "agent.h"
#include "domain.h"
#include "former.h"
#include "holders.h"
#include "log.h"
#include "whose.h"

#define LEAVE_NS 5000000000ULL /* how long new rings wait for the worker that had the old ones */

void former_is(struct domain *d, int pidfd, __u32 user, bool left)
{
	if (pidfd < 0 || d->former.process >= 0)
		return;
	d->former.process = fcntl(pidfd, F_DUPFD_CLOEXEC, 0);
	d->former.user = user;
	d->former.left = left;
	d->former.killed = d->worker.killed;
	d->former.spared = d->worker.spared;
}

void former_forget(struct domain *d)
{
	if (d->former.process >= 0)
		close(d->former.process);
	d->former.process = -1;
	d->former.sought = false;
	d->former.sought_at = 0;
	d->why[0] = '\0';
}

bool former_is_gone(const struct domain *d, __u64 now_ns)
{
	return d->former.process < 0 || !d->former.pid || d->former.left ||
	       shunt_process_ended(d->former.process) || now_ns - d->former.since_ns >= LEAVE_NS;
}

void former_end(struct domain *d, __u32 drain_ms, __u64 now_ns)
{
	struct former *f = &d->former;
	int err;

	if (f->process < 0 || !f->pid || !drain_ms || f->killed ||
	    now_ns - f->since_ns < drain_ms * 1000000ULL)
		return;
	err = f->user ? shunt_process_is_of(f->process, f->pid, f->user - 1) : 0;
	f->spared = err && err != -ESRCH;
	if (err)
		return;
	f->killed = true;
	log_say(LOG_WARNING,
		"worker %u still holds the former rings of queue %u, %u ms after it was told to "
		"leave: killing it", f->pid, domain_queue(d), drain_ms);
	if (pidfd_send_signal(f->process, SIGKILL, NULL, 0) && errno != ESRCH)
		log_say(LOG_ERR, "cannot kill worker %u: %m; end it yourself", f->pid);
}

/* No process is seen to have them. */
static void explain_hidden(const struct agent *a, const struct domain *d, struct why *why)
{
	const struct kin *kin = &d->worker.kin;
	__u32 user = kin->user ? kin->user : agent_of(d)->view_user;
	char last[64] = "";

	if (!user) {
		why_hint(why, "end it ('shunt doctor --dev %s' names it)", a->opts.ifname);
		why_fail(why, -EBUSY, "queue %u is in use by another AF_XDP program",
			 domain_queue(d));
		return;
	}
	if (kin->pid && kin->user)
		snprintf(last, sizeof(last), ", whose worker %u ('%s') had them last", kin->pid,
			 kin->name);
	why_hint(why, "end that user's processes ('shunt doctor --dev %s' may name it)",
		 a->opts.ifname);
	why_fail(why, -EBUSY, "the former sockets of queue %u are still held: by a process of user "
		 "%u%s, or in a message in a UNIX socket of it", domain_queue(d), user - 1, last);
}

void former_explain(const struct agent *a, struct domain *d, struct why *why)
{
	const struct former *f = &d->former;

	if (holders_find(d, a->now_ns)) {
		why_hint(why, "end it");
		why_fail(why, -EBUSY, "process %u ('%s'), it seems a child of a former worker, "
			 "still holds the rings of queue %u", f->holder, d->worker.kin.name,
			 domain_queue(d));
	} else if (!f->sought) {
		return;
	} else if (f->pid && (f->process < 0 || !shunt_process_ended(f->process))) {
		why_hint(why, "it was told to leave, end it if it does not%s",
			 f->spared ? " (shuntd does not: it has other rights than those of its "
				     "user, as a set-user-ID program has)"
				   : "");
		why_fail(why, -EBUSY, "worker %u still holds the former rings of queue %u", f->pid,
			 domain_queue(d));
	} else {
		explain_hidden(a, d, why);
	}
}
