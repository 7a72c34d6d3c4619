// SPDX-License-Identifier: BSD-2-Clause
/*
 * decode_tirpc.c - by libtirpc and the code that rpcgen wrote, as svc_getreq_common() does it; the
 * call, too, is written so
 */
#include <string.h>

#include "calc.h"

#include "bench/rpc/decode.h"

uint32_t write_call(uint8_t *call, uint32_t room)
{
	AUTH *auth = authunix_create("client.example", 1000, 1000, 3, (gid_t[]){ 10, 20, 30 });
	args4 args = { .a = 7, .b = 5, .s = "forty characters of text, which is 10 wo" };
	struct rpc_msg msg = { .rm_xid = 1, .rm_direction = CALL };
	uint32_t len;
	XDR xdr;

	msg.rm_call.cb_rpcvers = 2;
	msg.rm_call.cb_prog = CALC;
	msg.rm_call.cb_vers = CALC1;
	msg.rm_call.cb_proc = SUM;
	msg.rm_call.cb_cred = auth->ah_cred;
	msg.rm_call.cb_verf = auth->ah_verf;
	xdrmem_create(&xdr, (char *)call, room, XDR_ENCODE);
	len = xdr_callmsg(&xdr, &msg) && xdr_args4(&xdr, &args) ? xdr_getpos(&xdr) : 0;
	auth_destroy(auth);
	return len;
}

int decode_tirpc(const uint8_t *call, uint32_t len)
{
	char area[2 * MAX_AUTH_BYTES];
	struct rpc_msg msg = { 0 };
	args4 args = { 0 };
	int good;
	XDR xdr;

	msg.rm_call.cb_cred.oa_base = area;
	msg.rm_call.cb_verf.oa_base = area + MAX_AUTH_BYTES;
	xdrmem_create(&xdr, (char *)call, len, XDR_DECODE);
	good = xdr_callmsg(&xdr, &msg) && xdr_args4(&xdr, &args);
	xdr_free((xdrproc_t)xdr_args4, (char *)&args);
	return good;
}
