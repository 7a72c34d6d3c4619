/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unwrap.h - the program on the virtual functions of a
 * host's cores (bpf/host/unwrap.bpf.c), and its maps
 */
#pragma once

#include <stdbool.h>

struct agent;
struct why;

/* Program and maps outlive the agent, in the store. */
enum unwrap_map { UNWRAP_VIEW, UNWRAP_EPOCH, UNWRAP_SOCK, UNWRAP_LINK, UNWRAP_MAPS };

/* The map's descriptor, the store's; -1: there is none. */
int unwrap_map(const struct agent *a, enum unwrap_map map);
/* Loads it, and attaches it to each function. -errno, with the reason in "why". */
int unwrap_load(struct agent *a, struct why *why);
/* Is the program there, with all its links, and on the interfaces that now have the names? */
bool unwrap_stands(const struct agent *a);
