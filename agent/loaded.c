// SPDX-License-Identifier: BSD-2-Clause
/*
 * loaded.c - is what is loaded ours to serve? Its role, its interface, and no other shuntd
 *
 * Until all of that is known, nothing is written.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "loaded.h"
#include "lock.h"
#include "netns.h"

/* Is what is loaded for a shuntd of this role? */
static int check_role(const struct agent *a, bool nic, char *why, size_t len)
{
	bool wire = a->maps.cfg.flags & SHUNT_CFG_WIRE;

	if (wire == nic)
		return 0;
	snprintf(why, len,
		 wire ? "'%s' is loaded as a NIC's port: start shuntd with --role nic"
		      : "'%s' is not loaded as a NIC's port: the configuration has no 'wire'",
		 a->opts.ifname);
	return -EINVAL;
}

/* Pins go by a name, and each network namespace may have it. */
static int check_place(const struct agent *a, char *why, size_t len)
{
	const struct shunt_cfg *cfg = &a->maps.cfg;
	char path[PATH_MAX];
	__u64 own;
	int err = shunt_netns_cookie(&own);

	if (err) {
		snprintf(why, len, "cannot tell which network namespace this is: %s",
			 strerror(-err));
		return err;
	}
	if (own == cfg->netns && a->ifindex == cfg->ifindex)
		return 0;
	if (own == cfg->netns)
		snprintf(why, len,
			 "'%s' was loaded for interface %u, and is interface %u now: 'shunt switch "
			 "POLICY' "
			 "attaches again, if that one is gone",
			 a->opts.ifname, cfg->ifindex, a->ifindex);
	else if (shunt_netns_find(cfg->netns, a->maps.agent[0].pid, path, sizeof(path)))
		snprintf(why, len,
			 "what is pinned as '%s' is loaded in another network namespace: nsenter "
			 "--net=%.80s "
			 "shuntd ...",
			 a->opts.ifname, path);
	else
		snprintf(why, len,
			 "what is pinned as '%s' is loaded in another network namespace: nsenter "
			 "--net=/run/netns/NAME shuntd ...",
			 a->opts.ifname);
	return -EXDEV;
}

static int lock(struct agent *a, char *why, size_t len)
{
	int err = lock_load(a->store, &a->pins, why, len);
	__u32 pid = 0;

	for (int i = 0; i < SHUNT_DOMAINS && !pid; i++)
		pid = a->maps.domains[i].on ? a->maps.agent[i].pid : 0;
	if (err == -EBUSY && pid)
		snprintf(why, len, "another shuntd serves '%s' (process %u): end it first",
			 a->opts.ifname, pid);
	else if (err == -EBUSY)
		snprintf(why, len, "another shuntd serves '%s': end it first", a->opts.ifname);
	return err;
}

static void explain_hidden(const struct agent *a, char *why, size_t len)
{
	char path[PATH_MAX];

	if (!a->opts.bpffs && shunt_netns_hides_sys(path, sizeof(path)))
		snprintf(why, len,
			 "no bpffs at '" SHUNT_BPFFS
			 "': 'ip netns exec' hides it, use nsenter --net=%.80s",
			 path);
}

int loaded_open(struct agent *a, bool nic, char *why, size_t len)
{
	int err = maps_open(&a->maps, &a->pins, why, len);

	if (err) {
		if (err == -ENOENT)
			explain_hidden(a, why, len);
		return err;
	}
	err = check_role(a, nic, why, len);
	if (!err)
		err = check_place(a, why, len);
	if (!err)
		err = lock(a, why, len);
	if (err)
		maps_close(&a->maps);
	return err;
}

bool loaded_current(struct agent *a, char *why, size_t len)
{
	if (maps_current(&a->maps, &a->pins))
		return true;
	snprintf(why, len, "shunt was unloaded from '%s'", a->opts.ifname);
	return false;
}
