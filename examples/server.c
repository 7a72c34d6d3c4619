// SPDX-License-Identifier: BSD-2-Clause
/* server.c - a worker: it answers each request with "pong" */
#include <stdio.h>
#include <string.h>
#include <shunt/shunt.h>

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
	struct shunt *s;
	int err = shunt_open(&s, &opts);

	if (!err)
		err = shunt_run(s);      /* a thread a core, until shunt_stop() */
	if (err)
		fprintf(stderr, "%s\n", shunt_error(s));
	shunt_close(s);
	return err ? 1 : 0;
}
