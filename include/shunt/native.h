/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * native.h - the symbols of a policy compiled to native code, as dlsym() finds them
 */
#pragma once

#include <shunt/abi.h>

#define SHUNT_SYM_DESC "shunt_policy"          /* const struct shunt_policy_desc */
#define SHUNT_SYM_STEER "shunt_policy_steer"   /* shunt_policy_fn */
#define SHUNT_SYM_SELECT "shunt_policy_select" /* shunt_policy_fn */
#define SHUNT_SYM_REQUEUE "shunt_policy_requeue" /* shunt_policy_fn; may be absent */
#define SHUNT_SYM_DONE "shunt_policy_done"     /* shunt_policy_done_fn; may be absent */

typedef int (*shunt_policy_fn)(struct shunt_view *view, const struct shunt_event *ev);
typedef void (*shunt_policy_done_fn)(struct shunt_view *view, const struct shunt_event *ev);
