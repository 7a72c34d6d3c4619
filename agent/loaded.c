// SPDX-License-Identifier: BSD-2-Clause
/*
 * loaded.c - may this shuntd serve the loaded policy? By role, interface, and no other shuntd
 *
 * Until role and interface are known to fit, and no other shuntd serves, nothing is written.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "agent.h"
#include "loaded.h"
#include "lock.h"
#include "maps.h"
#include "netns.h"

/* Is the load for a shuntd of this role? */
static int check_role(const struct agent *a, bool nic, struct why *why)
{
	bool wire = a->maps.cfg.flags & SHUNT_CFG_WIRE;

	if (wire == nic)
		return 0;
	if (!wire)
		return why_fail(why, -EINVAL, "'%s' is not loaded as a NIC's port: the "
				"configuration has no 'wire'", a->opts.ifname);
	why_hint(why, "start shuntd with --role nic");
	return why_fail(why, -EINVAL, "'%s' is loaded as a NIC's port", a->opts.ifname);
}

/* Pins go by a name, and each network namespace may have it. */
static int check_place(const struct agent *a, struct why *why)
{
	const struct shunt_cfg *cfg = &a->maps.cfg;
	char path[PATH_MAX];
	__u64 own;
	int err = shunt_netns_cookie(&own);

	if (err)
		return why_fail(why, err, "cannot tell which network namespace this is: %s",
				strerror(-err));
	if (own == cfg->netns && a->ifindex == cfg->ifindex)
		return 0;
	if (own == cfg->netns) {
		why_hint(why, "'shunt switch POLICY' attaches again, if that one is gone");
		return why_fail(why, -EXDEV, "'%s' was loaded for interface %u, and is interface "
				"%u now", a->opts.ifname, cfg->ifindex, a->ifindex);
	}
	if (shunt_netns_find(cfg->netns, a->maps.agent[0].pid, path, sizeof(path)))
		why_hint(why, "nsenter --net=%.80s shuntd ...", path);
	else
		why_hint(why, "nsenter --net=/run/netns/NAME shuntd ...");
	return why_fail(why, -EXDEV, "what is pinned as '%s' is loaded in another network "
			"namespace", a->opts.ifname);
}

static int lock(struct agent *a, struct why *why)
{
	int err = lock_load(a->store, &a->pins, why);
	__u32 pid = 0;

	for (int i = 0; i < SHUNT_DOMAINS && !pid; i++)
		pid = a->maps.domains[i].on ? a->maps.agent[i].pid : 0;
	if (err != -EBUSY)
		return err;
	why_forget(why);
	why_hint(why, "end it first");
	if (!pid)
		return why_fail(why, err, "another shuntd serves '%s'", a->opts.ifname);
	return why_fail(why, err, "another shuntd serves '%s' (process %u)", a->opts.ifname, pid);
}

static void explain_hidden(const struct agent *a, struct why *why)
{
	char path[PATH_MAX];

	if (a->opts.bpffs || !shunt_netns_hides_sys(path, sizeof(path)))
		return;
	why_forget(why);
	why_fail(why, -ENOENT, "no bpffs at '" SHUNT_BPFFS "': 'ip netns exec' hides it, use "
		 "nsenter --net=%.80s", path);
}

int loaded_open(struct agent *a, bool nic, struct why *why)
{
	int err = maps_open(&a->maps, &a->pins, why);

	if (err) {
		if (err == -ENOENT)
			explain_hidden(a, why);
		return err;
	}
	err = check_role(a, nic, why);
	if (!err)
		err = check_place(a, why);
	if (!err)
		err = lock(a, why);
	if (err)
		maps_close(&a->maps);
	return err;
}

bool loaded_current(struct agent *a, struct why *why)
{
	if (maps_current(&a->maps, &a->pins))
		return true;
	why_fail(why, -ENOENT, "shunt was unloaded from '%s'", a->opts.ifname);
	return false;
}
