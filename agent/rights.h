/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rights.h - what shuntd may do, and how much
 */
#pragma once

/* As many descriptors as it may have: sockets come by the dozen for each domain. */
void rights_raise_limits(void);

/* Keeps what it needs; no process that it starts can have more. */
void rights_drop(void);
