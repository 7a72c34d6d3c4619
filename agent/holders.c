// SPDX-License-Identifier: BSD-2-Clause
/*
 * holders.c - names the process that keeps a queue in use
 *
 * The kernel refuses a new UMEM for a queue as long as anybody has a socket of the old one open, or
 * a ring of it mapped: a worker that does not leave, or a child of it that was made without
 * fork()'s handlers. shuntd has not the rights to look into processes, so it goes by what anybody
 * may see: such a child has its parent's session, name and user, and began later. (`shunt doctor`,
 * as root, looks at the descriptors themselves.)
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain.h"
#include "holders.h"
#include "worker.h"

#define AGAIN_NS 1000000000ULL
#define AT_ONCE 64 /* processes that are looked at in one go */

/* From /proc/PID/stat: the name is in parentheses, and may hold any characters. */
static bool read_kin(__u32 pid, struct kin *k)
{
	char path[32], text[512], *open, *close;
	unsigned long long began = 0;
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	f = fopen(path, "re");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	if (f)
		fclose(f);
	text[n] = '\0';
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || close < open)
		return false;
	snprintf(k->name, sizeof(k->name), "%.*s", (int)(close - open - 1), open + 1);
	for (char *at = k->name; *at; at++) { /* it chose them, and a log has lines */
		if (*at < ' ' || *at > '~')
			*at = '?';
	}
	/* state, parent, group, session, … and as the 20th after the name the start */
	if (sscanf(close + 1,
		   " %*c %*d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
		   "%llu",
		   &k->session, &began) != 2)
		return false;
	k->began = began;
	return true;
}

struct kin holders_kin(const struct domain *d)
{
	struct kin k;

	if (!read_kin(d->pool.state->worker_pid, &k))
		k = (struct kin){ .name = "?" };
	k.pid = d->pool.state->worker_pid;
	k.user = d->pool.state->owner;
	return k;
}

/* May the process be of that user? One that nobody may look into shows root. */
static bool may_be_of(__u32 pid, uid_t uid)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u", pid);
	return !stat(path, &st) && (st.st_uid == uid || !st.st_uid);
}

static bool is_child(const struct domain *d, __u32 pid, const struct kin *k)
{
	const struct kin *last = &d->worker.kin;

	if (pid == d->former.pid || !last->began || k->session != last->session ||
	    k->began < last->began || strcmp(k->name, last->name) ||
	    (last->user && !may_be_of(pid, last->user - 1)))
		return false;
	for (int i = 0; i < SHUNT_DOMAINS; i++) {
		if (d->maps->agent[i].worker_pid == pid)
			return false;
	}
	return true;
}

/* A user may have any number of processes, so some are looked at in one go. The child, or 0; *at is
 * where to go on, or 0: there is no more to look at. */
static __u32 look_at_some(const struct domain *d, long *at)
{
	const struct dirent *e = NULL;
	DIR *proc = opendir("/proc");
	__u32 found = 0;
	struct kin k;

	if (proc && *at)
		seekdir(proc, *at);
	for (int n = 0; proc && !found && n < AT_ONCE && (e = readdir(proc));) {
		__u32 pid = isdigit(e->d_name[0]) ? strtoul(e->d_name, NULL, 10) : 0;

		n += !!pid;
		if (pid && read_kin(pid, &k) && is_child(d, pid, &k))
			found = pid;
	}
	*at = e && !found ? telldir(proc) : 0;
	if (proc)
		closedir(proc);
	return found;
}

bool holders_find(struct domain *d, __u64 now_ns)
{
	struct former *f = &d->former;
	__u32 found;

	if (!f->sought_at && now_ns - f->sought_ns < AGAIN_NS)
		return f->holder;
	found = look_at_some(d, &f->sought_at);
	if (f->sought_at) /* until all were looked at, the one that was found before counts */
		return f->holder;
	f->sought_ns = now_ns;
	f->sought = true;
	f->holder = found;
	return found;
}
