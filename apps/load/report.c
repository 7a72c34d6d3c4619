// SPDX-License-Identifier: BSD-2-Clause
/*
 * report.c - the measurements as a table, JSON or CSV; progress on a terminal
 */
#include <string.h>
#include <unistd.h>

#include "load.h"

static const struct {
	const char *name, *title;
	double q;
} quantiles[] = {
	{ "p50", "p50 us", 0.5 }, { "p90", "p90", 0.9 }, { "p99", "p99", 0.99 },
	{ "p999", "p99.9", 0.999 },
};
#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

double waited_ms(void)
{
	FILE *f = fopen("/proc/thread-self/schedstat", "re");
	unsigned long long ran, waited = 0;

	if (f && fscanf(f, "%llu %llu", &ran, &waited) != 2)
		waited = 0;
	if (f)
		fclose(f);
	return waited / 1e6;
}

static double us(const struct hist *h, double q)
{
	return hist_quantile(h, q) / 1000.0;
}

static bool confident(const struct load *l, const struct tally *t, double q, double *low,
		      double *high)
{
	double mid = hist_quantile(&t->latency, q);

	return tally_bounds(t, q, low, high) && (*high - *low) / 2 <= mid * l->o.error;
}

static void print_mix(const struct load *l)
{
	const struct mix *m = &l->o.mix;
	double load;

	for (int p = 0; p < m->phases; p++) {
		const struct phase *ph = &m->phase[p];

		printf("# mix%s:", m->phases > 1 ? p ? ", then" : ", first" : "");
		for (int i = 0; i < ph->kinds; i++) {
			printf(" %s %.4g %%", m->name[ph->kind[i].cls], ph->kind[i].share * 100);
			if (ph->kind[i].service.kind != DIST_NONE)
				printf(" of %.4g us", ph->kind[i].service.mean_ns / 1e3);
			printf(i < ph->kinds - 1 ? "," : "");
		}
		load = l->o.rate * ph->mean_ns / 1e9;
		if (ph->mean_ns > 0)
			printf("; mean %.6g us", ph->mean_ns / 1e3);
		if (ph->mean_ns > 0 && !l->o.closed)
			printf(": %.0f requests/s are %.3g cores", l->o.rate, load);
		printf("\n");
	}
}

static void print_class(const struct load *l, const char *name, const struct tally *t)
{
	double low, high;

	printf("%-12s %9lu %9lu %8lu %7lu %9lu", name, t->sent, t->answered, t->rejected, t->lost,
	       t->late);
	if (!t->answered) {
		printf("%9s %9s %9s %9s %9s %9s\n", "-", "-", "-", "-", "-", "-");
		return;
	}
	for (size_t q = 0; q < QUANTILES; q++)
		printf(" %9.1f", us(&t->latency, quantiles[q].q));
	printf(" %9.1f", t->latency.max / 1e3);
	if (t->slowdown.n)
		printf(" %9.1f", us(&t->slowdown, 0.99));
	else
		printf(" %9s", "-");
	if (tally_bounds(t, 0.99, &low, &high))
		printf("  %.1f to %.1f%s", low / 1e3, high / 1e3,
		       confident(l, t, 0.99, &low, &high) ? "" : " !");
	else
		printf("  too few !");
	if (t->sojourn.n)
		printf("  at server: %.1f, %.1f", us(&t->sojourn, 0.5), us(&t->sojourn, 0.99));
	printf("\n");
}

static void print_in_time(const struct load *l, int c)
{
	const struct tally *t = &l->n.cls[c];

	if (!(l->o.mix.slo_ns[c] > 0) || !t->sent)
		return;
	printf("# %s, objective %g us: in time %lu, %.2f %% of those sent; after it %lu, %.2f %% "
	       "of those answered\n",
	       l->o.mix.name[c], l->o.mix.slo_ns[c] / 1e3, t->in_time, 100.0 * t->in_time / t->sent,
	       t->answered - t->in_time,
	       t->answered ? 100.0 * (t->answered - t->in_time) / t->answered : 0);
}

static void print_table(const struct load *l, const struct interval *i)
{
	const struct counts *n = &l->n;

	printf("%-12s %9s %9s %8s %7s %9s %9s %9s %9s %9s %9s %9s  %s\n", "class", "sent",
	       "answered", "rejected", "lost", "sent late", "p50 us", "p90", "p99", "p99.9", "max",
	       "slow p99", "p99, 95 % sure");
	for (int c = 0; c < l->o.mix.classes; c++)
		print_class(l, l->o.mix.name[c], &n->cls[c]);
	printf("# sent late: p50 %.1f, p99 %.1f, max %.1f us; stray replies %lu; CPU away %lu "
	       "times, %.1f ms\n",
	       us(&n->lag, 0.5), us(&n->lag, 0.99), n->lag.max / 1e3, n->stray, n->stalls,
	       n->stalled_ns / 1e6);
	if (n->foreign)
		printf("# %lu datagrams that are no replies of the protocol '%s'\n", n->foreign,
		       l->proto->name);
	if (n->bad_sojourn)
		printf("# %lu replies say that they were longer in the server than under way: left "
		       "out there\n",
		       n->bad_sojourn);
	for (int c = 0; c < l->o.mix.classes; c++) {
		if (n->cls[c].missed)
			printf("# %lu of %s found no such key: --preload sets all\n",
			       n->cls[c].missed, l->o.mix.name[c]);
	}
	for (int c = 0; c < l->o.mix.classes; c++)
		print_in_time(l, c);
	cleaning_table(stdout, l);
	if (!i->valid && l->o.sleep)
		printf("# INVALID for latencies: %s\n# The client slept between requests "
		       "(--sleep): what is counted is right\n",
		       i->why);
	else if (!i->valid)
		printf("# INVALID: %s\n# The client itself was late, so latencies are its own as "
		       "well as the server's. A CPU for it alone (--cpu), a lower --rate, or only "
		       "what no stall touched (--gaps)\n",
		       i->why);
}

static void json_class(const struct load *l, int c)
{
	const struct tally *t = &l->n.cls[c];
	double mean = mix_class_mean(&l->o.mix, c), low, high;
	bool sure;

	printf("\"%s\":{\"sent\":%lu,\"answered\":%lu,\"rejected\":%lu,\"lost\":%lu,\"late\":%lu",
	       l->o.mix.name[c], t->sent, t->answered, t->rejected, t->lost, t->late);
	if (l->proto == &proto_memcached)
		printf(",\"missed\":%lu", t->missed);
	if (mean > 0)
		printf(",\"service_us\":%.3f", mean / 1e3);
	if (l->o.mix.slo_ns[c] > 0)
		printf(",\"slo_us\":%.3f,\"in_time\":%lu", l->o.mix.slo_ns[c] / 1e3, t->in_time);
	for (size_t q = 0; q < QUANTILES && t->answered; q++)
		printf(",\"%s_us\":%.2f", quantiles[q].name, us(&t->latency, quantiles[q].q));
	if (t->answered)
		printf(",\"max_us\":%.2f", t->latency.max / 1e3);
	for (size_t q = 0; q < QUANTILES && t->slowdown.n; q++)
		printf(",\"slowdown_%s\":%.2f", quantiles[q].name,
		       us(&t->slowdown, quantiles[q].q));
	for (size_t q = 0; q < QUANTILES && t->sojourn.n; q++)
		printf(",\"server_%s_us\":%.2f", quantiles[q].name,
		       us(&t->sojourn, quantiles[q].q));
	sure = t->answered && confident(l, t, 0.99, &low, &high);
	if (t->answered && tally_bounds(t, 0.99, &low, &high))
		printf(",\"p99_low_us\":%.2f,\"p99_high_us\":%.2f", low / 1e3, high / 1e3);
	printf(",\"confident\":%s", sure ? "true" : "false");
	cleaning_json(stdout, l, c);
	putchar('}');
}

static void print_json(const struct load *l, const struct interval *i)
{
	const struct counts *n = &l->n;
	double time = i->to - i->from;

	printf("{\"from_s\":%.3f,\"to_s\":%.3f,\"protocol\":\"%s\",\"loop\":\"%s\",\"seed\":%lu,",
	       i->from, i->to, l->proto->name, l->o.closed ? "closed" : "open", l->o.seed);
	if (!l->o.closed)
		printf("\"offered_rps\":%.1f,", i->offered);
	printf("\"achieved_rps\":%.1f,\"mean_service_us\":[", time > 0 ? n->served / time : 0);
	for (int p = 0; p < l->o.mix.phases; p++)
		printf("%s%.4f", p ? "," : "", l->o.mix.phase[p].mean_ns / 1e3);
	printf("],\"valid\":%s,\"why\":\"%s\",\"late\":%lu,\"lag_p50_us\":%.2f,\"lag_p99_us\":%.2f,"
	       "\"lag_max_us\":%.2f,\"unsent\":%lu,\"stray\":%lu,\"foreign\":%lu,"
	       "\"bad_sojourn\":%lu,\"refused\":%lu,\"stalls\":%lu,\"stalled_ms\":%.3f,"
	       "\"waited_ms\":%.3f,\"stamps\":\"%s\",\"classes\":{",
	       i->valid ? "true" : "false", i->why, n->late, us(&n->lag, 0.5), us(&n->lag, 0.99),
	       n->lag.max / 1e3, n->unsent, n->stray, n->foreign, n->bad_sojourn, n->refused,
	       n->stalls, n->stalled_ns / 1e6, waited_ms() - l->waited_ms,
	       l->o.user_stamps ? "user" : "kernel");
	for (int c = 0; c < l->o.mix.classes; c++) {
		printf(c ? "," : "");
		json_class(l, c);
	}
	printf("}}\n");
}

static void print_csv(const struct load *l, const struct interval *i)
{
	static bool titled;

	if (!titled)
		printf("from_s,to_s,offered_rps,valid,class,sent,answered,rejected,lost,late,"
		       "p50_us,p90_us,p99_us,p999_us,max_us,slowdown_p99,p99_low_us,p99_high_us,"
		       "confident\n");
	titled = true;
	for (int c = 0; c < l->o.mix.classes; c++) {
		const struct tally *t = &l->n.cls[c];
		double low = 0, high = 0;

		printf("%.3f,%.3f,%.1f,%d,%s,%lu,%lu,%lu,%lu,%lu,", i->from, i->to, i->offered,
		       i->valid, l->o.mix.name[c], t->sent, t->answered, t->rejected, t->lost,
		       t->late);
		if (!t->answered) {
			printf(",,,,,,,,0\n");
			continue;
		}
		for (size_t q = 0; q < QUANTILES; q++)
			printf("%.2f,", us(&t->latency, quantiles[q].q));
		printf("%.2f,", t->latency.max / 1e3);
		if (t->slowdown.n)
			printf("%.2f", us(&t->slowdown, 0.99));
		if (tally_bounds(t, 0.99, &low, &high))
			printf(",%.2f,%.2f,", low / 1e3, high / 1e3);
		else
			printf(",,,");
		printf("%d\n", confident(l, t, 0.99, &low, &high));
	}
}

void report(struct load *l, const struct interval *i)
{
	static bool said;

	if (!l->o.quiet && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	if (l->o.json) {
		print_json(l, i);
	} else if (l->o.csv) {
		print_csv(l, i);
	} else {
		if (!said)
			print_mix(l);
		said = true;
		print_table(l, i);
	}
	fflush(stdout);
	/* in a file, the JSON says it */
	if (!i->valid && (l->o.json || l->o.csv) && isatty(STDERR_FILENO))
		fprintf(stderr, "shunt-load: invalid: %s\n", i->why);
}

/* Twice a second, when nothing is due. */
void progress(struct load *l, uint64_t now)
{
	static uint64_t next;
	uint64_t sent = 0, answered = 0, lost = 0;

	if (now < next || l->o.quiet)
		return;
	next = now + 500000000;
	if (!isatty(STDERR_FILENO)) {
		next = UINT64_MAX;
		return;
	}
	for (int c = 0; c < l->o.mix.classes; c++) {
		sent += l->n.cls[c].sent;
		answered += l->n.cls[c].answered;
		lost += l->n.cls[c].lost;
	}
	fprintf(stderr, "\r\033[K%.1f of %.1f s: sent %lu, answered %lu, lost %lu, sent late %lu%s",
		(now - l->start) / 1e9, (l->end - l->start) / 1e9, sent, answered, lost, l->n.late,
		now < l->begin ? " (warming up)" : "");
}
