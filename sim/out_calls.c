// SPDX-License-Identifier: BSD-2-Clause
/*
 * out_calls.c - what calls came to: two lines below a run's, columns of CSV, an object of JSON
 */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "table.h"

static int fanout_of(const struct call_config *k) { return k->fanout ? k->fanout : 1; }
static int servers_of(const struct call_config *k)
{
	return k->servers ? k->servers : fanout_of(k);
}

/* A count divided by the number of measured calls. */
static double a_call(const struct point *p, uint64_t n)
{
	return (double)n / p->r.cls[p->r.nclasses].arrived;
}

double calls_metric(const struct point *p, const char *metric)
{
	const struct call_result *r = p->r.calls;

	if (!r || !p->r.cls[p->r.nclasses].arrived)
		return NAN;
	if (!strcmp(metric, "wasted"))
		return r->work_ns > 0 ? r->wasted_ns / r->work_ns : 0;
	if (!strcmp(metric, "copies"))
		return a_call(p, r->copies);
	return strcmp(metric, "failed") ? NAN : a_call(p, r->failed);
}

/* A call has a second copy for each of the servers that it
 * goes to, at most: no share of calls where there are many. */
static void hedges(FILE *to, double x)
{
	if (x > 1)
		fprintf(to, "; %.3g second copies a call", x);
	else
		fprintf(to, "; %.3g %% hedged", 100 * x);
}

/* How calls were asked for, and what was sent for them. */
static void sent(const struct point *p, FILE *to)
{
	const struct call_config *k = &p->c.calls;
	const struct call_result *r = p->r.calls;

	if (k->clients)
		fprintf(to, "%u clients; ", k->clients);
	if (servers_of(k) > 1)
		fprintf(to, "to %d of %d servers; ", fanout_of(k), servers_of(k));
	fprintf(to, "%.4g requests a call", calls_metric(p, "copies"));
	if (r->request.n && k->fanout > 1)
		fprintf(to, " of p99 %.4g us", hist_quantile(&r->request, 0.99) / 1e3);
	if (k->timeout_ns > 0)
		fprintf(to, "; %.3g %% timed out", 100 * a_call(p, r->timeouts));
	if (k->retries)
		fprintf(to, "; %.3g %% retried", 100 * a_call(p, r->retries));
	if (k->budget > 0)
		fprintf(to, "; %.3g %% not for want of budget", 100 * a_call(p, r->denied));
	if (k->hedge)
		hedges(to, a_call(p, r->hedges));
}

/* Two lines below a run's: what was sent, and what came of it. */
void calls_table(const struct point *p, struct table *t)
{
	char *text = NULL;
	size_t len;
	FILE *to = p->r.calls ? open_memstream(&text, &len) : NULL;

	if (!to)
		return;
	sent(p, to);
	fclose(to);
	table_text(t, "  %s", text);
	table_text(t, "  %.3g %% of the calls failed; %.3g %% of the work was for nothing",
		   100 * calls_metric(p, "failed"), 100 * calls_metric(p, "wasted"));
	free(text);
}

/* In this order in CSV and JSON. */
static const struct {
	const char *name;
	size_t at;
} counted[] = {
	{ "copies", offsetof(struct call_result, copies) },
	{ "timeouts", offsetof(struct call_result, timeouts) },
	{ "retries", offsetof(struct call_result, retries) },
	{ "denied", offsetof(struct call_result, denied) },
	{ "hedges", offsetof(struct call_result, hedges) },
	{ "hedges_won", offsetof(struct call_result, hedges_won) },
	{ "cancelled", offsetof(struct call_result, cancelled) },
	{ "refused", offsetof(struct call_result, refused) },
	{ "failed", offsetof(struct call_result, failed) },
};
#define COUNTED (sizeof(counted) / sizeof(counted[0]))

static uint64_t count_of(const struct call_result *r, size_t i)
{
	return *(const uint64_t *)((const char *)r + counted[i].at);
}

static const struct {
	const char *name;
	double q;
} quantiles[] = { { "request_p50_us", 0.5 }, { "request_p99_us", 0.99 },
		  { "request_p999_us", 0.999 } };
#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

void calls_csv_head(FILE *to)
{
	fputs(",clients,servers,fanout,wasted", to);
	for (size_t i = 0; i < COUNTED; i++)
		fprintf(to, ",%s", counted[i].name);
	for (size_t i = 0; i < QUANTILES; i++)
		fprintf(to, ",%s", quantiles[i].name);
}

void calls_csv(const struct point *p, FILE *to)
{
	const struct call_config *k = &p->c.calls;
	const struct call_result *r = p->r.calls;

	if (!r) {
		fprintf(to, ",,,,%.*s", (int)(COUNTED + QUANTILES), ",,,,,,,,,,,,,,,,");
		return;
	}
	fprintf(to, ",%u,%d,%d,%.6g", k->clients, servers_of(k), fanout_of(k),
		calls_metric(p, "wasted"));
	for (size_t i = 0; i < COUNTED; i++)
		fprintf(to, ",%llu", (unsigned long long)count_of(r, i));
	for (size_t i = 0; i < QUANTILES; i++)
		fprintf(to, r->request.n ? ",%.6g" : ",",
			hist_quantile(&r->request, quantiles[i].q) / 1e3);
}

json_t *calls_json(const struct point *p)
{
	const struct call_config *k = &p->c.calls;
	const struct call_result *r = p->r.calls;
	json_t *o;

	if (!r)
		return NULL;
	o = json_pack("{s:I, s:i, s:i, s:f}", "clients", (json_int_t)k->clients, "servers",
		      servers_of(k), "fanout", fanout_of(k), "wasted", calls_metric(p, "wasted"));
	for (size_t i = 0; i < COUNTED; i++)
		json_object_set_new(o, counted[i].name, json_integer(count_of(r, i)));
	for (size_t i = 0; i < QUANTILES && r->request.n; i++)
		json_object_set_new(o, quantiles[i].name,
				    json_real(hist_quantile(&r->request, quantiles[i].q) / 1e3));
	return o;
}
