// SPDX-License-Identifier: BSD-2-Clause
/*
 * main.c - shunt-kv, a key-value server on libshunt:
 * memcached's UDP protocol, hash table or RocksDB
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <shunt/shunt.h>

#include "../app.h"
#include "../gap.h"

#define PROGRAM "shunt-kv"
#define STACK (256 << 10) /* a handler's: RocksDB is deep */

static struct shunt *shunt;
static struct app app;
static const char *gaps;

static void emit(void *ctx, const void *datagram, size_t len)
{
	shunt_send(ctx, datagram, len); /* none sent: the client misses a
					 * datagram, as if it were lost */
}

static long handle(struct shunt_req *req, void *arg)
{
	size_t n = app_handle(&app, req->data, req->len, req->data, req->room, req->arrival_ns,
			      emit, req);

	return n ? (long)n : SHUNT_NO_REPLY;
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
	fputs("usage: shunt-kv --dev IF [options]\n"
	      "Serves memcached's UDP protocol from an interface that shunt is loaded on.\n"
	      "  -d, --dev IF          interface\n"
	      "  -s, --socket PATH     of shuntd, if not the usual one\n"
	      "  -D, --domain N        domain to serve, from 0 (default: the first that is free)\n"
	      "  -c, --cores N         threads (default: all that the domain has)\n"
	      "  -i, --idle MODE       spin, adaptive (default) or sleep\n"
	      "  -g, --gaps FILE       note there when a core lost its CPU (shunt-load)\n", out);
	fputs(strstr(app_help, "      --engine"), out);
	fputs("  -h, --help\n", out);
}

static int idle_mode(const char *name)
{
	static const char *const names[] = { [SHUNT_IDLE_ADAPTIVE] = "adaptive",
					     [SHUNT_IDLE_SPIN] = "spin",
					     [SHUNT_IDLE_SLEEP] = "sleep" };

	for (int i = 0; i < 3; i++) {
		if (!strcmp(names[i], name))
			return i;
	}
	fprintf(stderr, PROGRAM ": what is the idle mode '%s'? (spin, adaptive, sleep)\n", name);
	exit(2);
}

static void parse(int argc, char **argv, struct shunt_opts *o, struct app_options *a)
{
	static const struct option longs[] = {
		{ "dev", 1, NULL, 'd' }, { "socket", 1, NULL, 's' }, { "domain", 1, NULL, 'D' },
		{ "cores", 1, NULL, 'c' }, { "idle", 1, NULL, 'i' }, { "gaps", 1, NULL, 'g' },
		{ "help", 0, NULL, 'h' },
		APP_LONG_OPTIONS, { 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "d:s:D:c:i:g:h", longs, NULL)) != -1) {
		switch (c) {
		case 'd': o->ifname = optarg; break;
		case 's': o->socket = optarg; break;
		case 'D': o->domain = SHUNT_DOMAIN(atoi(optarg)); break;
		case 'c': o->cores = atoi(optarg); break;
		case 'i': o->idle = idle_mode(optarg); break;
		case 'g': gaps = optarg; break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			if (c < 1000)
				usage(stderr);
			if (c < 1000 || app_option(a, c, optarg, PROGRAM))
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
	struct shunt_opts opts = { .sz = sizeof(opts), .name = PROGRAM, .handler = handle,
				   .core_init = begin, .stack_size = STACK };
	struct sigaction on_end = { .sa_handler = on_signal };
	struct app_options a;
	int err;

	app_defaults(&a);
	a.name = "kv";
	parse(argc, argv, &opts, &a);
	err = gaps ? gap_open(gaps, opts.idle == SHUNT_IDLE_SPIN) : 0;
	if (err) {
		fprintf(stderr, PROGRAM ": --gaps %s: %s\n", gaps, strerror(-err));
		return 1;
	}
	if (app_open(&app, &a, PROGRAM))
		return 1;
	err = shunt_open(&shunt, &opts);
	if (!err) {
		sigaction(SIGINT, &on_end, NULL);
		sigaction(SIGTERM, &on_end, NULL);
		fprintf(stderr, PROGRAM ": serving\n");
		err = shunt_run(shunt);
	}
	if (err)
		fprintf(stderr, PROGRAM ": %s\n", shunt_error(shunt));
	shunt_close(shunt);
	app_close(&app);
	return err ? 1 : 0;
}
