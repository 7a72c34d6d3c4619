/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cost.h - what the programs of a bundle cost the kernel's verifier
 */
#pragma once

#include "bundle/bundle.h"
#include "ctl.h"

/*
 * The cost of each program of the bundle to this kernel's verifier: {"programs": [{"name",
 * "instructions"}]}, with "error" where it was refused, or there is no right to ask.
 */
json_t *cost_of_bundle(struct ctl *ctl, const struct bundle *b);
