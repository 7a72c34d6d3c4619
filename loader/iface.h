/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iface.h - what the kernel says of a network interface
 *
 * By ioctl and netlink alone: /sys shows the network namespace it was mounted in, not ours.
 */
#pragma once

#include "ctl.h"

struct iface {
	char driver[32]; /* "" : it does not say */
	unsigned int mtu;
	unsigned int rx_queues; /* 0: it does not say */
	unsigned int ring_frames; /* packets that its rings hold, of one queue: to receive and to
				   * send; 0: it does not say */
	bool combined;          /* its queues receive and send; else those to receive are apart */
	bool up;
};

struct xdp_there {
	unsigned int prog_id; /* 0: none */
	const char *mode;     /* "native", "generic", "offloaded" */
	char name[16];        /* of the program */
};

#define IFACE_DRIVER (sizeof(((struct iface *)0)->driver) + 16)
/* "driver veth", or "no driver" where the interface names none (lo). */
const char *iface_driver(const struct iface *iface, char out[IFACE_DRIVER]);
/* Behind the number of its receive queues ("u"). */
#define IFACE_VETH_PEER                                                                         \
	"a veth runs XDP programs where its peer sends on no more queues than it receives on: " \
	"ethtool -L PEER tx %u, at the other end"

int iface_read(struct ctl *ctl, struct iface *out);
/* Fails if the interface does not exist. */
int iface_need(struct ctl *ctl);
/* Fails (-EOPNOTSUPP) if the driver says that it does not redirect in
 * native mode. A kernel before 6.3 does not say: attaching fails instead. */
int iface_need_native(struct ctl *ctl);
/* The XDP program that is attached, shunt's or another: the host's, or else the card's. */
int iface_xdp(struct ctl *ctl, struct xdp_there *out);
/* The command that gives it n queues, in the form that its driver takes. */
const char *iface_set_queues(const struct iface *iface, const char *ifname, unsigned int n,
			     char command[96]);
/* The name of a program, "" if it has gone or may not be looked at. */
void iface_prog_name(unsigned int id, char name[16]);
/* Are ports among the fields of UDP datagrams that choose the queue? -errno: it does not say. */
int iface_hashes_ports(const char *ifname, bool ipv6);
/* The state of an ethtool feature such as "rx-vlan-hw-parse": 1, 0, or -ENOENT. */
int iface_feature(const char *ifname, const char *feature);
