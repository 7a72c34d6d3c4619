/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * netns.h - which network namespace this is, and where another one can be entered
 */
#pragma once

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* The cookie of our network namespace: no two have the same
 * while the machine runs. 0, or -errno. */
int shunt_netns_cookie(__u64 *cookie);

/* The cookie of a socket's namespace; of a connection that was accepted: its peer's. */
int shunt_netns_cookie_of(int sock, __u64 *cookie);

/* A path that nsenter --net= takes, of the namespace with that cookie: below /run/netns, or of
 * process pid (0: none), or of process 1. False: it is none of these, or we may not look. */
bool shunt_netns_find(__u64 cookie, __u32 pid, char *path, size_t len);

/* Does /sys, and what is mounted below it, come from 'ip
 * netns exec'? Then path is that of the namespace. */
bool shunt_netns_hides_sys(char *path, size_t len);
