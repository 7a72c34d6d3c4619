/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * objectives.h - classes whose objectives and quanta leave a policy without effect
 */
#pragma once

#include "ctl.h"

/*
 * Notes the classes whose requests run to their end under a policy that would preempt them, while
 * the class with the tightest objective waits; and policy slo where no class has an objective.
 */
int objectives_note(struct ctl *ctl, const struct shunt_cfg *cfg,
		    const struct shunt_policy_desc *policy);
