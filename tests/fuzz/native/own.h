/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * own.h - the receiver's addresses, as shuntd writes them:
 * 198.18.0.2 and fd00:198:18::2; of any MAC
 */
#pragma once

static const __be32 own4 = 0x020012c6, own6[4] = { 0x980100fd, 0x00001800, 0, 0x02000000 };

static void own_fill(struct shunt_own *o)
{
	struct shunt_own_slot *s;

	o->use = SHUNT_OWN_USE(0, 0x9e3779b1);
	o->last_bits = SHUNT_OWN_BIT(2);
	s = &o->slot[0][SHUNT_OWN_AT(shunt_own_hash4(o->use, own4))];
	*s = (struct shunt_own_slot){ .addr[3] = own4, .kind = SHUNT_OWN4 };
	s = &o->slot[0][SHUNT_OWN_AT(shunt_own_hash6(o->use, own6))];
	if (s->kind) /* no two share a slot: the seed is such */
		abort();
	memcpy(s->addr, own6, sizeof(own6));
	s->kind = SHUNT_OWN6;
}
