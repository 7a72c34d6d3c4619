// SPDX-License-Identifier: BSD-2-Clause
/*
 * spin.c - shunt-spin, the synthetic server of the papers: computes for as long as the request says
 */
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <shunt/shunt.h>

#include "gap.h"
#include "spin.h"
#include "work.h"

static struct shunt *shunt;
static bool safepoints = true;
static const char *gaps;

static long serve(struct shunt_req *req)
{
	struct spin_msg *m = req->data;

	if (req->len < sizeof(*m) || m->spin_ns > SPIN_MAX_NS)
		return SHUNT_NO_REPLY;
	work_ns(m->spin_ns, safepoints);
	if (m->replies == SPIN_NO_REPLY)
		return SHUNT_NO_REPLY;
	m->sojourn_ns = work_since_ns(req->arrival_ns);
	for (int i = 1; i < m->replies; i++)
		shunt_send(req, req->data, req->len);
	return req->len;
}

static long handle(struct shunt_req *req, void *arg)
{
	long n = serve(req);

	gap_served();
	return n;
}

static int begin(unsigned int core, void *arg)
{
	gap_thread(core);
	return 0;
}

static void on_signal(int sig)
{
	shunt_stop(shunt);
}

static void usage(FILE *out)
{
	fputs("usage: shunt-spin --dev IF [options]\n"
	      "Serves requests that say how long to compute (shunt-load sends them).\n"
	      "  -d, --dev IF          interface that shunt is loaded on\n"
	      "  -s, --socket PATH     of shuntd, if not the usual one\n"
	      "  -D, --domain N        domain to serve, from 0 (default: the first that is free)\n"
	      "  -c, --cores N         threads (default: all that the domain has)\n"
	      "  -i, --idle MODE       spin, adaptive (default) or sleep\n"
	      "  -n, --no-safepoints   compute in one go: only signals can interrupt it\n"
	      "  -g, --gaps FILE       note there when a core lost its CPU (shunt-load)\n"
	      "  -h, --help\n", out);
}

static int idle_mode(const char *name)
{
	if (!strcmp(name, "spin"))
		return SHUNT_IDLE_SPIN;
	if (!strcmp(name, "adaptive"))
		return SHUNT_IDLE_ADAPTIVE;
	if (!strcmp(name, "sleep"))
		return SHUNT_IDLE_SLEEP;
	fprintf(stderr, "shunt-spin: what is the idle mode '%s'? (spin, adaptive, sleep)\n", name);
	exit(2);
}

static void parse(int argc, char **argv, struct shunt_opts *o)
{
	static const struct option longs[] = {
		{ "dev", required_argument, NULL, 'd' },
		{ "socket", required_argument, NULL, 's' },
		{ "domain", required_argument, NULL, 'D' },
		{ "cores", required_argument, NULL, 'c' },
		{ "idle", required_argument, NULL, 'i' },
		{ "no-safepoints", no_argument, NULL, 'n' },
		{ "gaps", required_argument, NULL, 'g' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "d:s:D:c:i:ng:h", longs, NULL)) != -1) {
		switch (c) {
		case 'd':
			o->ifname = optarg;
			break;
		case 's':
			o->socket = optarg;
			break;
		case 'D':
			o->domain = SHUNT_DOMAIN(atoi(optarg));
			break;
		case 'c':
			o->cores = atoi(optarg);
			break;
		case 'i':
			o->idle = idle_mode(optarg);
			break;
		case 'n':
			safepoints = false;
			break;
		case 'g':
			gaps = optarg;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	}
	if (optind < argc || (!o->ifname && !o->socket)) {
		usage(stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct shunt_opts opts = { .sz = sizeof(opts), .name = "shunt-spin", .handler = handle,
				   .core_init = begin,
				   .flags = SHUNT_ABANDON /* its handler owns nothing */ };
	struct sigaction on_end = { .sa_handler = on_signal };
	int err;

	parse(argc, argv, &opts);
	err = gaps ? gap_open(gaps, opts.idle == SHUNT_IDLE_SPIN) : 0;
	if (err) {
		fprintf(stderr, "shunt-spin: --gaps %s: %s\n", gaps, strerror(-err));
		return 1;
	}
	work_calibrate(gaps);
	err = shunt_open(&shunt, &opts);
	if (!err) {
		sigaction(SIGINT, &on_end, NULL);
		sigaction(SIGTERM, &on_end, NULL);
		fprintf(stderr, "shunt-spin: serving, 1 us of work is %.1f steps\n",
			work_steps_per_us());
		err = shunt_run(shunt);
	}
	if (err)
		fprintf(stderr, "shunt-spin: %s\n", shunt_error(shunt));
	shunt_close(shunt);
	return err ? 1 : 0;
}
