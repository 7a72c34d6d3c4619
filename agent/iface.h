/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iface.h - watching the interface
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

int iface_watch(void);
/* Reads what netlink has to say; true if there was something. */
bool iface_changed(int netlink);
void iface_look(const char *ifname, unsigned int *ifindex, __u32 *mtu);
