// SPDX-License-Identifier: BSD-2-Clause
/*
 * own.c - a list of addresses into a table in which no two have the same place
 */
#include <string.h>

#include "own.h"

static bool is6(__u32 kind)
{
	return kind == SHUNT_OWN6 || kind == SHUNT_OTHER6;
}

static bool is_own(__u32 kind)
{
	return kind == SHUNT_OWN4 || kind == SHUNT_OWN6;
}

/* An address has one place. One that is both the receiver's and a broadcast address is its own. */
static bool is_there(struct own_list *l, enum shunt_own_kind kind, const __be32 *addr)
{
	for (__u32 i = 0; i < l->n; i++) {
		if (is6(l->at[i].kind) != is6(kind) ||
		    memcmp(l->at[i].addr, addr, sizeof(l->at[i].addr)))
			continue;
		if (is_own(kind))
			l->at[i].kind = kind;
		return true;
	}
	return false;
}

void own_add(struct own_list *l, enum shunt_own_kind kind, const __be32 *addr)
{
	__be32 whole[4] = { 0 };

	if (is6(kind))
		memcpy(whole, addr, sizeof(whole));
	else
		whole[3] = *addr;
	if (is_there(l, kind, whole))
		return;
	if (l->n == SHUNT_OWN_MAX) {
		l->left_out++;
		return;
	}
	memcpy(l->at[l->n].addr, whole, sizeof(whole));
	l->at[l->n++].kind = kind;
}

/* The configured address in place of those of its kind,
 * which remain the receiver's: no request is from them. */
static void replace(struct own_list *l, enum shunt_own_kind kind, enum shunt_own_kind other,
		    const __be32 *addr)
{
	__u32 last = l->n;

	for (__u32 i = 0; i < l->n; i++) {
		if (l->at[i].kind != kind)
			continue;
		l->at[i].kind = other;
		last = i;
	}
	/* the configured one has room before all others */
	if (l->n == SHUNT_OWN_MAX && last < l->n) {
		l->at[last] = l->at[--l->n];
		l->left_out++;
	}
	own_add(l, kind, addr);
}

void own_configure(struct own_list *l, const struct shunt_cfg *cfg)
{
	if (cfg->flags & SHUNT_CFG_ADDR4)
		replace(l, SHUNT_OWN4, SHUNT_OTHER4, &cfg->addr4);
	if (cfg->flags & SHUNT_CFG_ADDR6)
		replace(l, SHUNT_OWN6, SHUNT_OTHER6, cfg->addr6);
	for (__u32 i = 0; i < l->n; i++)
		l->has_own |= is_own(l->at[i].kind);
}

static __u32 place(__u32 seed, __u32 kind, const __be32 *addr)
{
	return SHUNT_OWN_AT(is6(kind) ? shunt_own_hash6(seed, addr)
				      : shunt_own_hash4(seed, addr[3]));
}

static bool fits(const struct own_list *l, __u32 seed)
{
	__u8 used[SHUNT_OWN_SLOTS] = { 0 };

	for (__u32 i = 0; i < l->n; i++) {
		if (used[place(seed, l->at[i].kind, l->at[i].addr)]++)
			return false;
	}
	return true;
}

/* Odd seeds one after the other; of SHUNT_OWN_MAX addresses, one in some 3,000 fits. */
static __u32 find_seed(const struct own_list *l)
{
	__u32 seed = 0x9e3779b1;

	for (int i = 0; i < 1 << 20; i++, seed = seed * 5 + 2) {
		if (fits(l, seed | 1))
			return seed | 1;
	}
	return 0;
}

static void fill(struct shunt_own_slot *slots, const struct own_list *l, __u32 seed)
{
	memset(slots, 0, SHUNT_OWN_SLOTS * sizeof(*slots));
	for (__u32 i = 0; i < l->n; i++) {
		struct shunt_own_slot *s = &slots[place(seed, l->at[i].kind, l->at[i].addr)];

		memcpy(s->addr, l->at[i].addr, sizeof(s->addr));
		s->kind = l->at[i].kind;
	}
}

static __u64 last_bits(const struct own_list *l)
{
	__u64 bits = 0;

	for (__u32 i = 0; i < l->n; i++)
		bits |= SHUNT_OWN_BIT(((const __u8 *)l->at[i].addr)[15]);
	return bits;
}

bool own_write(struct shunt_own *own, const struct own_list *l)
{
	__u64 was = __atomic_load_n(&own->use, __ATOMIC_RELAXED), mac, bits = last_bits(l);
	struct shunt_own_slot now[SHUNT_OWN_SLOTS];
	__u32 half = !(was >> 32 & 1), seed = find_seed(l);

	memcpy(&mac, l->mac, sizeof(mac));
	fill(now, l, seed);
	if (was && (__u32)was == seed && !memcmp(now, own->slot[!half], sizeof(now)) &&
	    !memcmp(own->mac, l->mac, sizeof(own->mac)))
		return false;
	memcpy(own->slot[half], now, sizeof(now));
	__atomic_store_n((__u64 *)own->mac, mac, __ATOMIC_RELAXED);
	__atomic_store_n(&own->mac_mask, mac ? SHUNT_OWN_MAC : 0, __ATOMIC_RELAXED);
	__atomic_store_n(&own->last_bits, own->last_bits | bits, __ATOMIC_RELEASE);
	__atomic_store_n(&own->use, SHUNT_OWN_USE(half, seed), __ATOMIC_RELEASE);
	__atomic_store_n(&own->last_bits, bits, __ATOMIC_RELEASE);
	return true;
}
