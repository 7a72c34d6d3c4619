// SPDX-License-Identifier: BSD-2-Clause
/*
 * procedures.c - calc.x as a server of rpcgen has it: results in static variables
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "calc.h"

unsigned int *inc_1_svc(unsigned int *arg, struct svc_req *req)
{
	static unsigned int res;

	res = *arg + 1;
	return &res;
}

unsigned int *inc_3_svc(unsigned int *arg, struct svc_req *req)
{
	static unsigned int res;

	res = *arg + 3;
	return &res;
}

everything *echo_1_svc(everything *arg, struct svc_req *req)
{
	return arg;
}

text *name_1_svc(text *arg, struct svc_req *req)
{
	return arg;
}

unsigned int *sum_1_svc(args4 *arg, struct svc_req *req)
{
	static unsigned int res;

	res = arg->a + (unsigned int)arg->b;
	for (const char *s = arg->s; *s; s++)
		res += (unsigned char)*s;
	return &res;
}

unsigned int *who_1_svc(void *arg, struct svc_req *req)
{
	static unsigned int res;
	struct authunix_parms *by = req->rq_clntcred;

	res = req->rq_cred.oa_flavor == AUTH_SYS ? by->aup_uid : 0;
	return &res;
}

bulk *many_1_svc(unsigned int *arg, struct svc_req *req)
{
	static char bytes[4000];
	static bulk res;

	res.bytes.bytes_len = *arg;
	res.bytes.bytes_val = bytes;
	memset(bytes, 'm', sizeof(bytes));
	return &res;
}

unsigned int *slow_1_svc(unsigned int *arg, struct svc_req *req)
{
	static unsigned int calls;
	struct timespec from, now;

	clock_gettime(CLOCK_MONOTONIC, &from);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - from.tv_sec) * 1000000L + (now.tv_nsec - from.tv_nsec) / 1000 < *arg);
	calls++;
	return &calls;
}

void *nothing_1_svc(void *arg, struct svc_req *req)
{
	static char res;

	return &res;
}

/* 0: as a procedure of rpcgen fails, which answers nothing; else by itself */
unsigned int *fail_1_svc(unsigned int *arg, struct svc_req *req)
{
	if (*arg == 1)
		svcerr_systemerr(req->rq_xprt);
	if (*arg == 2)
		svcerr_weakauth(req->rq_xprt);
	return NULL;
}
