// SPDX-License-Identifier: BSD-2-Clause
/*
 * config_domains.c - the configuration's domains: queues and CPUs
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "setup.h"

/* Where a mistake is, and which. */
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

/* A queue that nobody has named yet. Its path is that of its list if it is the only one. */
static int check_queue(const struct setup *s, __u32 queue, __u32 i, int k, struct mistake *m)
{
	const char *why = NULL;

	if (queue >= SHUNT_DOMAINS)
		why = "shunt serves the queues 0 to 15";
	else if (setup_serves(s, queue))
		why = "named twice";
	if (!why)
		return 0;
	return k < 0 ? wrong(m, why, "domains[%u].queue", i) : wrong(m, why, "domains[%u].queues[%d]", i, k);
}

static int read_cpus(const struct config_domain *in, struct shunt_domain *d, __u32 i, struct mistake *m)
{
	for (__u32 c = 0; c < in->cpus_count; c++) {
		if (in->cpus[c] > 0xffff)
			return wrong(m, "no such CPU", "domains[%u].cpus[%u]", i, c);
		d->cpu[c] = in->cpus[c];
	}
	return 0;
}

/* Several queues, a core each. */
static int read_queues(const struct config_domain *in, struct setup *s, __u32 i, struct mistake *m)
{
	for (__u32 k = 0; k < in->queues_count; k++) {
		int err = check_queue(s, in->queues[k], i, k, m);

		if (err)
			return err;
		setup_join(s, in->queues[0], in->queues[k]);
	}
	if (in->cpus_count && in->cpus_count != in->queues_count)
		return wrong(m, "one CPU for each queue, or none at all", "domains[%u].cpus", i);
	return 0;
}

static int read_domain(const struct config_domain *in, struct setup *s, __u32 i, __u32 *bare, struct mistake *m)
{
	__u32 id = in->queue ? *in->queue : in->queues_count ? in->queues[0] : 0;
	struct shunt_domain *d = &s->domains[id % SHUNT_DOMAINS];
	int err;

	if (!in->queue == !in->queues_count)
		return wrong(m, in->queue ? "'queue' or 'queues', not both" : "'queue' or 'queues' is missing",
			     "domains[%u]", i);
	err = in->queue ? check_queue(s, id, i, -1, m) : read_queues(in, s, i, m);
	if (err)
		return err;
	d->on = 1;
	if (!in->cpus_count)
		*bare |= 1u << id;
	else
		d->ncores = in->cpus_count;
	if (id >= s->cfg.ndomains)
		s->cfg.ndomains = id + 1;
	return read_cpus(in, d, i, m);
}

int domains_read(const struct config *c, struct setup *s, __u32 *bare, char at[CONFIG_PATH], char *why, size_t len)
{
	struct mistake m = { at, why, len };
	int err = 0;

	memset(s->domains, 0, sizeof(s->domains));
	s->cfg.ndomains = 0;
	*bare = 0;
	for (__u32 i = 0; !err && i < c->domains_count; i++)
		err = read_domain(&c->domains[i], s, i, bare, &m);
	return err;
}
