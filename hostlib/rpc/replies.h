/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replies.h - replies that are kept for calls which a client sends again
 */
#pragma once

#include <stdbool.h>

#include <shunt/rpc.h>

/* Where the reply of a call will be kept; all 0: nowhere. */
struct replies_place {
	struct reply *at;
	uint64_t turn;
};

int replies_open(unsigned int n);
void replies_close(void);
/* True: the call is new, and to be answered. False: it was answered, and *len is the length of the
 * same reply in its frame; or it is being answered, and *len is SHUNT_NO_REPLY. */
bool replies_begin(const struct shunt_rpc_call *call, struct replies_place *place, long *len);
/* The call's reply; NULL: it has none. */
void replies_end(const struct replies_place *place, const void *reply, long len);
