// SPDX-License-Identifier: BSD-2-Clause
/*
 * rstat.c - Debian's /usr/include/rpcsvc/rstat.x as a service: what it tells is made up
 *
 *   rstat IFNAME
 */
#include <stdio.h>
#include <time.h>

#include "rstat_shunt.h"

#define DAY 86400

enum shunt_rpc_stat rstatproc_stats_3(struct shunt_rpc_call *call, statstime *res)
{
	res->curtime.tv_sec = time(NULL);
	res->boottime.tv_sec = res->curtime.tv_sec - 3 * DAY - 100;
	res->avenrun[0] = FSCALE;
	res->avenrun[1] = FSCALE / 2;
	res->avenrun[2] = FSCALE / 4;
	return SHUNT_RPC_SUCCESS;
}

enum shunt_rpc_stat rstatproc_havedisk_3(struct shunt_rpc_call *call, uint32_t *res)
{
	*res = 1;
	return SHUNT_RPC_SUCCESS;
}

/* The older versions are not served. */
enum shunt_rpc_stat rstatproc_stats_2(struct shunt_rpc_call *call, statsswtch *res)
{
	return SHUNT_RPC_PROC_UNAVAIL;
}

enum shunt_rpc_stat rstatproc_havedisk_2(struct shunt_rpc_call *call, uint32_t *res)
{
	return SHUNT_RPC_PROC_UNAVAIL;
}

enum shunt_rpc_stat rstatproc_stats_1(struct shunt_rpc_call *call, stats *res)
{
	return SHUNT_RPC_PROC_UNAVAIL;
}

enum shunt_rpc_stat rstatproc_havedisk_1(struct shunt_rpc_call *call, uint32_t *res)
{
	return SHUNT_RPC_PROC_UNAVAIL;
}

int main(int argc, char **argv)
{
	const struct shunt_rpc_version *const served[] = { &rstatprog_3, NULL };
	struct shunt_opts worker = { .sz = sizeof(worker), .ifname = argv[1] };
	struct shunt_rpc_opts opts = { .sz = sizeof(opts), .worker = &worker, .served = served };

	if (shunt_rpc_serve(&opts))
		fprintf(stderr, "%s\n", shunt_rpc_error());
	return 1;
}
