// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * native.c - the policy file as native code: an ELF shared object that needs nothing
 *
 * Workers map it and select with it; the simulator and the tests call it. No writable data, no
 * constructors, no undefined symbols: `shunt build` checks.
 * Its symbols are listed in native.h.
 */
#include <shunt/native.h>
#include <shunt/policy.h>

#include SHUNT_POLICY_FILE

#define EXPORT __attribute__((visibility("default")))

EXPORT int shunt_policy_steer(shunt_view *v, shunt_event *ev)
{
	return steer(v, ev);
}

EXPORT int shunt_policy_select(shunt_view *v, shunt_event *ev)
{
	return select(v, ev);
}

#ifdef SHUNT_HAS_REQUEUE
EXPORT int shunt_policy_requeue(shunt_view *v, shunt_event *ev)
{
	return requeue(v, ev);
}
#endif

#ifdef SHUNT_HAS_DONE
EXPORT void shunt_policy_done(shunt_view *v, shunt_event *ev)
{
	done(v, ev);
}
#endif
