/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * never.c - safepoints at which nothing ever happens, for
 * programs that are not linked with libshunt
 *
 * So that shunt-cc can be a build's CC, with configure's test programs and all.
 */
#include <stdint.h>

void shunt_safepoint_slow(void);

static const volatile uint32_t nothing;

/* The fields that safepoints and their stubs read; libshunt has more. */
struct preempt_tls {
	const volatile uint32_t *look;
	uint32_t depth, skip; /* safepoint.S counts skip down */
};

extern _Thread_local struct preempt_tls shunt_tls __attribute__((visibility("hidden")));
_Thread_local struct preempt_tls shunt_tls = { .look = &nothing };

__attribute__((visibility("hidden"))) void shunt_safepoint_slow(void)
{
}
