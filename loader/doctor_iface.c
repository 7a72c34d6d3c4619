// SPDX-License-Identifier: BSD-2-Clause
/*
 * doctor_iface.c - findings about an interface: driver, modes, other programs, MTU, offloads
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dispatcher.h"
#include "doctor.h"
#include "iface.h"
#include "metadata.h"
#include "netdev.h"
#include "plural.h"
#include "pindir.h"
#include "setup.h"

static void check_mode(struct ctl *ctl, struct findings *f, const struct iface *iface)
{
	char driver[IFACE_DRIVER];
	__u64 bits = 0;
	int err = netdev_features(ctl->ifindex, &bits);
	char fix[192] = "use an interface whose driver does (veth, virtio_net, mlx5, ice, i40e, "
			"ixgbe ...)";

	if (!strcmp(iface->driver, "veth"))
		snprintf(fix, sizeof(fix), IFACE_VETH_PEER, iface->rx_queues);
	if (err)
		finding(f, "native", LEVEL_WARN, "try it: shunt load POLICY --dry-run, then load",
			"this kernel cannot be asked what '%s' (%s) does with XDP: %s", ctl->ifname,
			iface_driver(iface, driver), strerror(-err));
	else if ((bits & NETDEV_BASIC) && (bits & NETDEV_REDIRECT))
		finding(f, "native", LEVEL_OK, NULL, "driver '%s' does XDP in native mode%s",
			iface->driver, bits & NETDEV_ZEROCOPY ? ", AF_XDP without copying" :
			", AF_XDP with copying");
	else
		finding(f, "native", LEVEL_FAIL, fix,
			"'%s' (%s) does not %s in native mode, and generic mode is never used",
			ctl->ifname, iface_driver(iface, driver),
			bits & NETDEV_BASIC ? "redirect" : "run XDP programs");
}

/* Programs that shunt is not among. err: of looking for shunt's own. */
static void tell_foreign(struct ctl *ctl, struct findings *f, const struct xdp_there *xdp, int err)
{
	if (err && err != -ENOENT)
		finding(f, "programs", LEVEL_WARN, "run it as root",
			"an XDP program is on '%s' (id %u, %s mode); whose cannot be said: %s",
			ctl->ifname, xdp->prog_id, xdp->mode, strerror(-err));
	else if (dispatcher_is_there(ctl->ifindex))
		finding(f, "programs", LEVEL_WARN, "shunt load --dispatcher: behind the programs "
			"that are in it (see 'xdp-loader status')",
			"libxdp's dispatcher is on '%s' (id %u, %s mode)", ctl->ifname,
			xdp->prog_id, xdp->mode);
	else
		finding(f, "programs", LEVEL_FAIL,
			"detach it: see 'bpftool net', 'xdp-loader status', 'ip link set dev IF "
			"xdp off'",
			"another XDP program is on '%s': '%s' (id %u, %s mode)", ctl->ifname,
			xdp->name, xdp->prog_id, xdp->mode);
}

static void check_programs(struct ctl *ctl, struct findings *f)
{
	struct link_state link = { 0 };
	struct xdp_there xdp;
	int err;

	if (iface_xdp(ctl, &xdp)) {
		finding(f, "programs", LEVEL_WARN, "see 'bpftool net'",
			"cannot be asked for XDP programs");
		return;
	}
	err = pindir_link(ctl, &link);
	if (!xdp.prog_id)
		finding(f, "programs", LEVEL_OK, NULL, "no XDP program on '%s'", ctl->ifname);
	else if (link.stub.place)
		finding(f, "programs", LEVEL_OK, NULL,
			"shunt's stub is program %u of %u in libxdp's dispatcher (id %u, %s mode)",
			link.stub.place, link.stub.programs, xdp.prog_id, xdp.mode);
	else if (xdp.prog_id == link.prog_id)
		finding(f, "programs", LEVEL_OK, NULL, "that of shunt's link (id %u, %s mode)",
			xdp.prog_id, xdp.mode);
	else
		tell_foreign(ctl, f, &xdp, err);
}

/* Bytes of a frame; 0: nothing is loaded, or the NIC's program needs none. */
static __u32 loaded_chunk(const struct ctl *ctl)
{
	struct shunt_cfg cfg = { 0 };
	int fd = shunt_pin_open(&ctl->pins, "cfg");
	bool read = fd >= 0 && !bpf_map_lookup_elem(fd, &(__u32){ 0 }, &cfg);

	if (fd >= 0)
		close(fd);
	return read && cfg.abi == SHUNT_ABI && !(cfg.flags & SHUNT_CFG_WIRE) ? cfg.chunk : 0;
}

static void check_mtu(struct ctl *ctl, struct findings *f, const struct iface *iface)
{
	__u32 chunk = loaded_chunk(ctl);
	char fix[64];

	snprintf(fix, sizeof(fix), "ip link set dev %s mtu %u", ctl->ifname,
		 chunk ? setup_mtu(chunk) : 1500);
	if (chunk && iface->mtu > setup_mtu(chunk))
		finding(f, "mtu", LEVEL_FAIL, fix,
			"%u: what is loaded has frames of %u bytes, which carry %u; longer "
			"requests are refused, and counted so",
			iface->mtu, chunk, setup_mtu(chunk));
	else if (chunk || iface->mtu <= setup_mtu(2048))
		finding(f, "mtu", LEVEL_OK, NULL, "%u", iface->mtu);
	else if (iface->mtu <= setup_mtu(4096))
		finding(f, "mtu", LEVEL_WARN, "say 'chunk: 4096' in the configuration",
			"%u: larger than a frame of 2048 bytes carries", iface->mtu);
	else
		finding(f, "mtu", LEVEL_FAIL, fix, "%u: larger than any frame carries", iface->mtu);
}

/* Finds an offload that is on and should be off. Silent where the driver does not have it. */
static void check_offload(struct ctl *ctl, struct findings *f, const char *feature,
			  const char *option, const char *why)
{
	int on = iface_feature(ctl->ifname, feature);
	char fix[96];

	if (on < 0)
		return;
	snprintf(fix, sizeof(fix), "ethtool -K %s %s off", ctl->ifname, option);
	if (!on)
		finding(f, option, LEVEL_OK, NULL, "off");
	else
		finding(f, option, LEVEL_WARN, fix, "on: %s", why);
}

static void check_offloads(struct ctl *ctl, struct findings *f)
{
	check_offload(ctl, f, "rx-vlan-hw-parse", "rxvlan",
		      "VLAN tags are taken out of packets before XDP sees them");
	check_offload(ctl, f, "rx-lro", "lro", "packets are merged before XDP sees them");
}

static void check_metadata(struct findings *f, const struct iface *iface)
{
	const char *doubt = metadata_doubt(iface->driver);

	if (doubt)
		finding(f, "metadata", LEVEL_WARN, METADATA_STEP, "%s", doubt);
}

/* With several queues: do the requests of one client come to all of them? */
static void check_hash(struct ctl *ctl, struct findings *f, const struct iface *iface)
{
	static const char *const fix[] = { "ethtool -N IF rx-flow-hash udp4 sdfn",
					   "ethtool -N IF rx-flow-hash udp6 sdfn" };
	bool fine = false;

	for (int v = 0; v < 2 && iface->rx_queues > 1; v++) {
		int ports = iface_hashes_ports(ctl->ifname, v);

		fine |= ports > 0;
		if (!ports)
			finding(f, "hash", LEVEL_WARN, fix[v],
				"of UDP over IPv%d addresses alone are hashed: all requests of a "
				"client come to one of %u queues", v ? 6 : 4, iface->rx_queues);
	}
	if (fine)
		finding(f, "hash", LEVEL_OK, NULL, "of UDP ports are hashed, too");
}

void doctor_iface(struct ctl *ctl, struct findings *f)
{
	struct iface iface;

	if (!ctl->ifindex || iface_read(ctl, &iface)) {
		finding(f, "interface", LEVEL_FAIL, "'ip link' lists what there is",
			"there is no interface '%s' here", ctl->ifname);
		return;
	}
	if (iface.up)
		finding(f, "interface", LEVEL_OK, NULL, "'%s' is up", ctl->ifname);
	else
		finding(f, "interface", LEVEL_WARN, "ip link set dev IF up", "'%s' is down",
			ctl->ifname);
	check_mode(ctl, f, &iface);
	check_programs(ctl, f);
	check_mtu(ctl, f, &iface);
	if (iface.rx_queues)
		finding(f, "queues", LEVEL_OK, NULL, "%u receive %s", iface.rx_queues,
			plural(iface.rx_queues, "queue", "queues"));
	check_metadata(f, &iface);
	check_hash(ctl, f, &iface);
	check_offloads(ctl, f);
}
