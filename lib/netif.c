// SPDX-License-Identifier: BSD-2-Clause
/*
 * netif.c - what the kernel says of a network interface, by ioctl
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netif.h"

int netif_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

int netif_ask(int fd, const char *ifname, unsigned long request, struct ifreq *req, void *data)
{
	memset(req, 0, sizeof(*req));
	memcpy(req->ifr_name, ifname, strnlen(ifname, sizeof(req->ifr_name) - 1));
	if (data)
		req->ifr_data = data;
	return ioctl(fd, request, req) ? -errno : 0;
}

static int ask_once(const char *ifname, unsigned long request, struct ifreq *req, void *data)
{
	int fd = netif_socket(), err;

	if (fd < 0)
		return fd;
	err = netif_ask(fd, ifname, request, req, data);
	close(fd);
	return err;
}

int netif_mac(const char *ifname, __u8 mac[6])
{
	struct ifreq req;
	int err = ask_once(ifname, SIOCGIFHWADDR, &req, NULL);

	if (!err)
		memcpy(mac, req.ifr_hwaddr.sa_data, 6);
	return err;
}

int netif_mtu(const char *ifname, __u32 *mtu)
{
	struct ifreq req;
	int err = ask_once(ifname, SIOCGIFMTU, &req, NULL);

	*mtu = err ? 0 : req.ifr_mtu;
	return err;
}

void netif_driver(const char *ifname, char driver[32])
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq req;
	int err = ask_once(ifname, SIOCETHTOOL, &req, &info);

	snprintf(driver, 32, "%.31s", err ? "" : info.driver);
}
