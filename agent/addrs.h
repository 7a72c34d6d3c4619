/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * addrs.h - addresses that requests are for
 */
#pragma once

struct agent;

/* As the kernel has them now, into the map. */
void addrs_refresh(struct agent *a);
