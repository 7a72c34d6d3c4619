// SPDX-License-Identifier: BSD-2-Clause
/*
 * kv_safepoint.c - what shunt_safepoint() needs where there
 * is no libshunt: a word that never asks for anything
 */
#include <stdint.h>

#include <shunt/preempt.h>

static uint32_t never;
extern __thread const volatile uint32_t *shunt_tls;
__thread const volatile uint32_t *shunt_tls = &never;

void shunt_safepoint_slow(void)
{
}
