// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * native.c - the policy file as native code: an ELF shared object that needs nothing
 *
 * Workers map it and select with it; the simulator and the tests call it. No writable data, no
 * constructors, no undefined symbols: `shunt build` checks. The object's symbols are listed in
 * native.h.
 */
#include <shunt/native.h>
#include <shunt/policy.h>

#include SHUNT_POLICY_FILE

#define EXPORT __attribute__((visibility("default")))

/* The agent finds the slot by this name when it puts the policy in
 * force. The code reads it by the other name, which needs no relocation. */
extern EXPORT const volatile __u32 shunt_policy_slot __attribute__((alias("shunt_slot")));

#define CALL_int return
#define CALL_void
#define FUNCTION(OP, name, type, need, targets, text)                                              \
	SHUNT_IF(SHUNT_HAS(OP))(                                                                   \
	EXPORT type shunt_policy_##name(shunt_view *v, shunt_event *ev)                            \
	{                                                                                          \
		CALL_##type name(v, ev);                                                           \
	})

SHUNT_POLICY_OPS(FUNCTION)
