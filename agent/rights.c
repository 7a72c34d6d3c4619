// SPDX-License-Identifier: BSD-2-Clause
/*
 * rights.c - shuntd's limits and privileges
 */
#include <cap-ng.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "log.h"
#include "rights.h"

#define FILE_MIN (64u << 20) /* more than a domain has with usual rings */

/* AF_XDP sockets and their locked memory, BPF maps, and ending workers that hang; real-time
 * priority, the last, only if it was asked for. */
static const int kept[] = { CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF, CAP_KILL, CAP_IPC_LOCK,
			    CAP_SYS_NICE };
static size_t nkept = sizeof(kept) / sizeof(*kept) - 1;

/* The limit as it is then. */
static rlim_t raise_limit(int which)
{
	struct rlimit lim;

	if (getrlimit(which, &lim))
		return RLIM_INFINITY;
	if (lim.rlim_cur == lim.rlim_max)
		return lim.rlim_cur;
	lim.rlim_cur = lim.rlim_max;
	return setrlimit(which, &lim) ? RLIM_INFINITY : lim.rlim_max;
}

/* Frames, rings and state are memfds, to the kernel files like others. */
int rights_raise_limits(void)
{
	rlim_t longest = raise_limit(RLIMIT_FSIZE);

	raise_limit(RLIMIT_NOFILE);
	if (longest >= FILE_MIN)
		return 0;
	log_say(LOG_ERR,
		"files may be %llu bytes long (RLIMIT_FSIZE), and the memory of a domain is "
		"longer: raise the hard limit ('ulimit -Hf', LimitFSIZE=) to 64 MiB or more",
		(unsigned long long)longest);
	return -EFBIG;
}

static bool is_kept(int cap)
{
	for (size_t i = 0; i < nkept; i++) {
		if (kept[i] == cap)
			return true;
	}
	return false;
}

/* Did the process that started us already forbid our children further
 * rights? Then CAP_SETPCAP, which that takes, may be gone. */
static bool is_bounded(void)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++) {
		if (prctl(PR_CAPBSET_READ, cap) && !is_kept(cap))
			return false;
	}
	return true;
}

void rights_drop(bool urgent)
{
	int err = 0;

	nkept += urgent;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		log_say(LOG_WARNING, "cannot renounce new privileges: %m, ignoring");
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < nkept; i++)
		err |= capng_update(CAPNG_ADD,
				    CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET,
				    kept[i]);
	/* The bounding set goes too, so that this holds for
	 * the programs that the keeper starts (us, again). */
	if (err || capng_apply(is_bounded() ? CAPNG_SELECT_CAPS : CAPNG_SELECT_BOTH))
		log_say(LOG_WARNING, "cannot drop privileges, ignoring");
}
