/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * damage.h - domains whose frames a worker has damaged
 */
#pragma once

struct agent;

/* Now and then: domains whose frames have holes get new ones. */
void damage_check(struct agent *a);
