// SPDX-License-Identifier: BSD-2-Clause
/*
 * out_services.c - results by service, where each has a domain of its own
 */
#include <jansson.h>
#include <string.h>

#include "out.h"
#include "table.h"

static bool has_services(const struct point *p)
{
	return p->c.costs.services != SERVICES_SHARED && p->r.ndomains == p->c.w->nservices;
}

static bool takes_turns(const struct point *p)
{
	return p->c.costs.services == SERVICES_SEATS;
}

/* The results of all classes of a service, as one. */
static struct class_result sum_of(const struct point *p, int service)
{
	struct class_result sum = { 0 };

	for (int k = 0; k < p->r.nclasses; k++) {
		const struct class_result *c = &p->r.cls[k];

		if (p->c.w->cls[k].service_no != service)
			continue;
		sum.arrived += c->arrived;
		sum.done += c->done;
		sum.dropped += c->dropped;
		sum.rejected += c->rejected;
		sum.lost += c->lost;
		sum.expired += c->expired;
		hist_merge(&sum.sojourn, &c->sojourn);
	}
	return sum;
}

static json_t *service_json(const struct point *p, int n)
{
	const struct domain_result *d = &p->r.domain[n];
	struct class_result sum = sum_of(p, n);
	json_t *o = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "service",
			      p->c.w->service[n], "policy", policy_of(&p->c, n)->name,
			      "arrived", (json_int_t)sum.arrived, "done", (json_int_t)sum.done,
			      "dropped", (json_int_t)sum.dropped, "rejected",
			      (json_int_t)sum.rejected, "lost", (json_int_t)sum.lost, "expired",
			      (json_int_t)sum.expired);

	if (o && sum.done) {
		json_object_set_new(o, "p50_us",
				    json_real(hist_quantile(&sum.sojourn, 0.5) / 1e3));
		json_object_set_new(o, "p99_us",
				    json_real(hist_quantile(&sum.sojourn, 0.99) / 1e3));
	}
	if (o && takes_turns(p))
		json_object_update_new(o, json_pack("{s:f, s:I, s:I}", "there", d->there, "let_on",
						    (json_int_t)d->let_on, "taken",
						    (json_int_t)d->taken));
	return o;
}

json_t *services_json(const struct point *p)
{
	json_t *all = has_services(p) ? json_array() : NULL;

	for (int n = 0; all && n < p->c.w->nservices; n++)
		json_array_append_new(all, service_json(p, n));
	return all;
}

/* A line a service: what its cores did with the time that they shared. */
void services_table(const struct point *p, struct table *t)
{
	for (int n = 0; has_services(p) && takes_turns(p) && n < p->c.w->nservices; n++) {
		const struct domain_result *d = &p->r.domain[n];
		struct class_result sum = sum_of(p, n);
		bool own = p->c.policy->each;

		table_text(t,
			   "  service %s%s%s: %llu of %llu served, there %.3g %% of the time, "
			   "let on %.4g times a second, taken off %llu times",
			   p->c.w->service[n], own ? ", by " : "",
			   own ? policy_of(&p->c, n)->name : "", (unsigned long long)sum.done,
			   (unsigned long long)sum.arrived, 100 * d->there,
			   p->r.sim_s > 0 ? d->let_on / p->r.sim_s : 0,
			   (unsigned long long)d->taken);
	}
}
