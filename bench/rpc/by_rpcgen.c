// SPDX-License-Identifier: BSD-2-Clause
/*
 * by_rpcgen.c - calc.x by rpcgen, without rpcbind; RUN is shunt_rpc_run or svc_run
 *
 *   by_rpcgen PORT   of libtirpc's socket
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <shunt/rpc.h>

#include "calc.h"

extern void calc_1(struct svc_req *req, SVCXPRT *xprt);

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int sock = socket(AF_INET, SOCK_DGRAM, 0);
	SVCXPRT *xprt;

	at.sin_port = htons(argc > 1 ? atoi(argv[1]) : 0);
	if (bind(sock, (struct sockaddr *)&at, sizeof(at)))
		return 2;
	xprt = svcudp_create(sock);
	if (!xprt || !svc_register(xprt, CALC, CALC1, calc_1, 0))
		return 2;
	RUN();
	return 1;
}
