// SPDX-License-Identifier: BSD-2-Clause
/*
 * serve.c - the server whose procedures are in views.c; its interface is that of SHUNT_DEV
 *
 *   views [CACHE [CORES]]
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "calc_shunt.h"

static void stop(int signal)
{
	shunt_rpc_stop();
}

int main(int argc, char **argv)
{
	const struct shunt_rpc_version *const served[] = { &calc_1, &calc_3, NULL };
	struct shunt_opts worker = { .sz = sizeof(worker), .idle = SHUNT_IDLE_SLEEP,
				     .ifname = getenv("SHUNT_DEV"),
				     .cores = argc > 2 ? atoi(argv[2]) : 0 };
	struct shunt_rpc_opts opts = { .sz = sizeof(opts), .worker = &worker, .served = served,
				       .cache = argc > 1 ? atoi(argv[1]) : 0 };
	int err;

	signal(SIGTERM, stop);
	err = shunt_rpc_serve(&opts);
	if (err)
		fprintf(stderr, "%s\n", shunt_rpc_error());
	return err ? 1 : 0;
}
