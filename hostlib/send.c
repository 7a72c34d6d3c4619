// SPDX-License-Identifier: BSD-2-Clause
/*
 * send.c - more datagrams than the one that the handler returns
 */
#include <errno.h>

#include "internal.h"

int shunt_send(struct shunt_req *req, const void *data, size_t len)
{
	struct core *c;
	int err = -ESTALE;

	shunt_nopreempt_begin(); /* the request is this core's until the end of the region */
	c = yield_core();
	if (yield_runs(c, req))
		err = reply_more(c, c->item, data, len);
	shunt_nopreempt_end();
	return err;
}
