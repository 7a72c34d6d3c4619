/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signals.h - the program with which XDP signals requests that heed no mark
 */
#pragma once

#include "ctl.h"

/* Puts the program that signals where ingress calls it, if it is not there yet, and pins the one by
 * which the agent names threads. The interface's maps are pinned. Fails where the kernel cannot. */
int signals_enable(struct ctl *ctl);
