// SPDX-License-Identifier: BSD-2-Clause
/*
 * main_mt.c - the dispatch function of rpcgen -M on all cores, under preemption; procedures_mt.c
 * has its procedures
 */
#include <stdio.h>
#include <stdlib.h>

#include <shunt/rpc.h>

#include "calc_mt.h"

extern void calc_1(struct svc_req *req, SVCXPRT *xprt);
extern void calc_3(struct svc_req *req, SVCXPRT *xprt);

int main(void)
{
	struct shunt_opts worker = { .sz = sizeof(worker), .ifname = getenv("SHUNT_DEV"),
				     .idle = SHUNT_IDLE_SLEEP };
	struct shunt_rpc_opts opts = { .sz = sizeof(opts), .worker = &worker };
	SVCXPRT *xprt = svcudp_create(RPC_ANYSOCK);

	if (!xprt || !svc_register(xprt, CALC, CALC1, calc_1, 0) ||
	    !svc_register(xprt, CALC, CALC3, calc_3, 0))
		return 2;
	if (shunt_rpc_run_mt(&opts))
		fprintf(stderr, "%s\n", shunt_rpc_error());
	return 1;
}
