// SPDX-License-Identifier: BSD-2-Clause
/*
 * seats.c - which CPUs domains and interrupts get
 *
 * CPUs of the NIC's own NUMA node, as packets are written into its memory. One worker thread a
 * physical core: a worker spins while it is idle, which would slow the other thread of its core
 * down. Interrupts, and so XDP, run on a core of their own where there are enough, else on the
 * other thread of a worker's core, which has its caches.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

struct pool { /* cores that may be given away, in the order of their CPUs */
	const struct fit_core *core[FIT_CPUS];
	int n, given, threads, isolated;
};

/* Of a NIC whose node has no CPUs any core is near. */
static bool is_near(const struct fit_nic *nic, const struct fit_machine *m, int i)
{
	bool some = false;

	for (int k = 0; k < m->ncores && nic->node >= 0; k++)
		some |= m->core[k].node == nic->node;
	return !some || m->core[i].node == nic->node;
}

static void pool_make(struct pool *p, const struct fit_nic *nic, const struct fit_machine *m)
{
	memset(p, 0, sizeof(*p));
	for (int i = 0; i < m->ncores; i++) {
		if (!is_near(nic, m, i))
			continue;
		p->core[p->n++] = &m->core[i];
		p->isolated += m->core[i].isolated;
		if (m->core[i].ncpus > p->threads)
			p->threads = m->core[i].ncpus;
	}
}

int fit_cores_near(const struct fit_nic *nic, const struct fit_machine *m)
{
	struct pool *p = malloc(sizeof(*p));
	int n = 1;

	if (p) {
		pool_make(p, nic, m);
		n = p->n;
	}
	free(p);
	return n;
}

/* Cores that the scheduler keeps free are the workers', the others serve interrupts. */
static void split_isolated(struct pool *p, const struct fit_core **irq, int *nirq)
{
	int kept = 0;

	*nirq = 0;
	if (!p->isolated || p->isolated == p->n)
		return;
	for (int i = 0; i < p->n; i++) {
		if (p->core[i]->isolated)
			p->core[kept++] = p->core[i];
		else
			irq[(*nirq)++] = p->core[i];
	}
	p->n = kept;
}

/* Takes the first cores for the interrupts of n queues, a thread each, if as many as that remain
 * for workers; *nirq stays 0 if not. */
static void split_first(struct pool *p, int n, const struct fit_core **irq, int *nirq)
{
	int take = (n + p->threads - 1) / p->threads;

	if (p->n - take < n)
		return;
	for (int i = 0; i < take; i++)
		irq[(*nirq)++] = p->core[i];
	p->n -= take;
	memmove(p->core, p->core + take, p->n * sizeof(p->core[0]));
}

/* Thread number i of the cores, first threads of all before second ones. */
static int thread_of(const struct fit_core *const *core, int n, int i)
{
	const struct fit_core *c = core[i % n];

	return c->cpu[i / n % c->ncpus];
}

/* Workers' cores, next to each other for each domain, as these may share a cache. */
static void deal_cores(struct fit_plan *plan, const struct pool *p, int cores)
{
	int at = 0, left = 0;

	for (int d = 0; d < plan->ndomains; d++) {
		struct fit_domain *dom = &plan->domain[d];
		int share = cores / plan->ndomains + (d < cores % plan->ndomains);

		for (int c = 0; c < share; c++, at++) {
			if (dom->ncpus < SHUNT_CORES)
				dom->cpu[dom->ncpus++] = p->core[at]->cpu[0];
			else
				left++;
		}
	}
	if (left)
		fit_note(plan, "%d cores are left over: a domain has %d at most", left,
			 SHUNT_CORES);
}

static void tell_shared(struct fit_plan *plan, const struct fit_core *core, int irq_cpu)
{
	if (core->ncpus > 1)
		fit_note(plan, "the interrupt on CPU %d shares its physical core with the worker "
			       "on CPU %d: there are too few cores for both",
			 irq_cpu, core->cpu[0]);
	else
		fit_note(plan, "the interrupt and a worker share CPU %d, in turns: there are too "
			       "few cores for both",
			 irq_cpu);
}

/* A queue for each domain, with its interrupt on one of the cores irq, or beside a worker. */
static void seat_domains(struct fit_plan *plan, struct pool *p, const struct fit_wish *wish,
			 const struct fit_core **irq, int nirq)
{
	int cores, first = 0;

	if (!nirq)
		split_first(p, plan->ndomains, irq, &nirq);
	if (plan->ndomains > p->n) {
		fit_note(plan, "%d domains need a physical core each, and there are %d",
			 plan->ndomains, p->n);
		plan->ndomains = plan->nqueues = p->n;
	}
	cores = wish->cores && wish->cores < p->n ? wish->cores : p->n;
	if (cores < plan->ndomains)
		cores = plan->ndomains;
	deal_cores(plan, p, cores);
	for (int d = 0; d < plan->ndomains; d++) {
		struct fit_domain *dom = &plan->domain[d];
		const struct fit_core *own = p->core[first];

		dom->nqueues = 1;
		dom->queue[0] = d;
		first += dom->ncpus;
		dom->irq_cpu[0] = nirq ? thread_of(irq, nirq, d) : own->cpu[own->ncpus - 1];
		if (!nirq)
			tell_shared(plan, own, dom->irq_cpu[0]);
	}
}

/* One domain of several queues: each core has its queue, whose interrupt is on the other thread of
 * the core, or on the same CPU. */
static void seat_queues(struct fit_plan *plan, struct pool *p, const struct fit_wish *wish)
{
	struct fit_domain *dom = &plan->domain[0];
	int n = plan->nqueues, skip = !p->isolated && p->n > 1;

	if (n > p->n - skip)
		n = p->n - skip;
	if (wish->cores && n > wish->cores)
		n = wish->cores;
	plan->nqueues = dom->nqueues = dom->ncpus = n;
	for (int q = 0; q < n; q++) {
		const struct fit_core *c = p->core[q + skip];

		dom->queue[q] = q;
		dom->cpu[q] = c->cpu[0];
		dom->irq_cpu[q] = c->cpu[c->ncpus > 1];
	}
	if (n && dom->cpu[0] == dom->irq_cpu[0])
		fit_note(plan, "each queue's interrupt is on the CPU of its worker, and they take "
			       "turns: these cores have one thread");
}

void fit_seat(const struct fit_nic *nic, const struct fit_machine *m, const struct fit_wish *wish,
	      struct fit_plan *plan)
{
	const struct fit_core **irq = calloc(FIT_CPUS, sizeof(*irq));
	struct pool *p = malloc(sizeof(*p));
	int nirq = 0;

	if (p && irq) {
		pool_make(p, nic, m);
		split_isolated(p, irq, &nirq);
		if (plan->by_queue)
			seat_queues(plan, p, wish);
		else
			seat_domains(plan, p, wish, irq, nirq);
	}
	if (nic->node < 0 && m->nnodes > 1)
		fit_note(plan, "the NIC's NUMA node is not known: its cores may be on another one");
	free(p);
	free(irq);
}
