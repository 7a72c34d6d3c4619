/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * refused.h - policies that shuntd put out of force on this interface
 */
#pragma once

#include "bundle/bundle.h"
#include "ctl.h"

/* Fails if the policy is one of them; with --force it is
 * taken off the list (but not in a dry run). */
int refused_check(struct ctl *ctl, const struct bundle *b);
/* [{"policy", "why", "text", "generation", "time"}]; NULL: none. */
json_t *refused_json(struct ctl *ctl);
