/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signals.h - the signals that end shuntd, as a descriptor
 */
#pragma once

/* Blocks SIGTERM, SIGINT and SIGHUP; they are read from the descriptor. -errno. */
int signals_open(void);
