/* SPDX-License-Identifier: BSD-2-Clause */
/* hello.c - a service of ONC RPC: hello.x says what it does
 *   shunt-rpcgen hello.x && cc hello.c hello_shunt.c -o hello $(pkg-config --libs libshunt-rpc) */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

#include "hello_shunt.h"

static _Atomic uint32_t visitors;

/* The name lies in the request's frame, and has no 0 at its end. */
enum shunt_rpc_stat greet_1(struct shunt_rpc_call *call, const struct shunt_rpc_bytes *name,
			    greeting *res)
{
	if (name->len > HELLO_NAME_MAX)
		return SHUNT_RPC_GARBAGE_ARGS;
	res->visitor = ++visitors;
	res->text.data = call->scratch;
	res->text.len = snprintf(call->scratch, SHUNT_RPC_SCRATCH, "hello %.*s", (int)name->len,
				 name->data);
	return SHUNT_RPC_SUCCESS;
}

enum shunt_rpc_stat visitors_1(struct shunt_rpc_call *call, uint32_t *res)
{
	*res = visitors;
	return SHUNT_RPC_SUCCESS;
}

static void stop(int sig)
{
	shunt_rpc_stop();
}

int main(int argc, char **argv)
{
	const struct shunt_rpc_version *const served[] = { &hello_1, NULL };
	struct shunt_opts worker = { .sz = sizeof(worker), .ifname = argv[1] };
	struct shunt_rpc_opts opts = { .sz = sizeof(opts), .worker = &worker, .served = served };

	if (argc != 2) {
		fprintf(stderr, "usage: %s INTERFACE\n", argv[0]);
		return 2;
	}
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	if (!shunt_rpc_serve(&opts))
		return 0;
	fprintf(stderr, "%s\n", shunt_rpc_error());
	return 1;
}
