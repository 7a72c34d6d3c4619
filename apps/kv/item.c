// SPDX-License-Identifier: BSD-2-Clause
/*
 * item.c - a key's hash, and an item's age by the store's clock
 */
#include "internal.h"

#define MONTH (60 * 60 * 24 * 30) /* longer times are dates */

static uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

void kv_begin(struct kv *kv)
{
	kv->began = clock_ns(CLOCK_MONOTONIC_COARSE);
}

uint32_t kv_now(const struct kv *kv)
{
	return (clock_ns(CLOCK_MONOTONIC_COARSE) - kv->began) / 1000000000 + 2;
}

uint32_t kv_expiry(const struct kv *kv, int64_t exptime)
{
	int64_t left = exptime;

	if (!exptime)
		return 0;
	if (exptime > MONTH)
		left = exptime - (int64_t)(clock_ns(CLOCK_REALTIME) / 1000000000);
	return left <= 0 ? 1 : left > UINT32_MAX / 2 ? 0 : kv_now(kv) + left;
}

bool kv_expired(const struct kv *kv, const struct kv_item *it)
{
	return it->expires && it->expires <= kv_now(kv);
}

/* FNV-1a, its bits mixed. */
uint64_t kv_hash_of(const struct kv_key *key)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < key->len; i++)
		h = (h ^ (uint8_t)key->data[i]) * 0x100000001b3ULL;
	h ^= h >> 32;
	return h * 0x9e3779b97f4a7c15ULL;
}
