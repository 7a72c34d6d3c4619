/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rss.h - receive-side scaling as NICs do it: Toeplitz' hash
 * of addresses and ports under a key, and an indirection table
 */
#pragma once

#include <stdint.h>

#define RSS_KEY 40    /* bytes */
#define RSS_TUPLE 12  /* bytes: IPv4 addresses and ports, source before destination */
#define RSS_TABLE 128 /* entries, as ethtool fills them: 0, 1, …, 0, 1, … */

struct rss {
	uint32_t part[RSS_TUPLE][256]; /* what a byte at its place adds to the hash */
};

/* "default" (Microsoft's, as drivers ship it), "symmetric"
 * (0x6d5a over and over) or 80 hexadecimal digits. 0 or -1. */
int rss_key(struct rss *r, const char *text);
uint32_t rss_hash(const struct rss *r, const uint8_t *tuple);
/* The hash of a client's flow, which has an address and a port of its own. */
uint32_t rss_of_flow(const struct rss *r, uint32_t flow);

static inline int rss_queue(uint32_t hash, int queues)
{
	return hash % RSS_TABLE % (unsigned int)queues;
}

/* --- which flow: Zipf's law, by rejection from an integral
 * (Hoermann and Derflinger), without a table --- */

struct rng;

struct zipf {
	double skew, n, from, to, sure;
};

void zipf_set(struct zipf *z, uint32_t n, double skew);
/* 0 to n - 1, the i-th with a probability as 1/(i + 1)^skew. */
uint32_t zipf_draw(const struct zipf *z, struct rng *r);
