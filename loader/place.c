// SPDX-License-Identifier: BSD-2-Clause
/*
 * place.c - whose interface the pins are: pins go by a name, and each network namespace may have it
 */
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <string.h>

#include "maps.h"
#include "netns.h"
#include "place.h"
#include "pindir.h"

int place_note(struct ctl *ctl, struct shunt_cfg *cfg)
{
	int err = shunt_netns_cookie(&cfg->netns);

	cfg->ifindex = ctl->ifindex;
	return err ? fail(ctl, err, "cannot tell which network namespace this is: %s",
			  strerror(-err))
		   : 0;
}

/* A process that lives in the namespace, as far as the maps tell. */
static __u32 agent_pid(struct ctl *ctl, const struct shunt_cfg *cfg)
{
	struct shunt_agent agent;

	for (__u32 d = 0; d < cfg->ndomains && d < SHUNT_DOMAINS; d++) {
		if (!map_get(ctl, "agent", d, &agent, sizeof(agent)) && agent_alive(&agent))
			return agent.pid;
	}
	return 0;
}

static int fail_elsewhere(struct ctl *ctl, const struct shunt_cfg *cfg)
{
	char path[PATH_MAX];
	__u32 pid = agent_pid(ctl, cfg);

	ctl_forget(ctl);
	fail(ctl, -EXDEV,
	     "what is pinned as '%s' is loaded on interface %u of another network namespace "
	     "(cookie %llu)",
	     ctl->ifname, cfg->ifindex, (unsigned long long)cfg->netns);
	if (shunt_netns_find(cfg->netns, pid, path, sizeof(path)))
		hint(ctl, "nsenter --net=%s shunt ...", path);
	else
		hint(ctl, "run it in that namespace: nsenter --net=/run/netns/NAME shunt ..., or "
		     "nsenter --net=/proc/PID/ns/net shunt ...");
	return -EXDEV;
}

static int fail_gone(struct ctl *ctl)
{
	fail(ctl, -EXDEV,
	     "what is pinned as '%s' was loaded in another network namespace, and its interface is "
	     "gone",
	     ctl->ifname);
	hint(ctl, "'shunt unload --dev %s' removes the pins", ctl->ifname);
	return -EXDEV;
}

static int fail_renamed(struct ctl *ctl, const struct shunt_cfg *cfg)
{
	fail(ctl, -EXDEV,
	     "what is pinned as '%s' is loaded on interface %u, which has another name now; '%s' "
	     "is interface %u",
	     ctl->ifname, cfg->ifindex, ctl->ifname, ctl->ifindex);
	hint(ctl, "see 'ip link'; rename it back, or 'shunt unload --dev %s'", ctl->ifname);
	return -EXDEV;
}

static int fail_only_twin(struct ctl *ctl, const char *other)
{
	fail(ctl, -ENODEV, "there is no interface '%s' here; the pins of that name are those of "
	     "'%s', as bpffs knows no dots", ctl->ifname, other);
	hint(ctl, "if you mean '%s': --dev %s", other, other);
	return -ENODEV;
}

/* Another interface's name may have the same pins: eth0.1 and eth0_1. */
int place_check_twin(struct ctl *ctl, unsigned int ifindex)
{
	char other[IF_NAMESIZE];

	if (ifindex == ctl->ifindex || !if_indextoname(ifindex, other) ||
	    !strcmp(other, ctl->ifname) || !pindir_share_pins(ctl, other, ctl->ifname))
		return 0;
	if (!ctl->ifindex)
		return fail_only_twin(ctl, other);
	fail(ctl, -EEXIST,
	     "the pins of '%s' and '%s' have one name, as bpffs knows no dots, and shunt is loaded "
	     "on '%s'",
	     ctl->ifname, other, other);
	hint(ctl,
	     "for '%s' say --dev %s; pin those of '%s' elsewhere: mount -t bpf -o mode=0700 bpf "
	     "DIR, shunt --bpffs DIR load ..., shuntd --bpffs DIR --socket PATH ...",
	     other, other, ctl->ifname);
	return -EEXIST;
}

static int read_place(struct ctl *ctl, struct shunt_cfg *cfg, struct link_state *link, bool *here)
{
	__u64 own;
	int err = map_cfg(ctl, cfg);

	if (!err)
		err = pindir_link(ctl, link);
	if (!err)
		err = shunt_netns_cookie(&own);
	*here = !err && own == cfg->netns;
	return err;
}

/* An interface that is gone is told by the verbs, which can do something about it. */
int place_check(struct ctl *ctl)
{
	struct link_state link;
	struct shunt_cfg cfg;
	bool here;
	int err = read_place(ctl, &cfg, &link, &here);

	if (err)
		return err;
	if (!here)
		return link.ifindex ? fail_elsewhere(ctl, &cfg) : fail_gone(ctl);
	if (!link.ifindex || cfg.ifindex == ctl->ifindex)
		return 0;
	err = place_check_twin(ctl, cfg.ifindex);
	return err || !ctl->ifindex ? err : fail_renamed(ctl, &cfg);
}

/* Where cfg cannot be read, the link's number of the interface must do. */
int place_check_unload(struct ctl *ctl)
{
	struct link_state link;
	struct shunt_cfg cfg;
	bool here;
	int err = read_place(ctl, &cfg, &link, &here);

	ctl_forget(ctl);
	if (!err && cfg.abi == SHUNT_ABI && (!here || !link.ifindex))
		return link.ifindex ? fail_elsewhere(ctl, &cfg) : 0;
	if (!err && cfg.abi == SHUNT_ABI)
		return place_check_twin(ctl, link.ifindex);
	err = pindir_link(ctl, &link);
	ctl_forget(ctl);
	if (err || !link.ifindex || link.ifindex == ctl->ifindex)
		return 0;
	err = place_check_twin(ctl, link.ifindex);
	if (err || !ctl->ifindex)
		return err;
	fail(ctl, -EXDEV,
	     "what is pinned as '%s' is attached to interface %u, and '%s' here is interface %u",
	     ctl->ifname, link.ifindex, ctl->ifname, ctl->ifindex);
	hint(ctl,
	     "it may be one of another network namespace: nsenter --net=/run/netns/NAME shunt "
	     "unload --dev %s",
	     ctl->ifname);
	return -EXDEV;
}

int place_taken(struct ctl *ctl)
{
	fail(ctl, -EEXIST,
	     "an interface '%s' of another network namespace has shunt on it, and its pins have "
	     "that name",
	     ctl->ifname);
	hint(ctl, "pin this one's elsewhere: mount -t bpf -o mode=0700 bpf DIR, shunt --bpffs DIR "
		  "load ..., shuntd --bpffs DIR --socket PATH ...; or unload the other one in its "
		  "namespace");
	return -EEXIST;
}

bool place_elsewhere(struct ctl *ctl)
{
	struct link_state link;
	struct shunt_cfg cfg;
	bool here;
	int err = read_place(ctl, &cfg, &link, &here);

	ctl_forget(ctl);
	return !err && cfg.abi == SHUNT_ABI && !here && link.ifindex;
}
