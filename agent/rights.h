/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rights.h - what shuntd may do, and how much
 */
#pragma once

#include <stdbool.h>

/* As many descriptors as it may have, for sockets come by the dozen for each domain, and files as
 * long as it may make them. 0, or -EFBIG (told): its memory would be longer. */
int rights_raise_limits(void);

/* Keeps the rights that shuntd needs; no process that it starts can have more. urgent: it goes
 * before others, by real-time priority. */
void rights_drop(bool urgent);
