// SPDX-License-Identifier: BSD-2-Clause
/*
 * announce.c - rpcbind is told of the programs of ONC RPC that workers serve
 *
 * When a core comes up, not before: a server of rpcgen has told rpcbind of a socket of its own by
 * then, and clients are to come here. The loader takes it back at unload.
 */
#include <errno.h>
#include <string.h>

#include "announce.h"
#include "log.h"
#include "plural.h"
#include "rpcbind.h"

bool announce(const struct shunt_pins *pins)
{
	struct rpcbind_program list[SHUNT_PROGRAMS];
	int n = rpcbind_list(pins, list), told = n > 0 ? rpcbind_set(list, n) : 0;

	if (n <= 0)
		return true;
	if (told == -ETIMEDOUT)
		return false;
	if (told == n)
		log_say(LOG_INFO, "rpcbind names our ports for %d RPC %s", n,
			plural(n, "program", "programs"));
	else if (told == -ENOENT || told == -ECONNREFUSED)
		log_say(LOG_INFO, "there is no rpcbind: RPC clients must know the port");
	else
		log_say(LOG_WARNING, "rpcbind names our ports for %d of %d RPC %s: %s",
			told < 0 ? 0 : told, n, plural(n, "program", "programs"),
			told < 0 ? strerror(-told) : "it refuses the others");
	return true;
}
