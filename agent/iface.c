// SPDX-License-Identifier: BSD-2-Clause
/*
 * iface.c - notices when the interface goes away or comes back, or addresses change
 */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "iface.h"
#include "netif.h"

int iface_watch(void)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK,
				  .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR |
					       RTMGRP_IPV6_IFADDR };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE), err;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* The messages are not read: something changed, and the present state is asked for afterwards. */
bool iface_changed(int netlink)
{
	bool any = false;
	char buf[8192];

	while (recv(netlink, buf, sizeof(buf), 0) > 0 || errno == ENOBUFS) {
		any = true;
		errno = 0;
	}
	return any;
}

void iface_look(const char *ifname, unsigned int *ifindex, __u32 *mtu)
{
	*ifindex = if_nametoindex(ifname);
	netif_mtu(ifname, mtu);
}
