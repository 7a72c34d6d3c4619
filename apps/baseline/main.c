// SPDX-License-Identifier: BSD-2-Clause
/*
 * main.c - shunt-baseline: the same application, the same
 * handler, under the systems that shunt is compared with
 */
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../gap.h"
#include "baseline.h"

#ifdef BASELINE_URING
#define URING_IS ""
#else
#define URING_IS " (not built in: it takes liburing)"
#endif

static const struct mode modes[] = {
	{ "shared", "Linux UDP, one socket for all threads (c-FCFS)", run_shared },
	{ "reuseport", "Linux UDP, a socket a thread, chosen by hash (d-FCFS)", run_reuseport },
	{ "select", "the same, chosen by a BPF program (Syrup): --select", run_select },
	{ "steal", "a socket a thread, and who has nothing to do looks into the others (ZygOS)",
	  run_steal },
	{ "dispatcher",
	  "a thread that receives and feeds workers through rings (Shinjuku, Persephone)",
	  run_dispatcher },
	{ "xdp", "AF_XDP, a queue a thread, run to completion (IX)", run_xdp },
	{ "uring", "io_uring, a socket a thread, multishot receive" URING_IS, run_uring },
};

static void on_signal(int sig)
{
	stop = 1;
}

static void usage(FILE *out)
{
	fputs("usage: " PROGRAM " --mode MODE --cpus LIST [options]\n"
	      "Serves an application without shunt.\n"
	      "  -m, --mode MODE\n", out);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		fprintf(out, "        %-12s    %s\n", modes[i].name, modes[i].what);
	fputs("  -c, --cpus LIST       1,2,3: a thread on each\n"
	      "  -p, --port N          9000, kv 11211\n"
	      "  -i, --idle MODE       spin (default) or block\n"
	      "  -S, --select HOW      round-robin (default) or idle\n"
	      "  -d, --dev IF          interface (xdp)\n"
	      "  -k, --kick N          replies that leave by one system call (xdp 1, uring 16)\n"
	      "  -B, --batch N         requests, and replies, that one system call moves (shared: 1)\n"
	      "  -b, --busy-poll US    a socket that has nothing polls its device so long\n"
	      "  -g, --gaps FILE       note there when a thread lost its CPU (shunt-load)\n",
	      out);
	fputs(app_help, out);
	fputs("  -h, --help\n"
	      "Ends with status 77 where the machine has too few CPUs for a mode.\n", out);
}

static void bad(const char *what, const char *arg)
{
	fprintf(stderr, PROGRAM ": what is the %s '%s'? --help says more\n", what, arg);
	exit(2);
}

static void parse_cpus(struct options *o, char *arg)
{
	char *save, *end;

	for (char *p = strtok_r(arg, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
		long cpu = strtol(p, &end, 10);

		if (end == p || *end || cpu < 0 || cpu >= CPU_SETSIZE || o->cpus == THREADS_MAX)
			bad("CPU", p);
		o->cpu[o->cpus++] = cpu;
	}
}

static int number(const char *what, const char *arg, long least, long most)
{
	char *end;
	long n = strtol(arg, &end, 10);

	if (end == arg || *end || n < least || n > most)
		bad(what, arg);
	return n;
}

static void parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "mode", 1, NULL, 'm' }, { "cpus", 1, NULL, 'c' }, { "port", 1, NULL, 'p' },
		{ "idle", 1, NULL, 'i' }, { "select", 1, NULL, 'S' }, { "dev", 1, NULL, 'd' },
		{ "gaps", 1, NULL, 'g' }, { "kick", 1, NULL, 'k' }, { "batch", 1, NULL, 'B' },
		{ "busy-poll", 1, NULL, 'b' }, { "help", 0, NULL, 'h' }, APP_LONG_OPTIONS, { 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "m:c:p:i:S:d:g:k:B:b:h", longs, NULL)) != -1) {
		switch (c) {
		case 'm': o->mode = optarg; break;
		case 'c': parse_cpus(o, optarg); break;
		case 'p':
			o->port = atoi(optarg);
			if (!o->port)
				bad("port", optarg);
			break;
		case 'i':
			o->spin = !strcmp(optarg, "spin");
			if (!o->spin && strcmp(optarg, "block"))
				bad("idle mode", optarg);
			break;
		case 'S':
			o->select = optarg;
			if (strcmp(optarg, "idle") && strcmp(optarg, "round-robin"))
				bad("selector", optarg);
			break;
		case 'd': o->dev = optarg; break;
		case 'g': o->gaps = optarg; break;
		case 'k': o->kick = number("number of replies", optarg, 1, KICK_MOST); break;
		case 'B': o->batch = number("number of requests", optarg, 1, KICK_MOST); break;
		case 'b': o->busy_poll_us = number("time", optarg, 0, 1000000); break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			if (c < 1000)
				usage(stderr);
			if (c < 1000 || app_option(&o->app, c, optarg, PROGRAM))
				exit(2);
		}
	}
	if (optind < argc || !o->mode || !o->cpus) {
		usage(stderr);
		exit(2);
	}
	if (!o->port)
		o->port = strcmp(o->app.name, "kv") ? 9000 : KV_PORT;
}

/* A thread that blocks is away on purpose. */
static int note_gaps(const struct options *o)
{
	int err = o->gaps ? gap_open(o->gaps, o->spin) : 0;

	if (err)
		fprintf(stderr, PROGRAM ": --gaps %s: %s\n", o->gaps, strerror(-err));
	return err;
}

int main(int argc, char **argv)
{
	struct options o = { .select = "round-robin", .spin = true };
	struct sigaction on_end = { .sa_handler = on_signal };
	const struct mode *m = NULL;
	int status;

	app_defaults(&o.app);
	parse(&o, argc, argv);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (!strcmp(modes[i].name, o.mode))
			m = &modes[i];
	}
	if (!m)
		bad("mode", o.mode);
	if (o.batch && m->run != run_shared) {
		fprintf(stderr, PROGRAM ": --batch is for --mode shared, not %s\n", o.mode);
		return 2;
	}
	sigaction(SIGINT, &on_end, NULL);
	sigaction(SIGTERM, &on_end, NULL);
	o.app.compared = o.gaps;
	if (note_gaps(&o) || app_open(&app, &o.app, PROGRAM))
		return 1;
	status = m->run(&o);
	app_close(&app);
	return status;
}
