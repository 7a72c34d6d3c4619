// SPDX-License-Identifier: BSD-2-Clause
/*
 * suspect.c - notes what speaks against a policy: judge.c decides on it
 *
 * A core's run line says in which function of which generation's policy it is. A core that is
 * silent there is stalled by the policy, whatever else is wrong with its worker.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "domain.h"
#include "suspect.h"

/* Is the core in a function of the policy? */
static bool asks(const struct domain *d, __u32 core, struct suspect *s)
{
	__u16 word = peek(d->pool.r.view->core[core].run.asks);

	if (!word)
		return false;
	*s = (struct suspect){ .op = SHUNT_ASKS_OP(word), .core = core, .gen = SHUNT_ASKS_GEN(word),
			       .pid = d->pool.state->worker_pid, .pidfd = -1 };
	return true;
}

/* A policy that stalls its core never sleeps. A thread that does (or was stopped, or is gone) is
 * elsewhere, whatever its run line says. */
static bool is_running(const struct domain *d, __u32 core)
{
	char path[64], stat[128], *name_end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/task/%u/stat", d->pool.state->worker_pid,
		 peek(d->pool.r.view->core[core].run.tid));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, stat, sizeof(stat) - 1);
	if (fd >= 0)
		close(fd);
	stat[n > 0 ? n : 0] = '\0';
	name_end = strrchr(stat, ')');
	return name_end && name_end[1] == ' ' && name_end[2] == 'R';
}

bool suspect_silent(struct domain *d, __u32 core, __u64 now_ns)
{
	struct suspect s;

	if (!asks(d, core, &s) || !is_running(d, core))
		return false;
	s.why = SHUNT_REFUSED_STALL;
	s.since_ns = now_ns;
	d->worker.suspect = s;
	return true;
}

void suspect_dead(struct domain *d, __u64 now_ns)
{
	struct suspect s;

	for (__u32 i = 0; i < d->pool.r.geo.ncores; i++) {
		if (!asks(d, i, &s))
			continue;
		s.why = SHUNT_REFUSED_FAULT;
		s.since_ns = now_ns;
		s.pidfd = d->worker.process < 0 ? -1 : fcntl(d->worker.process, F_DUPFD_CLOEXEC, 0);
		d->worker.suspect = s;
		return;
	}
}
