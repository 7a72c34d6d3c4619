// SPDX-License-Identifier: BSD-2-Clause
/*
 * decode_shunt.c - by libshunt-rpc and the code that shunt-rpcgen wrote
 */
#include "calc_shunt.c"

#include "bench/rpc/decode.h"

int decode_shunt(const uint8_t *call, uint32_t len)
{
	struct shunt_req req = { .data = (void *)call, .len = len, .room = 1472 };
	struct shunt_rpc_call c;
	args4 args;
	int good;

	if (shunt_rpc_head(&c, &req) != SHUNT_RPC_CALL || c.procedure != 4)
		return 0;
	good = sum_1_get(c.args, c.end, &args);
	__asm__ volatile("" : : "r"(&args) : "memory");
	return good;
}
