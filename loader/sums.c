// SPDX-License-Identifier: BSD-2-Clause
/*
 * sums.c - reads every map of an interface and adds up its domains
 *
 * A view belongs to a worker, which may have written anything: indexes are bounded.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "conserve.h"
#include "maps.h"
#include "report.h"
#include "wire.h"

static void add_service(struct class_sums *t, const struct shunt_agent_class *a, __u64 now)
{
	double weight = a->rate ? a->rate : 1e-3; /* idle domains still have an opinion */
	__u64 age = now > a->age_ns ? now - a->age_ns : 0;

	t->rate += a->rate;
	t->late_rate += a->late_rate;
	if (!a->age_ns || !a->mean_ns)
		return;
	t->weight += weight;
	t->mean += weight * a->mean_ns;
	t->square += weight * ((double)a->sigma_ns * a->sigma_ns + (double)a->mean_ns * a->mean_ns);
	if (age > t->age_ns)
		t->age_ns = age;
}

static void add_class(struct sums *s, __u32 c, const struct shunt_view *view,
		      const struct shunt_agent *agent)
{
	struct class_sums *t = &s->cls[c];

	t->waiting += (__u32)(view->enq[c] - view->deq[c]);
	t->parked += shunt_view_parked(view, c);
	t->deferred += view->deferred[c];
	t->lost += agent->cls[c].lost;
	t->expired += agent->cls[c].expired;
	t->refused += agent->cls[c].refused;
	t->replied += agent->cls[c].replied;
	for (int k = 0; k < SHUNT_CORES; k++) {
		t->replied += view->core[k].cls[c].replied;
		t->noreply += view->core[k].cls[c].noreply;
		t->expired += view->core[k].expired.n[c];
		t->late += view->core[k].late.n[c];
	}
	add_service(t, &agent->cls[c], clock_ns());
}

static void add_preempt(struct preempt_sums *t, const struct shunt_core_preempt *p)
{
	for (int i = 0; i < SHUNT_WAYS; i++)
		t->n.yielded[i] += p->yielded[i];
	t->n.resumed += p->resumed;
	t->n.stayed += p->stayed;
	t->n.late += p->late;
	t->n.demoted += p->demoted;
	t->n.full += p->full;
	for (int i = 0; i < SHUNT_DELAYS; i++)
		t->n.delay[i] += p->delay[i];
}

static void add_cores(struct sums *s, const struct shunt_domain *dom,
		      const struct shunt_view *view, const struct shunt_agent *agent)
{
	for (__u32 k = 0; k < SHUNT_CORES; k++) {
		const struct shunt_core_run *run = &view->core[k].run;

		add_preempt(&s->preempt, &view->core[k].preempt);
		s->core_refused += agent->core[k].refused;
		s->on_cores += (__u32)(view->sent[k] - view->done[k]);
		if (!(dom->up >> k & 1) || !run->id)
			continue;
		s->held_running += !!run->held;
		if (run->cls < SHUNT_CLASSES)
			s->cls[run->cls].running++;
	}
}

/* Requests that arrived, of all classes. */
static json_int_t arrived_of(const struct sums *s)
{
	json_int_t n = 0;

	for (int c = 0; c < SHUNT_CLASSES; c++)
		n += s->in.cls[c].arrived;
	return n;
}

static json_int_t replied_of(const struct sums *s)
{
	json_int_t n = 0;

	for (int c = 0; c < SHUNT_CLASSES; c++)
		n += s->cls[c].replied;
	return n;
}

static void add_ingress(struct shunt_ingress *sum, const struct shunt_ingress *in)
{
	for (int c = 0; c < SHUNT_CLASSES; c++)
		add_counts(&sum->cls[c], &in->cls[c]);
	for (int i = 0; i < SHUNT_NR_PASS; i++)
		sum->pass[i] += in->pass[i];
	for (int i = 0; i < SHUNT_NR_DENY; i++)
		sum->deny[i] += in->deny[i];
	for (int i = 0; i < SHUNT_NR_EV; i++)
		sum->ev[i] += in->ev[i];
	sum->marks += in->marks;
	sum->signals += in->signals;
}

/* XDP's counts, on all queues of the domain. */
static int take_ingress(struct ctl *ctl, struct sums *s, const struct shunt_domain *dom)
{
	struct shunt_ingress in;
	int err = 0;

	for (__u32 k = 0; !err && k < dom->nqueues && k < SHUNT_QUEUES; k++) {
		err = map_get(ctl, "ingress", dom->queue[k] % SHUNT_QUEUES, &in, sizeof(in));
		if (err)
			break;
		add_ingress(&s->in, &in);
		for (int c = 0; c < SHUNT_CLASSES; c++) {
			s->cls[c].said_no += in.said_no[c];
			s->cls[c].unsaid += in.unsaid[c];
		}
	}
	return err;
}

static int take_domain(struct ctl *ctl, struct sums *s, __u32 d)
{
	struct shunt_view *view = NULL;
	struct shunt_domain dom;
	struct shunt_agent agent;
	json_int_t arrived = arrived_of(s), replied = replied_of(s);
	int err = map_get(ctl, "domains", d, &dom, sizeof(dom));
	json_t *j;

	if (err || !dom.on)
		return err;
	/* Ends before beginnings: what arrives meanwhile is a few in excess, never lost. */
	err = map_get(ctl, "agent", d, &agent, sizeof(agent));
	if (!err)
		err = map_view(ctl, d, &view);
	if (!err)
		err = take_ingress(ctl, s, &dom);
	if (!err) {
		for (__u32 c = 0; c < SHUNT_CLASSES; c++)
			add_class(s, c, view, &agent);
		add_cores(s, &dom, view, &agent);
		s->bad_index += view->bad_index;
		s->preempt.agent_marks += agent.marks;
		s->preempt.agent_signals += agent.signals;
		for (int k = 0; k < SHUNT_WORKERS; k++) {
			s->preempt.parked_held += view->parked[k].held;
			if (view->parked[k].peak > s->preempt.parked_peak)
				s->preempt.parked_peak = view->parked[k].peak;
		}
		s->deferred_held += view->deferred_held;
		j = domain_json(ctl, s, d, &dom, view, &agent);
		json_object_set_new(j, "arrived", json_integer(arrived_of(s) - arrived));
		json_object_set_new(j, "replied", json_integer(replied_of(s) - replied));
		json_array_append_new(s->domains, j);
	}
	free(view);
	return err;
}

int sums_read(struct ctl *ctl, struct sums *s)
{
	struct shunt_ingress foreign;
	int err;

	memset(s, 0, sizeof(*s));
	s->domains = json_array();
	err = map_cfg(ctl, &s->cfg);
	for (__u32 c = 0; !err && c < s->cfg.nclasses; c++)
		err = map_get(ctl, "classes", c, &s->classes[c], sizeof(s->classes[c]));
	for (__u32 d = 0; !err && d < s->cfg.ndomains; d++)
		err = take_domain(ctl, s, d);
	if (!err)
		err = map_get(ctl, "ingress", SHUNT_QUEUES, &foreign, sizeof(foreign));
	if (!err)
		s->in.pass[SHUNT_PASS_QUEUE] += foreign.pass[SHUNT_PASS_QUEUE];
	if (!err && s->cfg.flags & SHUNT_CFG_WIRE)
		err = wire_add_sums(ctl, s);
	if (err) {
		json_decref(s->domains);
		s->domains = NULL;
	}
	return err;
}
