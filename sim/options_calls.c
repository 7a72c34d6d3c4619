// SPDX-License-Identifier: BSD-2-Clause
/*
 * options_calls.c - options of clients and servers: read, and checked against each other
 */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

/* TIME or TIME:TIME */
static int backoff(struct call_config *k, char *arg)
{
	char *most = strchr(arg, ':');

	if (most)
		*most++ = '\0';
	if (most && (time_parse(most, &k->backoff_most_ns) || !(k->backoff_most_ns > 0)))
		return -1;
	return time_parse(arg, &k->backoff_ns) || !(k->backoff_ns > 0) ? -1 : 0;
}

/* TIME, or pNN: p95, p99.9 */
static int hedge(struct call_config *k, const char *arg)
{
	char *end;

	k->hedge = true;
	if (*arg != 'p')
		return time_parse(arg, &k->hedge_ns);
	k->hedge_quantile = strtod(arg + 1, &end) / 100;
	return end == arg + 1 || *end || !(k->hedge_quantile >= 0.5) || k->hedge_quantile > 0.9999
		       ? -1
		       : 0;
}

static int whole(const char *arg, long low, long high, int *x)
{
	char *end;
	long n = strtol(arg, &end, 10);

	*x = n;
	return end == arg || *end || n < low || n > high ? -1 : 0;
}

int take_calls(struct options *o, int c, char *arg)
{
	struct call_config *k = &o->calls;

	switch (c) {
	case OPT_CLIENTS: return add_numbers(&o->clients, arg, false, &o->detail);
	case OPT_THINK: o->think = arg; return 0;
	case OPT_TIMEOUT: return time_parse(arg, &k->timeout_ns) || !(k->timeout_ns > 0) ? -1 : 0;
	case OPT_RETRIES: return whole(arg, 1, 1000, &k->retries);
	case OPT_BACKOFF: return backoff(k, arg);
	case OPT_BUDGET: return share_parse(arg, &k->budget);
	case OPT_HEDGE: return hedge(k, arg);
	case OPT_CANCEL: k->cancel = true; return 0;
	case OPT_SERVERS: return whole(arg, 1, SERVERS_MOST, &k->servers);
	case OPT_FANOUT: return add_numbers(&o->fanouts, arg, false, &o->detail);
	case OPT_QUORUM: return share_parse(arg, &k->quorum);
	case OPT_WINDOW: return time_parse(arg, &k->window_ns) || !(k->window_ns > 0) ? -1 : 0;
	case OPT_SERIES: o->series = arg; return 0;
	case OPT_SERIES_SVG: o->series_svg = arg; return 0;
	}
	return -1;
}

static int bad_numbers(const struct numbers *n, const char *name, double most)
{
	for (int i = 0; i < n->n; i++) {
		if (n->x[i] < 1 || n->x[i] > most || n->x[i] != (double)(uint64_t)n->x[i])
			return complain("--%s are whole numbers from 1 to %.0f", name, most);
	}
	return 0;
}

static int closed_loop(const struct options *o)
{
	if (!o->clients.n)
		return o->think ? complain("--think is the pause of --clients: name their number")
				: 0;
	if (o->loads.n || o->rates.n)
		return complain(
			"--clients call when they have their answer: leave out --load and --rate");
	if (o->arrivals || o->shape || o->duration_ns || o->speed)
		return complain("--clients call when they have their answer: leave out --arrivals, "
				"--shape, --duration and --speed");
	return bad_numbers(&o->clients, "clients", CLIENTS_MOST);
}

static int fan_out(const struct options *o)
{
	const struct call_config *k = &o->calls;

	if (k->quorum > 0 && !o->fanouts.n)
		return complain(
			"--quorum is a share of the parts of a call: --fanout says how many");
	for (int i = 0; i < o->fanouts.n; i++) {
		if (k->servers && o->fanouts.x[i] > k->servers)
			return complain("--fanout %g needs as many --servers", o->fanouts.x[i]);
	}
	return bad_numbers(&o->fanouts, "fanout", SERVERS_MOST);
}

int calls_contradiction(const struct options *o)
{
	const struct call_config *k = &o->calls;

	if ((k->backoff_ns > 0 || k->budget > 0) && !k->retries)
		return complain(
			"--backoff and --retry-budget are those of --retries: say how many");
	if (k->retries && !(k->timeout_ns > 0))
		return complain("--retries are of clients that waited for --timeout: give one");
	if (k->backoff_most_ns > 0 && k->backoff_most_ns < k->backoff_ns)
		return complain("--backoff TIME:MOST: the longest is shorter than the first");
	if (k->hedge && k->timeout_ns > 0 && k->hedge_ns >= k->timeout_ns)
		return complain(
			"the --timeout comes before the --hedge, so no second copy would be sent");
	if (k->cancel && !k->hedge && !(k->timeout_ns > 0) && !(k->quorum > 0))
		return complain("--cancel needs something that nobody waits for any more: --hedge, "
				"--timeout or --quorum");
	if (k->window_ns > 0 && !o->series && !o->series_svg && !o->json)
		return complain("--window is that of results over time: --series FILE, "
				"--series-svg FILE or --json FILE");
	if (o->precision && (o->series || o->series_svg || k->window_ns > 0))
		return complain("--precision makes runs longer, and so their series another: "
				"--seeds shows how sure it is");
	return closed_loop(o) || fan_out(o);
}
