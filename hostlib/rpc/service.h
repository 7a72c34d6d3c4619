/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * service.h - a process's one RPC service
 */
#pragma once

#include <shunt/rpc.h>

/* What answers a call whose head is right: shunt-rpcgen's versions, or libtirpc. */
struct service {
	long (*answer)(struct shunt_rpc_call *call, const struct shunt_rpc_opts *opts);
	int (*begin)(const struct shunt_rpc_opts *opts); /* before the first call; NULL: nothing */
	void (*end)(void);                               /* behind the last */
};

int shunt_rpc_service(const struct shunt_rpc_opts *opts, const struct service *by);
int shunt_rpc_fail(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));
