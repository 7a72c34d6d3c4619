/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * svc.h - calls for the code that rpcgen wrote
 */
#pragma once

#include "service.h"

/* Answers the call by what was registered with svc_register() and its like. */
long svc_answer(struct shunt_rpc_call *call, const struct shunt_rpc_opts *opts);
/* No call is being answered any more, nor will be. */
void svc_end(void);
