// SPDX-License-Identifier: BSD-2-Clause
/*
 * way_link.c - a bpf_link that makes the policy's program the only one of the interface
 *
 * Native mode only. In generic mode XDP runs on several CPUs at once for one receive queue, and
 * shunt's ingress counts on being alone; it also sees packets that were merged (GRO).
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_link.h>
#include <string.h>
#include <unistd.h>

#include "dispatcher.h"
#include "iface.h"
#include "way.h"

static int check(struct ctl *ctl, unsigned int own_prog)
{
	struct xdp_there xdp;
	int err = iface_xdp(ctl, &xdp);

	if (err || !xdp.prog_id || xdp.prog_id == own_prog)
		return err;
	fail(ctl, -EBUSY, "another XDP program is on '%s': '%s' (id %u, %s mode); it is left alone",
	     ctl->ifname, xdp.name, xdp.prog_id, xdp.mode);
	if (!strcmp(xdp.name, "shunt_ingress") || !strcmp(xdp.name, "shunt_actors") ||
	    !strcmp(xdp.name, "shunt_nic"))
		hint(ctl, "shunt is loaded on '%s' by pins that are not below '%s': unload it by "
		     "the bpffs and the name that it was loaded with (--bpffs, --dev)",
		     ctl->ifname, ctl->pins.bpffs ? ctl->pins.bpffs : SHUNT_BPFFS);
	else if (dispatcher_is_there(ctl->ifindex))
		hint(ctl, "it is libxdp's dispatcher: 'shunt load --dispatcher' takes a place "
		     "behind the programs in it (see 'xdp-loader status')");
	else
		hint(ctl, "an interface has one: whoever attached it must detach it first (see "
		     "'bpftool net', 'xdp-loader status', 'ip link set dev %s xdp off')",
		     ctl->ifname);
	return -EBUSY;
}

static int attach(struct ctl *ctl, int prog)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	char path[PATH_MAX];
	int link = bpf_link_create(prog, ctl->ifindex, BPF_XDP, &opts), err;

	if (link < 0)
		return -errno;
	/* Until it is pinned, the link lives as long as this process: dying here detaches. */
	err = shunt_pin_path(path, sizeof(path), &ctl->pins, SHUNT_LINK);
	if (!err && unlink(path) && errno != ENOENT)
		err = -errno;
	if (!err && bpf_obj_pin(link, path))
		err = -errno;
	close(link);
	return err ? fail_bpf(ctl, err, "cannot pin the link as '%s'", path) : 0;
}

static int look(struct ctl *ctl, int pin, struct link_state *state)
{
	struct bpf_link_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(pin, &info, &len))
		return fail_bpf(ctl, -errno, "cannot read the pinned link of '%s'", ctl->ifname);
	state->id = info.id;
	state->ifindex = info.xdp.ifindex;
	state->prog_id = info.prog_id;
	return 0;
}

/* The kernel lets go of an unpinned link in its own time,
 * and a process that has the link open keeps it. */
static int detach(struct ctl *ctl, int pin)
{
	bpf_link_detach(pin); /* or its interface is gone */
	return 0;
}

const struct way way_link = {
	.name = "link",
	.pin = SHUNT_LINK,
	.check = check,
	.attach = attach,
	.look = look,
	.detach = detach,
};
