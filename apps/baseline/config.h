/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * config.h - the settings of baseline.bpf.c, written before it is loaded: all of its .rodata
 */
#pragma once

#include <linux/types.h>

struct baseline_config {
	__u32 threads;
	__u32 want_idle; /* prefer a thread that says it is idle */
	__u32 port;
};
