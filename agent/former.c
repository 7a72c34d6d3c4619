// SPDX-License-Identifier: BSD-2-Clause
/*
 * former.c - the worker that had the rings of before, and what is said while somebody has them
 *
 * Its sockets may also be where nothing shows them: in a message that nobody has read, in a UNIX socket of its
 * user's. The kernel then tells nobody whose they are, so the last worker and its user are named.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "former.h"
#include "holders.h"
#include "log.h"
#include "whose.h"
#include "worker.h"

#define LEAVE_NS 5000000000ULL /* how long new rings wait for the worker that had the old ones */

void former_is(struct domain *d, int pidfd, __u32 user, bool left)
{
	if (pidfd < 0 || d->former >= 0)
		return;
	d->former = fcntl(pidfd, F_DUPFD_CLOEXEC, 0);
	d->former_user = user;
	d->former_left = left;
}

void former_forget(struct domain *d)
{
	if (d->former >= 0)
		close(d->former);
	d->former = -1;
	d->why[0] = '\0';
}

bool former_is_gone(const struct domain *d, __u64 now_ns)
{
	return d->former < 0 || !d->old_pid || d->former_left || worker_process_ended(d->former) ||
	       now_ns - d->absent_ns >= LEAVE_NS;
}

void former_end(struct domain *d, __u32 drain_ms, __u64 now_ns)
{
	int err;

	if (d->former < 0 || !d->old_pid || !drain_ms || d->killed || now_ns - d->absent_ns < drain_ms * 1000000ULL)
		return;
	err = d->former_user ? shunt_process_is_of(d->former, d->old_pid, d->former_user - 1) : 0;
	d->spared = err && err != -ESRCH;
	if (err)
		return;
	d->killed = true;
	say(LOG_WARNING, "worker %u still holds the former rings of queue %u, %u ms after it was told to leave: killing it",
	    d->old_pid, d->id, drain_ms);
	if (pidfd_send_signal(d->former, SIGKILL, NULL, 0) && errno != ESRCH)
		say(LOG_ERR, "cannot kill worker %u: %m; end it yourself", d->old_pid);
}

/* No process is seen to have them. */
static void explain_hidden(const struct agent *a, const struct domain *d, char *why, size_t len)
{
	__u32 user = d->kin.user ? d->kin.user : agent_of(d)->view_user;
	char last[64] = "";

	if (d->kin.pid && d->kin.user)
		snprintf(last, sizeof(last), ", whose worker %u ('%s') had them last", d->kin.pid, d->kin.name);
	if (user)
		snprintf(why, len, "the former sockets of queue %u are still held: by a process of user %u%s, or in a "
			 "message in a UNIX socket of it; end that user's processes ('shunt doctor --dev %s' may name it)",
			 d->id, user - 1, last, a->opts.ifname);
	else
		snprintf(why, len, "queue %u is in use by another AF_XDP program: end it "
			 "('shunt doctor --dev %s' names it)", d->id, a->opts.ifname);
}

void former_explain(const struct agent *a, struct domain *d, char *why, size_t len)
{
	if (holders_find(d, a->now_ns))
		snprintf(why, len, "process %u ('%s'), it seems a child of a former worker, still holds the rings "
			 "of queue %u: end it", d->holder, d->kin.name, d->id);
	else if (d->old_pid && (d->former < 0 || !worker_process_ended(d->former)))
		snprintf(why, len, "worker %u still holds the former rings of queue %u; it was told to leave, end it if "
			 "it does not%s", d->old_pid, d->id, d->spared ?
			 " (shuntd does not: it has other rights than those of its user, as a set-user-ID program has)" : "");
	else
		explain_hidden(a, d, why, len);
}
