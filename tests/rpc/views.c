// SPDX-License-Identifier: BSD-2-Clause
/*
 * views.c - calc.x as a server of shunt-rpcgen has it: arguments are views into the frame
 */
#include <string.h>
#include <time.h>

#include "calc_shunt.h"

enum shunt_rpc_stat inc_1(struct shunt_rpc_call *call, const uint32_t *arg, uint32_t *res)
{
	*res = *arg + 1;
	return SHUNT_RPC_SUCCESS;
}

enum shunt_rpc_stat inc_3(struct shunt_rpc_call *call, const uint32_t *arg, uint32_t *res)
{
	*res = *arg + 3;
	return SHUNT_RPC_SUCCESS;
}

enum shunt_rpc_stat echo_1(struct shunt_rpc_call *call, const everything *arg, everything *res)
{
	*res = *arg;
	return SHUNT_RPC_SUCCESS;
}

enum shunt_rpc_stat name_1(struct shunt_rpc_call *call, const text *arg, text *res)
{
	*res = *arg;
	return SHUNT_RPC_SUCCESS;
}

enum shunt_rpc_stat sum_1(struct shunt_rpc_call *call, const args4 *arg, uint32_t *res)
{
	*res = arg->a + (uint32_t)arg->b;
	for (uint32_t i = 0; i < arg->s.len; i++)
		*res += (unsigned char)arg->s.data[i];
	return SHUNT_RPC_SUCCESS;
}

enum shunt_rpc_stat who_1(struct shunt_rpc_call *call, uint32_t *res)
{
	*res = call->uid;
	return SHUNT_RPC_SUCCESS;
}

enum shunt_rpc_stat many_1(struct shunt_rpc_call *call, const uint32_t *arg, bulk *res)
{
	static char bytes[4000];

	memset(bytes, 'm', sizeof(bytes));
	res->bytes = (struct shunt_rpc_bytes){ bytes, *arg };
	return SHUNT_RPC_SUCCESS;
}

enum shunt_rpc_stat slow_1(struct shunt_rpc_call *call, const uint32_t *arg, uint32_t *res)
{
	static _Atomic uint32_t calls;
	struct timespec from, now;

	clock_gettime(CLOCK_MONOTONIC, &from);
	do {
		shunt_safepoint();
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - from.tv_sec) * 1000000L + (now.tv_nsec - from.tv_nsec) / 1000 <
		 *arg);
	*res = ++calls;
	return SHUNT_RPC_SUCCESS;
}

enum shunt_rpc_stat nothing_1(struct shunt_rpc_call *call)
{
	return SHUNT_RPC_SUCCESS;
}

enum shunt_rpc_stat fail_1(struct shunt_rpc_call *call, const uint32_t *arg, uint32_t *res)
{
	return *arg == 1 ? SHUNT_RPC_SYSTEM_ERR : *arg == 2 ? SHUNT_RPC_AUTH_TOOWEAK :
							      SHUNT_RPC_SILENT;
}
