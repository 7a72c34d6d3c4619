// SPDX-License-Identifier: BSD-2-Clause
/*
 * iface.c - what the kernel says of a network interface
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iface.h"
#include "netdev.h"
#include "netif.h"

int iface_need(struct ctl *ctl)
{
	if (ctl->ifindex)
		return 0;
	fail(ctl, -ENODEV, "there is no interface '%s'", ctl->ifname);
	hint(ctl, "'ip link' lists what there is in this network namespace");
	return -ENODEV;
}

int iface_need_native(struct ctl *ctl)
{
	struct iface iface;
	__u64 bits;

	if (netdev_features(ctl->ifindex, &bits) ||
	    ((bits & NETDEV_BASIC) && (bits & NETDEV_REDIRECT)))
		return 0;
	fail(ctl, -EOPNOTSUPP, "the driver of '%s' does not %s in native mode", ctl->ifname,
	     bits & NETDEV_BASIC ? "redirect" : "run XDP programs");
	if (!iface_read(ctl, &iface) && !strcmp(iface.driver, "veth"))
		hint(ctl, IFACE_VETH_PEER, iface.rx_queues);
	hint(ctl, "generic mode is never used: it runs on several CPUs at once for one queue; "
	     "see 'shunt doctor --dev %s'", ctl->ifname);
	return -EOPNOTSUPP;
}

int iface_read(struct ctl *ctl, struct iface *out)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ethtool_ringparam rings = { .cmd = ETHTOOL_GRINGPARAM };
	struct ifreq req;
	int fd = netif_socket(), err;

	memset(out, 0, sizeof(*out));
	if (fd < 0)
		return fail(ctl, fd, "cannot make a socket: %s", strerror(-fd));
	err = netif_ask(fd, ctl->ifname, SIOCGIFMTU, &req, NULL);
	if (err) {
		close(fd);
		return fail(ctl, err, "cannot look at '%s': %s", ctl->ifname, strerror(-err));
	}
	out->mtu = req.ifr_mtu;
	if (!netif_ask(fd, ctl->ifname, SIOCGIFFLAGS, &req, NULL))
		out->up = req.ifr_flags & IFF_UP;
	if (!netif_ask(fd, ctl->ifname, SIOCETHTOOL, &req, &channels))
		out->rx_queues = channels.rx_count + channels.combined_count;
	out->combined = channels.max_combined;
	if (!netif_ask(fd, ctl->ifname, SIOCETHTOOL, &req, &rings))
		out->ring_frames = rings.rx_pending + rings.tx_pending;
	close(fd);
	netif_driver(ctl->ifname, out->driver);
	return 0;
}

const char *iface_driver(const struct iface *iface, char out[IFACE_DRIVER])
{
	snprintf(out, IFACE_DRIVER, "%s%s", iface->driver[0] ? "driver " : "no driver",
		 iface->driver);
	return out;
}

const char *iface_set_queues(const struct iface *iface, const char *ifname, unsigned int n,
			     char command[96])
{
	if (iface->combined)
		snprintf(command, 96, "ethtool -L %s combined %u", ifname, n);
	else
		snprintf(command, 96, "ethtool -L %s rx %u tx %u", ifname, n, n);
	return command;
}

void iface_prog_name(unsigned int id, char name[16])
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	name[0] = '\0';
	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len))
		snprintf(name, 16, "%.15s", info.name);
	close(fd);
}

int iface_xdp(struct ctl *ctl, struct xdp_there *out)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	int err = bpf_xdp_query(ctl->ifindex, 0, &opts);

	memset(out, 0, sizeof(*out));
	if (err)
		return fail(ctl, err, "cannot ask for the XDP program of '%s': %s", ctl->ifname,
			    strerror(-err));
	if (opts.drv_prog_id) {
		out->prog_id = opts.drv_prog_id;
		out->mode = "native";
	} else if (opts.skb_prog_id) {
		out->prog_id = opts.skb_prog_id;
		out->mode = "generic";
	} else if (opts.hw_prog_id) {
		out->prog_id = opts.hw_prog_id;
		out->mode = "offloaded";
	} else if (opts.prog_id) {
		out->prog_id = opts.prog_id;
		out->mode = opts.attach_mode == XDP_ATTACHED_HW ? "offloaded" :
			    opts.attach_mode == XDP_ATTACHED_SKB ? "generic" : "native";
	}
	if (out->prog_id)
		iface_prog_name(out->prog_id, out->name);
	return 0;
}

/* The names of all features, and the number of one of them. */
static int find_feature(int fd, const char *ifname, const char *feature)
{
	union {
		struct ethtool_sset_info head;
		/* head.data[0]: how many */
		char room[sizeof(struct ethtool_sset_info) + sizeof(__u32)];
	} sset = { .head = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << ETH_SS_FEATURES } };
	struct ethtool_gstrings *names;
	struct ifreq req;
	int found = -ENOENT;
	__u32 count;

	if (netif_ask(fd, ifname, SIOCETHTOOL, &req, &sset) || !sset.head.sset_mask)
		return -ENOENT;
	count = sset.head.data[0];
	if (count > 4096)
		return -ENOENT;
	names = calloc(1, sizeof(*names) + (size_t)count * ETH_GSTRING_LEN);
	if (!names)
		return -ENOMEM;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = count;
	if (!netif_ask(fd, ifname, SIOCETHTOOL, &req, names)) {
		for (__u32 i = 0; i < names->len && i < count && found < 0; i++) {
			if (!strncmp((char *)names->data + (size_t)i * ETH_GSTRING_LEN, feature,
				     ETH_GSTRING_LEN))
				found = i;
		}
	}
	free(names);
	return found;
}

int iface_feature(const char *ifname, const char *feature)
{
	int fd = netif_socket(), bit, on = -ENOENT;
	struct ethtool_gfeatures *state = NULL;
	struct ifreq req;
	__u32 blocks;

	if (fd < 0)
		return fd;
	bit = find_feature(fd, ifname, feature);
	if (bit >= 0) {
		blocks = bit / 32 + 1;
		state = calloc(1, sizeof(*state) + blocks * sizeof(state->features[0]));
	}
	if (state) {
		state->cmd = ETHTOOL_GFEATURES;
		state->size = blocks;
		if (!netif_ask(fd, ifname, SIOCETHTOOL, &req, state) && state->size >= blocks)
			on = state->features[bit / 32].active >> (bit % 32) & 1;
	}
	free(state);
	close(fd);
	return on;
}

int iface_hashes_ports(const char *ifname, bool ipv6)
{
	struct ethtool_rxnfc ask = { .cmd = ETHTOOL_GRXFH,
				     .flow_type = ipv6 ? UDP_V6_FLOW : UDP_V4_FLOW };
	int fd = netif_socket(), err;
	struct ifreq req;

	if (fd < 0)
		return fd;
	err = netif_ask(fd, ifname, SIOCETHTOOL, &req, &ask);
	close(fd);
	if (err)
		return err;
	if (!ask.data)
		return -ENODATA;
	return (ask.data & RXH_L4_B_0_1) && (ask.data & RXH_L4_B_2_3);
}
