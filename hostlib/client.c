// SPDX-License-Identifier: BSD-2-Clause
/*
 * client.c - who sent the request that runs
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "internal.h"

/* The sender, by the packet's headers: they lie before the payload, so no reply has changed them.
 */
static int read_from(const struct item *it, const char *packet, struct sockaddr *from,
		     unsigned int *len)
{
	const char *udp = packet + it->payload - 8;
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	struct sockaddr_in four = { .sin_family = AF_INET };
	unsigned int size = it->ipv6 ? sizeof(six) : sizeof(four), room = *len;

	*len = size;
	if (!it->sane || room < size)
		return -EMSGSIZE;
	if (it->ipv6) {
		memcpy(&six.sin6_port, udp, 2);
		memcpy(&six.sin6_addr, udp - 32, 16);
		memcpy(from, &six, size);
	} else {
		memcpy(&four.sin_port, udp, 2);
		memcpy(&four.sin_addr, udp - 8, 4);
		memcpy(from, &four, size);
	}
	return 0;
}

int shunt_client(const struct shunt_req *req, struct sockaddr *from, unsigned int *len)
{
	struct core *c;
	int err = -ESTALE;

	shunt_nopreempt_begin(); /* the request is this core's until the end of the region */
	c = yield_core();
	if (yield_runs(c, req))
		err = read_from(c->item, c->s->memory + c->item->addr, from, len);
	shunt_nopreempt_end();
	return err;
}
