/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * quantum.h - a policy that preempts, and a class without a quantum
 */
#pragma once

#include "ctl.h"

/* Notes the first class whose requests run to their end under a policy that would preempt them,
 * while a class with a tighter objective waits. */
int quantum_note(struct ctl *ctl, const struct shunt_cfg *cfg, __u32 policy_flags);
