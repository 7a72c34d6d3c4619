/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netif.h - what the kernel says of a network interface, by
 * ioctl: /sys shows the network namespace it was mounted in
 */
#pragma once

#include <linux/types.h>
#include <net/if.h>

/* A socket for netif_ask(); or -errno. */
int netif_socket(void);
/* Does one ioctl; data: the memory that it points to, or NULL. 0, or -errno. */
int netif_ask(int fd, const char *ifname, unsigned long request, struct ifreq *req, void *data);

/* 0, or -errno. */
int netif_mac(const char *ifname, __u8 mac[6]);
int netif_mtu(const char *ifname, __u32 *mtu);
/* "": there is no such interface, or it does not say. */
void netif_driver(const char *ifname, char driver[32]);
