// SPDX-License-Identifier: BSD-2-Clause
/*
 * out_json.c - results as JSON
 */
#include <jansson.h>
#include <math.h>
#include <sys/resource.h>

#include "out.h"

static json_t *class_json(const struct point *p, int k)
{
	const struct class_result *c = &p->r.cls[k];
	json_t *o = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "class", class_name(p, k),
			      "arrived", (json_int_t)c->arrived, "done", (json_int_t)c->done,
			      "dropped", (json_int_t)c->dropped, "rejected",
			      (json_int_t)c->rejected, "lost", (json_int_t)c->lost, "expired",
			      (json_int_t)c->expired);
	json_t *half;

	if (!o || !c->done) /* what was not measured is absent */
		return o;
	half = json_object();
	for (int i = 0; i < MEASURED; i++) {
		if (!isnan(metric_of(p, out_metrics[i].name, k)))
			json_object_set_new(o, out_metrics[i].name,
					    json_real(metric_of(p, out_metrics[i].name, k)));
		if (!isnan(metric_half(p, out_metrics[i].name, k)))
			json_object_set_new(half, out_metrics[i].name,
					    json_real(metric_half(p, out_metrics[i].name, k)));
	}
	json_object_set_new(o, "max_us", json_real(c->sojourn.max / 1e3));
	json_object_set_new(o, "ci95_half", half);
	if (k < p->r.nclasses && p->c.w->cls[k].slo_us > 0) {
		json_object_set_new(o, "slo_us", json_real(p->c.w->cls[k].slo_us));
		json_object_set_new(o, "slo_met",
				    json_boolean(metric_of(p, "p99_us", k) <=
						 p->c.w->cls[k].slo_us));
	}
	return o;
}

/* Words that plan() wrote, up to the last that is not 0. */
static json_t *plan_json(const uint64_t plan[SHUNT_PLANS])
{
	json_t *words = json_array();
	char text[24];
	int n = SHUNT_PLANS;

	while (n && !plan[n - 1])
		n--;
	for (int i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%#llx", (unsigned long long)plan[i]);
		json_array_append_new(words, json_string(text));
	}
	return words;
}

static json_t *domains_json(const struct point *p)
{
	json_t *all = json_array(), *domain;

	for (int i = 0; i < p->r.ndomains; i++) {
		const struct domain_result *d = &p->r.domain[i];

		domain = json_pack("{s:i, s:I, s:f}", "cores", d->cores, "arrived",
				   (json_int_t)d->arrived, "busy", d->busy);
		if (policy_of(&p->c, i)->plan)
			json_object_set_new(domain, "plan", plan_json(d->plan));
		json_array_append_new(all, domain);
	}
	return all;
}

static json_t *point_json(const struct point *p)
{
	json_t *classes = json_array(), *o;

	for (int k = first_line(p); k <= p->r.nclasses; k++)
		json_array_append_new(classes, class_json(p, k));
	o = json_pack("{s:s, s:s, s:s, s:i, s:f, s:f, s:f, s:I, s:I, s:f, s:f, s:I, s:I, s:I, s:I, "
		      "s:I, s:s, s:o}",
		      "system", p->system, "policy", p->c.policy->name, "workload", p->c.w->text,
		      "cores", p->c.cores, "load", p->load, "rate", p->c.rate, "quantum_us",
		      quantum_of(p), "seed", (json_int_t)p->c.seed, "requests",
		      (json_int_t)p->c.requests, "throughput", p->r.throughput, "busy", p->r.busy,
		      "events", (json_int_t)p->r.events, "preempted", (json_int_t)p->r.preempted,
		      "stolen", (json_int_t)p->r.stolen, "backlog_max",
		      (json_int_t)p->r.backlog_max, "bad_answers", (json_int_t)p->r.bad_answers,
		      "state", state_of(p), "classes", classes);
	if (o && !isnan(metric_of(p, "goodput", -1)))
		json_object_set_new(o, "goodput", json_real(metric_of(p, "goodput", -1)));
	if (o && p->c.costs.services == SERVICES_ELASTIC)
		json_object_set_new(o, "moved_cores", json_integer(p->r.moved_cores));
	if (o)
		json_object_set_new(o, "services", services_json(p)); /* NULL: leaves it out */
	if (o && p->r.ndomains)
		json_object_set_new(o, "domains", domains_json(p));
	if (o && !isnan(p->r.mean_ci))
		json_object_set_new(o, "mean_ci95_us", json_real(p->r.mean_ci / 1e3));
	if (o && p->r.calls)
		json_object_set_new(o, "calls", calls_json(p));
	if (o && p->r.staged)
		json_object_set_new(o, "staged", staged_json(p));
	if (o && p->r.series)
		json_object_set_new(o, "series", series_json(p));
	return o;
}

int out_json(const struct sweep *s, FILE *to)
{
	json_t *runs = json_array(), *all;
	struct rusage used = { 0 };
	bool complete = true;
	int err;

	getrusage(RUSAGE_SELF, &used);
	for (int i = 0; i < s->n; i++) {
		if (s->p[i].r.complete)
			json_array_append_new(runs, point_json(&s->p[i]));
		else
			complete = false;
	}
	all = json_pack("{s:s, s:b, s:I, s:f, s:o}", "version", SHUNT_VERSION, "complete", complete,
			"memory_kb", (json_int_t)used.ru_maxrss, "cpu_s",
			used.ru_utime.tv_sec + used.ru_utime.tv_usec / 1e6 + used.ru_stime.tv_sec +
				used.ru_stime.tv_usec / 1e6,
			"runs", runs);
	err = all ? json_dumpf(all, to, JSON_INDENT(1) | JSON_REAL_PRECISION(7)) : -1;
	fputc('\n', to);
	json_decref(all);
	return err;
}
