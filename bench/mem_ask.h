/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem_ask.h - what bench/mem.c and bench/mem_rocksdb.c have in common: values, and a second of gets
 *
 * A value is some records of words and numbers, as caches hold them. One get is under way at a
 * time; it is due "rate" times a second. Its time is that from its beginning to its end, so that a
 * moment without a CPU counts once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HOT 10 /* one in so many keys */
#define BYTES 1024

static uint64_t draw_state = 88172645463325252ULL;

static inline uint64_t draw(void)
{
	draw_state ^= draw_state << 13;
	draw_state ^= draw_state >> 7;
	draw_state ^= draw_state << 17;
	return draw_state;
}

static inline uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static inline void make_value(char value[BYTES + 1])
{
	static const char *const places[] = { "Berlin", "Oslo", "Porto", "Turin" };
	size_t at = 0;

	while (at < BYTES) {
		uint64_t r = draw();

		at += snprintf(value + at, BYTES + 1 - at,
			       "{\"user_id\":%u,\"status\":\"%s\",\"city\":\"%s\","
			       "\"created_at\":\"2026-0%u-1%uT0%u:%02u:00Z\",\"visits\":%u,"
			       "\"newsletter\":%s},",
			       (unsigned int)(r >> 40), r & 1 ? "active" : "expired",
			       places[r >> 1 & 3], 1 + (unsigned int)(r >> 3 & 7),
			       (unsigned int)(r >> 6 & 7), (unsigned int)(r >> 9 & 7),
			       (unsigned int)(r >> 12) % 60, (unsigned int)(r >> 18 & 0xff),
			       r >> 26 & 1 ? "true" : "false");
	}
}

static inline int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Sleeps while there is time for it, and spins for the rest. */
static inline void wait_until(uint64_t due)
{
	uint64_t now;

	while ((now = now_ns()) < due) {
		if (due - now > 200000)
			usleep((due - now - 150000) / 1000);
	}
}

/* get() says whether there was a value; key() which one is asked for. */
static inline bool ask(double seconds, double rate, bool (*get)(void *, unsigned long),
		       unsigned long (*key)(void *), void *arg)
{
	unsigned long most = seconds * rate, n, missed = 0;
	uint32_t *took = calloc(most + 1, sizeof(*took));
	uint64_t start = now_ns(), at;

	for (n = 0; took && n < most; n++) {
		wait_until(start + (uint64_t)(n * 1e9 / rate));
		at = now_ns();
		if (at - start > seconds * 1e9)
			break;
		missed += !get(arg, key(arg));
		took[n] = now_ns() - at;
	}
	if (!took || !n)
		return false;
	qsort(took, n, sizeof(*took), by_value);
	printf("{\"gets\":%lu,\"missed\":%lu,\"p50_us\":%.2f,\"p99_us\":%.2f,\"most_us\":%.2f}\n",
	       n, missed, took[n / 2] / 1e3, took[n * 99 / 100] / 1e3, took[n - 1] / 1e3);
	fflush(stdout);
	free(took);
	return true;
}
