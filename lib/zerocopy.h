/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * zerocopy.h - a driver that refuses AF_XDP sockets without copying: the reason and the cure
 */
#pragma once

#include <linux/types.h>

#include "why.h"

/* err: of the bind that demanded it, xsk_is_refusal(). Returns -EOPNOTSUPP. */
int zerocopy_refused(struct why *why, const char *ifname, __u32 queue, int err);
