/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xsks.h - the map in which XDP finds the sockets
 */
#pragma once

#include <linux/types.h>

/* Puts a socket there. 0; 1: and there was none; or -errno. */
int xsks_put(int map, __u32 key, int sock);
