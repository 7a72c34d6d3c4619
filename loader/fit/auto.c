// SPDX-License-Identifier: BSD-2-Clause
/*
 * auto.c - "domains: auto": the domains that shunt fit proposes for the queues that there are now
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../iface.h"
#include "../setup.h"
#include "plan.h"

/* A queue for each domain, if there are cores for so many; else one domain of all queues. */
static void choose(const struct fit_nic *nic, const struct fit_machine *m, struct fit_plan *plan)
{
	int queues = fit_nic_queues(nic), cores = fit_cores_near(nic, m);

	if (!queues)
		queues = 1;
	plan->by_queue = queues > SHUNT_DOMAINS || queues > cores;
	plan->ndomains = plan->by_queue ? 1 : queues;
	plan->nqueues = queues < SHUNT_CORES ? queues : SHUNT_CORES;
}

static void put(struct setup *s, const struct fit_plan *plan)
{
	memset(s->domains, 0, sizeof(s->domains));
	memset(s->queues, 0, sizeof(s->queues));
	s->cfg.ndomains = plan->ndomains;
	for (int i = 0; i < plan->ndomains; i++) {
		const struct fit_domain *from = &plan->domain[i];
		struct shunt_domain *d = &s->domains[i];

		d->on = 1;
		d->by_queue = plan->by_queue;
		for (int q = 0; q < from->nqueues; q++)
			setup_join(s, i, from->queue[q]);
		for (int c = 0; c < from->ncpus; c++)
			d->cpu[d->ncores++] = from->cpu[c];
	}
}

/* Requests on a queue without a core would go to the kernel. */
static int check_all_served(struct ctl *ctl, const struct fit_nic *nic, const struct fit_plan *plan)
{
	int queues = fit_nic_queues(nic);

	if (queues <= plan->nqueues)
		return 0;
	fail(ctl, -EINVAL, "'domains: auto': '%s' has %d receive queues, and there are cores for "
			   "%d of them", ctl->ifname, queues, plan->nqueues);
	hint(ctl, "fewer queues: shunt fit --dev %s --apply; or name the domains", ctl->ifname);
	return -EINVAL;
}

int fit_domains(struct ctl *ctl, struct setup *s)
{
	struct fit_source source = { .ifname = ctl->ifname };
	struct fit_nic *nic = calloc(1, sizeof(*nic));
	struct fit_machine m = { 0 };
	struct fit_plan *plan = calloc(1, sizeof(*plan));
	const struct fit_wish none = { 0 };
	int err = nic && plan ? iface_need(ctl) : fail(ctl, -ENOMEM, "no memory");

	if (!err) {
		fit_nic_read(&source, nic, FIT_PART_QUEUES | FIT_PART_TABLE);
		err = fit_machine_read(ctl, &source, &m);
	}
	if (!err) {
		plan->notes = json_array();
		choose(nic, &m, plan);
		fit_seat(nic, &m, &none, plan);
		put(s, plan);
		err = check_all_served(ctl, nic, plan);
		fit_plan_free(plan);
	}
	if (nic)
		fit_nic_forget(nic);
	free(plan);
	free(m.core);
	free(nic);
	return err;
}
