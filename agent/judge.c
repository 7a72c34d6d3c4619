// SPDX-License-Identifier: BSD-2-Clause
/*
 * judge.c - decides on what speaks against a policy (suspect.h), and puts a guilty one out of force
 *
 * A worker that died in a function of the policy need not have died of it: it may have been killed
 * at that moment, as the kernel says from Linux 6.15 on. Where it does not, one death is chance, a
 * second in the same generation is not.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "accuse.h"
#include "agent.h"
#include "domain.h"
#include "inforce.h"
#include "judge.h"
#include "log.h"
#include "shared.h"
#include "whose.h"

#define REAP_NS 300000000ULL /* from a death until the parent has looked at it, as most do */

/*
 * The process's exit status, as wait() says it (Linux 6.15, once its parent has been told).
 * -EAGAIN: not known yet; -EOPNOTSUPP: this kernel does not say.
 */
static int ended_with(int pidfd)
{
	struct shunt_pidfd_info info = { .mask = SHUNT_PIDFD_EXIT };

	if (pidfd < 0 || (ioctl(pidfd, SHUNT_PIDFD_GET_INFO, &info) && errno != ESRCH))
		return -EOPNOTSUPP;
	return info.mask & SHUNT_PIDFD_EXIT ? info.exit_code : -EAGAIN;
}

/* Signals that a process brings on itself by wrong code, or that its handler for these sends. */
static bool is_fault(int sig)
{
	return sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL ||
	       sig == SIGTRAP || sig == SIGABRT || sig == SIGSYS;
}

static void acquit(struct suspect *s)
{
	if (s->pidfd >= 0)
		close(s->pidfd);
	*s = (struct suspect){ .pidfd = -1 };
}

/* 1: it was the policy; 0: it was not; -EAGAIN: not known yet. */
static int judge_death(struct agent *a, struct domain *d, int *sig)
{
	struct suspect *s = &d->worker.suspect;
	int status = ended_with(s->pidfd);

	*sig = 0;
	if (status == -EAGAIN && a->now_ns - s->since_ns < REAP_NS)
		return status;
	if (status >= 0) {
		*sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
		return is_fault(*sig);
	}
	if (shared_of(a)->condemned.doubted == shared_of(a)->policy.msg.gen)
		return 1;
	shared_of(a)->condemned.doubted = shared_of(a)->policy.msg.gen;
	log_say(LOG_WARNING,
		"worker %u died in %s of the policy, and nobody tells what of: if that happens "
		"again, the policy is put out of force",
		s->pid, shunt_ask_name(s->op));
	return 0;
}

/* Is the suspect policy still in force? Another one has been dealt with. */
static bool is_current(const struct agent *a, const struct suspect *s)
{
	return s->gen == SHUNT_ASKS_GEN(SHUNT_ASKS(shared_of(a)->policy.msg.gen, 0));
}

/* Can workers of other users have the policy in force, now or later? */
static bool for_others(const struct agent *a, const struct domain *d)
{
	const struct let_in in = { .user = a->opts.user, .nusers = a->opts.nusers,
				   .ngroups = a->opts.ngroups };
	struct claim claim[SHUNT_DOMAINS];
	unsigned int n = 0;

	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		if (&a->domain[i] != d && a->maps.domains[i].on)
			claim[n++] = (struct claim){ .worker = a->maps.agent[i].worker_user,
						     .only = a->maps.domains[i].user };
	}
	return accuse_concerns_others(d->worker.user - 1, claim, n, &in);
}

static bool is_enough(struct agent *a, const struct domain *d)
{
	const struct suspect *s = &d->worker.suspect;

	if (accuse(&shared_of(a)->condemned.first, shared_of(a)->policy.msg.gen, d->worker.user - 1,
		   for_others(a, d)))
		return true;
	log_say(LOG_WARNING,
		"policy '%.15s' seems to stall or end worker %u of domain %u, but user %u's word "
		"alone does not put it out of force for others: either a worker of another user "
		"says the same, or you put another in force with 'shunt switch'",
		shared_of(a)->policy.msg.desc.name, s->pid, d->id, d->worker.user - 1);
	return false;
}

static void condemn(struct agent *a, struct domain *d, int sig)
{
	const struct suspect *s = &d->worker.suspect;
	struct shunt_refused *e = &shared_of(a)->condemned.entry;
	const struct policy *p = &shared_of(a)->policy;

	*e = (struct shunt_refused){ .hash = p->hash, .gen = p->msg.gen, .time_s = time(NULL),
				     .why = s->why,
				     .op = s->op, .domain = d->id, .core = s->core, .pid = s->pid,
				     .signal = sig };
	memcpy(e->name, p->msg.desc.name, sizeof(e->name));
	shared_of(a)->condemned.told = false;
	if (s->why == SHUNT_REFUSED_STALL)
		agent_of(d)->policy_stalls++;
	else
		agent_of(d)->policy_faults++;
}

static void consider(struct agent *a, struct domain *d)
{
	struct suspect *s = &d->worker.suspect;
	int guilty = 1, sig = 0;

	if (!s->why)
		return;
	if (!is_current(a, s) || shared_of(a)->condemned.entry.hash) {
		acquit(s);
		return;
	}
	if (s->why == SHUNT_REFUSED_FAULT)
		guilty = judge_death(a, d, &sig);
	if (guilty == -EAGAIN)
		return;
	if (guilty && is_enough(a, d))
		condemn(a, d, sig);
	acquit(s);
}

/* Until it is done, or cannot be. An agent that dies in
 * between leaves the entry, which the next one finds. */
static void carry_out(struct agent *a)
{
	const struct shunt_refused entry = shared_of(a)->condemned.entry;
	char text[128], line[240];
	struct why why = { 0 };
	int done = putback_refuse(a, &entry);

	if (!done)
		done = putback(a, &why);
	why_line(&why, line, sizeof(line));
	why_forget(&why);
	if (!done || done == -EBUSY)
		return;
	shared_of(a)->condemned.entry.hash = 0;
	shunt_refused_why(&entry, text, sizeof(text));
	if (done > 0) {
		policy_refresh(a);
		log_say(LOG_ERR,
			"policy '%.15s' is put out of force: %s; '%.15s' is in force again%s. "
			"'shunt switch' refuses the former from now on, unless by --force",
			entry.name, text, shared_of(a)->policy.msg.desc.name,
			entry.why == SHUNT_REFUSED_FAULT ? ": start the worker again" : "");
	} else {
		shared_of(a)->condemned.told = true;
		log_say(LOG_ERR, "policy '%.15s' should be put out of force: %s; but %s",
			entry.name, text, line);
	}
}

bool judge_goes_on(const struct agent *a)
{
	bool any = shared_of(a)->condemned.entry.hash;

	for (int i = 0; i < SHUNT_DOMAINS; i++)
		any |= a->domain[i].worker.suspect.why;
	return any;
}

void judge_turn(struct agent *a)
{
	for (int i = 0; i < SHUNT_DOMAINS; i++)
		consider(a, &a->domain[i]);
	if (shared_of(a)->condemned.entry.hash)
		carry_out(a);
}
