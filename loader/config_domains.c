// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_domains.c - the configuration's domains: queues and CPUs
 */
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "setup.h"

/* A mistake in the configuration: its place and its text. */
struct mistake {
	char *at, *why;
	size_t len;
};

static int __printf(3, 4) wrong(struct mistake *m, const char *why, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(m->at, CONFIG_PATH, fmt, args);
	va_end(args);
	snprintf(m->why, m->len, "%s", why);
	return -EINVAL;
}

/* A queue is named once only, as "queue" (k < 0) or as entry k of "queues". */
static int check_queue(const struct setup *s, __u32 queue, __u32 i, int k, struct mistake *m)
{
	const char *why = NULL;

	if (queue >= SHUNT_QUEUES)
		why = "shunt serves the queues 0 to 127";
	else if (setup_serves(s, queue))
		why = "named twice";
	if (!why)
		return 0;
	return k < 0 ? wrong(m, why, "domains[%u].queue", i)
		     : wrong(m, why, "domains[%u].queues[%d]", i, k);
}

/* The domain before this one in the file that names the CPU, too; -1: none. */
static int cpu_is_taken(const struct config *all, __u32 i, __u32 cpu)
{
	for (__u32 k = 0; k < i; k++) {
		for (__u32 c = 0; c < all->domains[k].cpus_count; c++) {
			if (all->domains[k].cpus[c] == cpu)
				return k;
		}
	}
	return -1;
}

static int read_cpus(const struct config *all, struct shunt_domain *d, __u32 i, struct mistake *m)
{
	const struct config_domain *in = &all->domains[i];
	char why[160];

	for (__u32 c = 0; c < in->cpus_count; c++) {
		int other = cpu_is_taken(all, i, in->cpus[c]);

		if (in->cpus[c] > 0xffff)
			return wrong(m, "no such CPU", "domains[%u].cpus[%u]", i, c);
		if (other >= 0 && !all->share_cpus) {
			snprintf(why, sizeof(why),
				 "CPU %u is named by domains[%d], too: their workers would take it "
				 "from each other; if they shall, say 'share_cpus: true'",
				 in->cpus[c], other);
			return wrong(m, why, "domains[%u].cpus[%u]", i, c);
		}
		d->cpu[c] = in->cpus[c];
	}
	return 0;
}

/* By name or number. */
static int read_user(const struct config_domain *in, struct shunt_domain *d, __u32 i,
		     struct mistake *m)
{
	const struct passwd *pw;
	char *end;
	unsigned long uid;

	if (!in->user)
		return 0;
	pw = getpwnam(in->user);
	errno = 0;
	uid = pw ? pw->pw_uid : strtoul(in->user, &end, 10);
	if (!pw && (!isdigit((unsigned char)in->user[0]) || *end || errno || uid >= (uid_t)-1))
		return wrong(m, "there is no such user", "domains[%u].user", i);
	d->user = uid + 1;
	return 0;
}

/* One queue, whose cores the policy chooses among. */
static int read_queue(const struct config_domain *in, struct setup *s, __u32 i, struct mistake *m)
{
	int err = check_queue(s, *in->queue, i, -1, m);

	if (!err)
		setup_join(s, i, *in->queue);
	return err;
}

/* Several queues, a core each. */
static int read_queues(const struct config_domain *in, struct setup *s, __u32 i, struct mistake *m)
{
	if (in->queues_count > SHUNT_CORES)
		return wrong(m, "64 queues at most: each has a core", "domains[%u].queues", i);
	s->domains[i].by_queue = 1;
	for (__u32 k = 0; k < in->queues_count; k++) {
		int err = check_queue(s, in->queues[k], i, k, m);

		if (err)
			return err;
		setup_join(s, i, in->queues[k]);
	}
	if (in->cpus_count && in->cpus_count != in->queues_count)
		return wrong(m, "one CPU for each queue, or none at all", "domains[%u].cpus", i);
	return 0;
}

static int read_domain(const struct config *all, struct setup *s, __u32 i, __u32 *bare,
		       struct mistake *m)
{
	const struct config_domain *in = &all->domains[i];
	struct shunt_domain *d = &s->domains[i];
	int err;

	if (!in->queue == !in->queues_count)
		return wrong(m,
			     in->queue ? "'queue' or 'queues', not both"
				       : "'queue' or 'queues' is missing",
			     "domains[%u]", i);
	err = in->queue ? read_queue(in, s, i, m) : read_queues(in, s, i, m);
	if (err)
		return err;
	d->on = 1;
	if (!in->cpus_count)
		*bare |= 1u << i;
	else
		d->ncores = in->cpus_count;
	s->cfg.ndomains = i + 1;
	err = read_cpus(all, d, i, m);
	return err ? err : read_user(in, d, i, m);
}

int domains_read(const struct config *c, struct setup *s, __u32 *bare, char at[CONFIG_PATH],
		 char *why, size_t len)
{
	struct mistake m = { at, why, len };
	int err = 0;

	memset(s->domains, 0, sizeof(s->domains));
	memset(s->queues, 0, sizeof(s->queues));
	s->cfg.ndomains = 0;
	*bare = 0;
	for (__u32 i = 0; !err && i < c->domains_count; i++)
		err = read_domain(c, s, i, bare, &m);
	return err;
}
