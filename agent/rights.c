// SPDX-License-Identifier: BSD-2-Clause
/*
 * rights.c - shuntd's limits and privileges
 */
#include <cap-ng.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "log.h"
#include "rights.h"

/* AF_XDP sockets and their locked memory, BPF maps, and ending workers that hang. */
static const int kept[] = { CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF, CAP_KILL, CAP_IPC_LOCK };

void rights_raise_limits(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) || lim.rlim_cur == lim.rlim_max)
		return;
	lim.rlim_cur = lim.rlim_max;
	setrlimit(RLIMIT_NOFILE, &lim);
}

static bool is_kept(int cap)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		if (kept[i] == cap)
			return true;
	}
	return false;
}

/* Has whoever started us seen to it already that nothing we start can have more? Then CAP_SETPCAP, which it takes, may be gone. */
static bool is_bounded(void)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++) {
		if (prctl(PR_CAPBSET_READ, cap) && !is_kept(cap))
			return false;
	}
	return true;
}

void rights_drop(void)
{
	int err = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		say(LOG_WARNING, "cannot renounce new privileges: %m, ignoring");
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		err |= capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET, kept[i]);
	/* The bounding set goes too, so that this holds for the programs that the keeper starts (us, again). */
	if (err || capng_apply(is_bounded() ? CAPNG_SELECT_CAPS : CAPNG_SELECT_BOTH))
		say(LOG_WARNING, "cannot drop privileges, ignoring");
}
