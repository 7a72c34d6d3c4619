/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * zerocopy_check.h - does the driver give AF_XDP sockets without copying?
 */
#pragma once

#include "setup.h"

/* Tries one on each queue that is served, as shuntd will make it. Fails (-EOPNOTSUPP) with the
 * driver, the queue and the cure; NULL: that of the driver. */
int zerocopy_check(struct ctl *ctl, const struct setup *s, const char *cure);
