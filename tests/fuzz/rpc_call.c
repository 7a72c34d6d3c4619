// SPDX-License-Identifier: BSD-2-Clause
/*
 * rpc_call.c - a call of ONC RPC, from its head to the reply, by code that shunt-rpcgen wrote: the
 * first byte is about the room for the reply
 */
/* link: hostlib/rpc/head.c tests/rpc/views.c tests/unit/kv_safepoint.c */
/* flags: -Ibuild/tests/rpc/gen -DSHUNT_RPC_ALONE */
#include "input.h"

#include "calc_shunt.h"

#define SLOW 7 /* computes for as long as it is told */
#define ROOM 1472

static uint32_t word_at(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

/* What every reply is, whatever was asked. */
static void check_reply(const uint8_t *reply, long len, uint32_t room, uint32_t xid, uint32_t type)
{
	MUST(len >= 20 && len <= room && len % 4 == 0);
	MUST(type == 0);
	MUST(word_at(reply) == xid && word_at(reply + 4) == 1 && word_at(reply + 8) <= 1);
	if (word_at(reply + 8) == 1)
		MUST(word_at(reply + 12) <= 1 && len == (word_at(reply + 12) ? 20 : 24));
	else
		MUST(len >= 24 && word_at(reply + 20) <= 5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct shunt_rpc_version *const served[] = { &calc_1, &calc_3, NULL };
	struct input in = { data, len };
	int how = take8(&in);
	size_t n = in.left < ROOM ? in.left : ROOM, room = how & 1 ? ROOM : n;
	/* Without more room a byte that is read behind the call is noticed. */
	uint8_t *frame = malloc(room ? room : 1);
	struct shunt_req req = { .data = frame, .len = n, .room = room };
	struct shunt_rpc_call call;
	uint32_t xid, type;
	long reply;

	MUST(frame);
	memcpy(frame, in.at, n);
	xid = n >= 8 ? word_at(frame) : 0;
	type = n >= 8 ? word_at(frame + 4) : 1;
	reply = shunt_rpc_head(&call, &req);
	if (reply == SHUNT_RPC_CALL)
		reply = call.procedure == SLOW ? SHUNT_NO_REPLY : shunt_rpc_dispatch(&call, served);
	if (reply != SHUNT_NO_REPLY)
		check_reply(frame, reply, room, xid, type);
	free(frame);
	return 0;
}
