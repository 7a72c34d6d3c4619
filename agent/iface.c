// SPDX-License-Identifier: BSD-2-Clause
/*
 * iface.c - notices when the interface goes away or comes back, or addresses change
 */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent.h"

int iface_watch(void)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE), err;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* What it says is not read: something changed, and what is true now is asked afterwards. */
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

int iface_mac(const char *ifname, __u8 mac[6])
{
	struct ifreq req = { 0 };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0)
		return -errno;
	strncpy(req.ifr_name, ifname, sizeof(req.ifr_name) - 1);
	if (ioctl(fd, SIOCGIFHWADDR, &req))
		err = -errno;
	else
		memcpy(mac, req.ifr_hwaddr.sa_data, 6);
	close(fd);
	return err;
}

void iface_look(const char *ifname, unsigned int *ifindex, __u32 *mtu)
{
	struct ifreq req = { 0 };
	int fd;

	*ifindex = if_nametoindex(ifname);
	*mtu = 0;
	strncpy(req.ifr_name, ifname, sizeof(req.ifr_name) - 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (!ioctl(fd, SIOCGIFMTU, &req))
		*mtu = req.ifr_mtu;
	close(fd);
}
