// SPDX-License-Identifier: BSD-2-Clause
/*
 * message.c - tells a message from what is none
 */
#include <errno.h>
#include <string.h>

#include "broker.h"
#include "message.h"

static size_t length_of(unsigned int type)
{
	switch (type) {
	case SHUNT_MSG_HELLO:
		return sizeof(struct shunt_msg_hello);
	case SHUNT_MSG_UP:
	case SHUNT_MSG_DOWN:
		return sizeof(struct shunt_msg_core);
	case SHUNT_MSG_BYE:
		return sizeof(struct shunt_msg);
	default: /* what only an agent says */
		return 0;
	}
}

int broker_check(const void *buf, size_t len)
{
	struct shunt_msg m;

	if (len < sizeof(m))
		return -EPROTO;
	memcpy(&m, buf, sizeof(m));
	if (m.magic != SHUNT_MSG_MAGIC)
		return -EPROTO;
	if (m.abi != SHUNT_ABI)
		return -EPROTONOSUPPORT;
	return len == length_of(m.type) ? m.type : -EPROTO;
}
