/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * begin.h - what a process of shuntd puts right first about what it was started with
 */
#pragma once

/* Descriptors 0 to 2 are open: the next that is made would
 * be one of these, and be taken for standard output. */
void begin_with_descriptors(void);
/* Signals that a write can raise end nothing: it fails, and
 * its error is told. Not inherited by what is executed. */
void begin_with_signals(void);
