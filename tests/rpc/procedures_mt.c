// SPDX-License-Identifier: BSD-2-Clause
/*
 * procedures_mt.c - calc.x as a server of rpcgen -M has it: results where the caller says
 */
#include <stdlib.h>
#include <string.h>

#include "calc_mt.h"

bool_t inc_1_svc(unsigned int *arg, unsigned int *res, struct svc_req *req)
{
	*res = *arg + 1;
	return TRUE;
}

bool_t inc_3_svc(unsigned int *arg, unsigned int *res, struct svc_req *req)
{
	*res = *arg + 3;
	return TRUE;
}

/* The results are freed, so what they point to is copied. */
bool_t echo_1_svc(everything *arg, everything *res, struct svc_req *req)
{
	*res = *arg;
	res->name = strdup(arg->name);
	res->blob.blob_val = malloc(arg->blob.blob_len);
	memcpy(res->blob.blob_val, arg->blob.blob_val, arg->blob.blob_len);
	return TRUE;
}

bool_t name_1_svc(text *arg, text *res, struct svc_req *req)
{
	*res = strdup(*arg);
	return TRUE;
}

bool_t sum_1_svc(args4 *arg, unsigned int *res, struct svc_req *req)
{
	*res = arg->a + (unsigned int)arg->b;
	for (const char *s = arg->s; *s; s++)
		*res += (unsigned char)*s;
	return TRUE;
}

bool_t who_1_svc(void *arg, unsigned int *res, struct svc_req *req)
{
	struct authunix_parms *by = req->rq_clntcred;

	*res = req->rq_cred.oa_flavor == AUTH_SYS ? by->aup_uid : 0;
	return TRUE;
}

bool_t many_1_svc(unsigned int *arg, bulk *res, struct svc_req *req)
{
	res->bytes.bytes_len = *arg;
	res->bytes.bytes_val = malloc(4000);
	memset(res->bytes.bytes_val, 'm', 4000);
	return TRUE;
}

bool_t slow_1_svc(unsigned int *arg, unsigned int *res, struct svc_req *req)
{
	*res = 0;
	return TRUE;
}

bool_t nothing_1_svc(void *arg, void *res, struct svc_req *req)
{
	return TRUE;
}

bool_t fail_1_svc(unsigned int *arg, unsigned int *res, struct svc_req *req)
{
	return FALSE;
}

int calc_1_freeresult(SVCXPRT *xprt, xdrproc_t xdr, caddr_t res)
{
	xdr_free(xdr, res);
	return 1;
}

int calc_3_freeresult(SVCXPRT *xprt, xdrproc_t xdr, caddr_t res)
{
	xdr_free(xdr, res);
	return 1;
}
