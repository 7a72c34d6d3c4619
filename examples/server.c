// SPDX-License-Identifier: BSD-2-Clause
/* server.c - a worker: it answers each request with "pong" */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <shunt/shunt.h>

static struct shunt *s;

static void stop(int sig)
{
	shunt_stop(s);                   /* else the end would count as a worker's death */
}

static long handle(struct shunt_req *req, void *arg)
{
	if (req->room < 4)
		return SHUNT_NO_REPLY;
	memcpy(req->data, "pong", 4);    /* over the request, in its own frame */
	return 4;
}

int main(int argc, char **argv)
{
	struct shunt_opts opts = { .sz = sizeof(opts), .ifname = argv[1], .handler = handle };
	int err;

	if (argc != 2) {
		fprintf(stderr, "usage: %s INTERFACE\n", argv[0]);
		return 2;
	}
	err = shunt_open(&s, &opts);
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	if (!err)
		err = shunt_run(s);      /* a thread a core, until shunt_stop() */
	if (err)
		fprintf(stderr, "%s\n", shunt_error(s));
	shunt_close(s);
	return err ? 1 : 0;
}
