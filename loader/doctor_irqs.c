// SPDX-License-Identifier: BSD-2-Clause
/*
 * doctor_irqs.c - findings about interrupts: is XDP kept waiting by a worker on the same CPU?
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "fit/facts.h"
#include "maps.h"

/* The one CPU that the interrupt goes to, -1: there are several, or it is not known. */
static int cpu_of(int irq)
{
	static const char *const files[] = { "effective_affinity_list", "smp_affinity_list" };
	char path[64], line[64] = "", *end = line;
	FILE *f = NULL;
	long cpu;

	for (int i = 0; i < 2 && !f; i++) {
		snprintf(path, sizeof(path), "/proc/irq/%d/%s", irq, files[i]);
		f = fopen(path, "re");
	}
	if (!f || !fgets(line, sizeof(line), f))
		line[0] = '\0';
	if (f)
		fclose(f);
	cpu = strtol(line, &end, 10);
	return end > line && (*end == '\n' || !*end) ? cpu : -1;
}

/* A core on that CPU, "core 1 of domain 0"; false: there is none. */
static bool find_core(struct ctl *ctl, const struct shunt_cfg *cfg, int cpu, char *who, size_t len)
{
	struct shunt_domain dom;

	for (__u32 d = 0; d < cfg->ndomains; d++) {
		if (map_get(ctl, "domains", d, &dom, sizeof(dom)) || !dom.on)
			continue;
		for (__u32 c = 0; c < dom.ncores && c < SHUNT_CORES; c++) {
			if (dom.cpu[c] != cpu)
				continue;
			snprintf(who, len, "core %u of domain %u", c, d);
			return true;
		}
	}
	return false;
}

/* Of a domain whose queues have a core each, that core is to be where its queue's interrupt is. */
static bool is_served(struct ctl *ctl, __u32 queue)
{
	struct shunt_queue q;
	struct shunt_domain dom;

	return !map_get(ctl, "queues", queue, &q, sizeof(q)) && q.domain &&
	       !map_get(ctl, "domains", q.domain - 1, &dom, sizeof(dom)) && !dom.by_queue;
}

void doctor_irqs(struct ctl *ctl, struct findings *f, const struct shunt_cfg *cfg)
{
	struct fit_source s = { .ifname = ctl->ifname };
	struct fit_nic *nic = calloc(1, sizeof(*nic));
	char who[64];
	int known = 0, shared = 0;

	if (nic)
		fit_nic_read(&s, nic, FIT_PART_IRQS);
	for (__u32 q = 0; nic && q < SHUNT_QUEUES; q++) {
		int cpu = nic->irq[q] >= 0 && is_served(ctl, q) ? cpu_of(nic->irq[q]) : -1;

		if (cpu < 0)
			continue;
		known++;
		if (!find_core(ctl, cfg, cpu, who, sizeof(who)))
			continue;
		shared++;
		finding(f, "interrupts", LEVEL_WARN,
			"shunt fit --dev IF proposes another CPU; --apply puts it there",
			"that of queue %u is on CPU %d, on which %s spins: XDP waits for it", q,
			cpu, who);
	}
	if (known && !shared)
		finding(f, "interrupts", LEVEL_OK, NULL, "on no worker's CPU");
	if (nic)
		fit_nic_forget(nic);
	free(nic);
}
