/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netdev.h - what a driver says that it can do with XDP (generic netlink "netdev", Linux 6.3)
 */
#pragma once

#include <linux/types.h>

enum netdev_xdp {
	NETDEV_BASIC = 1,    /* runs programs in native mode */
	NETDEV_REDIRECT = 2,
	NETDEV_ZEROCOPY = 8, /* AF_XDP without copying */
};

/* 0, or -errno: -EOPNOTSUPP if this kernel cannot be asked. */
int netdev_features(unsigned int ifindex, __u64 *features);
