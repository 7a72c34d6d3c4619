// SPDX-License-Identifier: BSD-2-Clause
/*
 * send.c - more datagrams than the one that the handler returns
 */
#include <errno.h>

#include "internal.h"

/*
 * The request is the one that this thread runs now. Any other belongs to another thread, or has
 * ended, and then its memory may hold the request of another client: so nothing is looked up by the
 * caller's pointer.
 */
static bool is_running(const struct core *c, const struct shunt_req *req)
{
	return c && c->running && req->id == c->item->req.id && req->turn == c->item->req.turn;
}

int shunt_send(struct shunt_req *req, const void *data, size_t len)
{
	struct core *c;
	int err = -ESTALE;

	shunt_nopreempt_begin(); /* the request is this core's until the end of the region */
	c = yield_core();
	if (is_running(c, req))
		err = reply_more(c, c->item, data, len);
	shunt_nopreempt_end();
	return err;
}
