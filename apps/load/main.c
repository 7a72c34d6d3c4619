// SPDX-License-Identifier: BSD-2-Clause
/*
 * main.c - shunt-load, a load generator for UDP servers
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

static struct load load;

static int fail(const char *what, int err)
{
	fprintf(stderr, "shunt-load: %s: %s\n", what, strerror(-err));
	return 1;
}

/* Streams of their own, so that how many numbers one question takes changes no other's answers. */
static void seed(struct load *l)
{
	struct rng r = { l->o.seed };

	l->when.state = rng_next(&r);
	l->what.state = rng_next(&r);
	l->where.state = rng_next(&r);
}

static int prepare(struct load *l)
{
	struct why why = { 0 };
	int err;

	if (address_parse(l->o.to, &l->to, &l->to_len)) {
		fprintf(stderr,
			"shunt-load: '%s' is no ADDR:PORT or [ADDR]:PORT with a port from 1 to "
			"65535\n",
			l->o.to);
		return 2;
	}
	err = flows_open(l);
	if (err)
		return fail("cannot reach the server", err);
	if (l->o.dev) {
		err = xsk_open(l, &why);
		if (err) {
			fprintf(stderr, "shunt-load: %s\n", why_text(&why));
			return 1;
		}
	}
	err = l->o.record ? record_open(l) : 0;
	if (err)
		return fail(l->o.record, err);
	err = cleaning_open(l, &why);
	if (err) {
		fprintf(stderr, "shunt-load: %s\n", why_text(&why));
		return 1;
	}
	err = l->o.preload ? memcached_preload(&l->o, l->flow[0].sock) : 0;
	return err ? fail("cannot store the keys", err) : 0;
}

static bool answered(const struct load *l)
{
	uint64_t n = 0;

	for (int c = 0; c < l->o.mix.classes; c++)
		n += l->n.cls[c].answered;
	return n;
}

static int run(struct load *l)
{
	int status = prepare(l);
	char text[600];

	if (status)
		return status;
	l->start = now_ns();
	l->begin = l->start + l->o.warmup * 1e9;
	l->end = l->begin + l->o.seconds * 1e9;
	if (l->o.closed)
		run_closed(l);
	else
		run_open(l);
	if (sight_says(l, text, sizeof(text)))
		fprintf(stderr, "shunt-load: %s\n", text);
	if (l->unwritten)
		return 1;
	return l->o.strict && (l->invalid || !answered(l)) ? 3 : 0;
}

int main(int argc, char **argv)
{
	struct load *l = &load;
	struct why why = { 0 };
	cpu_set_t set;
	int status, err;

	options_parse(&l->o, argc, argv);
	l->proto = protocol_named(l->o.protocol);
	if (!l->proto) {
		fprintf(stderr, "shunt-load: what is the protocol '%s'? (spin, echo, memcached)\n",
			l->o.protocol);
		return 2;
	}
	if (l->o.preload && l->proto != &proto_memcached) {
		fprintf(stderr, "shunt-load: --preload is for memcached\n");
		return 2;
	}
	if (l->proto->setup(&l->o, &why)) {
		fprintf(stderr, "shunt-load: --mix: %s\n", why_text(&why));
		return 2;
	}
	seed(l);
	if (l->o.plan) {
		draw_plan(l);
		return 0;
	}
	CPU_ZERO(&set);
	if (l->o.cpu >= 0) {
		CPU_SET(l->o.cpu, &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			return fail("cannot use that CPU", -errno);
	}
	stop_by_signals();
	status = run(l);
	err = record_close(l);
	if (err)
		status = fail(l->o.record, err);
	cleaning_close(l);
	xsk_close(l);
	flows_close(l);
	mix_free(&l->o.mix);
	free(l->o.trace);
	return status;
}
