// SPDX-License-Identifier: BSD-2-Clause
/*
 * addrs.c - keeps the map "own" current: the addresses that requests are for
 */
#include <string.h>

#include "addrs.h"
#include "agent.h"
#include "log.h"
#include "own.h"
#include "plural.h"

void addrs_refresh(struct agent *a)
{
	struct own_list list;
	int err;

	a->addrs_due = false;
	if (!a->maps.own || !a->ifindex)
		return;
	err = own_read(&list, a->ifindex);
	if (err) {
		log_say(LOG_ERR,
			"cannot ask the kernel for addresses, requests are for those of before: %s",
			strerror(-err));
		return;
	}
	own_configure(&list, &a->maps.cfg);
	if (list.left_out)
		log_say(LOG_WARNING,
			"%u addresses are too many: requests for %u of them go to the kernel, and "
			"those that claim to be from them are not denied; say 'address' or "
			"'any-address: on' in the configuration",
			list.n + list.left_out, list.left_out);
	if (own_write(a->maps.own, &list))
		log_say(LOG_DEBUG, "requests are for %u %s, broadcast addresses included",
			list.n, plural(list.n, "address", "addresses"));
}
