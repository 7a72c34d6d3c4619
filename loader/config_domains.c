// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_domains.c - the configuration's domains: queues and CPUs
 */
#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_reader.h"

/* A queue is named once only, as "queue" (k < 0) or as entry k of "queues". */
static int check_queue(struct config_reader *r, __u32 queue, __u32 i, int k)
{
	const char *why = NULL;

	if (queue >= SHUNT_QUEUES)
		why = "shunt serves the queues 0 to 127";
	else if (setup_serves(r->s, queue))
		why = "named twice";
	if (!why)
		return 0;
	return k < 0 ? config_bad(r, why, "domains[%u].queue", i)
		     : config_bad(r, why, "domains[%u].queues[%d]", i, k);
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

static int read_cpus(struct config_reader *r, __u32 i)
{
	const struct config_domain *in = &r->c->domains[i];

	for (__u32 c = 0; c < in->cpus_count; c++) {
		int other = cpu_is_taken(r->c, i, in->cpus[c]);

		if (in->cpus[c] > 0xffff)
			return config_bad(r, "no such CPU", "domains[%u].cpus[%u]", i, c);
		if (other >= 0 && in->service && r->c->domains[other].service)
			other = -1; /* a seat */
		if (other >= 0 && !r->c->share_cpus) {
			fail(r->ctl, -EINVAL,
			     "CPU %u is named by domains[%d], too: their workers would take it "
			     "from each other; give each a 'service' and they take turns, or say "
			     "'share_cpus: true'",
			     in->cpus[c], other);
			return config_at(r, "domains[%u].cpus[%u]", i, c);
		}
		r->s->domains[i].cpu[c] = in->cpus[c];
	}
	return 0;
}

/* By name or number. */
static int read_user(struct config_reader *r, __u32 i)
{
	const struct config_domain *in = &r->c->domains[i];
	const struct passwd *pw;
	char *end, text[80];
	unsigned long uid;

	if (!in->user)
		return 0;
	pw = getpwnam(in->user);
	errno = 0;
	uid = pw ? pw->pw_uid : strtoul(in->user, &end, 10);
	if (!pw && (!isdigit((unsigned char)in->user[0]) || *end || errno || uid >= (uid_t)-1)) {
		snprintf(text, sizeof(text), "there is no user '%.40s'", in->user);
		return config_bad(r, text, "domains[%u].user", i);
	}
	r->s->domains[i].user = uid + 1;
	return 0;
}

/* One queue, whose cores the policy chooses among. */
static int read_queue(struct config_reader *r, __u32 i)
{
	__u32 queue = *r->c->domains[i].queue;
	int err = check_queue(r, queue, i, -1);

	if (!err)
		setup_join(r->s, i, queue);
	return err;
}

/* Several queues, a core each. */
static int read_queues(struct config_reader *r, __u32 i)
{
	const struct config_domain *in = &r->c->domains[i];

	if (in->queues_count > SHUNT_CORES)
		return config_bad(r, "64 queues at most: each has a core", "domains[%u].queues", i);
	r->s->domains[i].by_queue = 1;
	for (__u32 k = 0; k < in->queues_count; k++) {
		int err = check_queue(r, in->queues[k], i, k);

		if (err)
			return err;
		setup_join(r->s, i, in->queues[k]);
	}
	if (in->cpus_count && in->cpus_count != in->queues_count)
		return config_bad(r, "one CPU for each queue, or none at all", "domains[%u].cpus",
				  i);
	return 0;
}

static int read_domain(struct config_reader *r, __u32 i, __u32 *bare)
{
	const struct config_domain *in = &r->c->domains[i];
	struct shunt_domain *d = &r->s->domains[i];
	int err;

	if (!in->queue == !in->queues_count)
		return config_bad(r,
				  in->queue ? "'queue' or 'queues', not both"
					    : "'queue' or 'queues' is missing",
				  "domains[%u]", i);
	err = in->queue ? read_queue(r, i) : read_queues(r, i);
	if (err)
		return err;
	d->on = 1;
	if (!in->cpus_count)
		*bare |= 1u << i;
	else
		d->ncores = in->cpus_count;
	r->s->cfg.ndomains = i + 1;
	if (in->service)
		snprintf(d->service, sizeof(d->service), "%s", in->service);
	err = read_cpus(r, i);
	return err ? err : read_user(r, i);
}

int config_domains(struct config_reader *r, __u32 *bare)
{
	int err = 0;

	memset(r->s->domains, 0, sizeof(r->s->domains));
	memset(r->s->queues, 0, sizeof(r->s->queues));
	r->s->cfg.ndomains = 0;
	*bare = 0;
	for (__u32 i = 0; !err && i < r->c->domains_count; i++)
		err = read_domain(r, i, bare);
	return err;
}
