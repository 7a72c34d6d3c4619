// SPDX-License-Identifier: BSD-2-Clause
/*
 * rss.c - Toeplitz' hash, and flows by Zipf's law
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rss.h"
#include "sim.h"

static const char microsoft[] =
	"6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa";

static int hex(uint8_t *to, const char *text)
{
	unsigned int byte;

	if (strlen(text) != 2 * RSS_KEY || strspn(text, "0123456789abcdefABCDEF") != 2 * RSS_KEY)
		return -1;
	for (int i = 0; i < RSS_KEY; i++) {
		sscanf(text + 2 * i, "%2x", &byte);
		to[i] = byte;
	}
	return 0;
}

/* The 32 bits of the key from bit "at" on. */
static uint32_t window(const uint8_t *key, int at)
{
	uint64_t w = 0;

	for (int i = 0; i < 5; i++)
		w = w << 8 | key[at / 8 + i];
	return w >> (8 - at % 8);
}

int rss_key(struct rss *r, const char *text)
{
	uint8_t key[RSS_KEY];

	if (!strcmp(text, "symmetric")) {
		for (int i = 0; i < RSS_KEY; i++)
			key[i] = i % 2 ? 0x5a : 0x6d;
	} else if (hex(key, strcmp(text, "default") ? text : microsoft)) {
		return -1;
	}
	memset(r, 0, sizeof(*r));
	for (int i = 0; i < RSS_TUPLE; i++) {
		for (int bit = 0; bit < 8; bit++) {
			for (int v = 0; v < 256; v++)
				r->part[i][v] ^= v >> (7 - bit) & 1 ? window(key, 8 * i + bit) : 0;
		}
	}
	return 0;
}

uint32_t rss_hash(const struct rss *r, const uint8_t *tuple)
{
	uint32_t h = 0;

	for (int i = 0; i < RSS_TUPLE; i++)
		h ^= r->part[i][tuple[i]];
	return h;
}

/* Clients in 198.18.0.0/16 with ports as they come; one server, port 9000. */
uint32_t rss_of_flow(const struct rss *r, uint32_t flow)
{
	uint8_t tuple[RSS_TUPLE] = { 198, 18, flow >> 24, flow >> 16, 198, 19, 0, 1, flow >> 8,
				     flow, 9000 >> 8, 9000 & 255 };

	return rss_hash(r, tuple);
}

static double ratio(double f, double x, double near0)
{
	return fabs(x) > 1e-8 ? f / x : near0;
}

/* The integral of x^-skew, and its inverse. */
static double integral(const struct zipf *z, double x)
{
	double l = log(x), e = (1 - z->skew) * l;

	return ratio(expm1(e), e, 1 + e / 2) * l;
}

static double inverse(const struct zipf *z, double y)
{
	double t = fmax(y * (1 - z->skew), -1);

	return exp(ratio(log1p(t), t, 1 - t / 2) * y);
}

static double density(const struct zipf *z, double x)
{
	return exp(-z->skew * log(x));
}

void zipf_set(struct zipf *z, uint32_t n, double skew)
{
	z->skew = skew;
	z->n = n;
	z->from = integral(z, 1.5) - 1;
	z->to = integral(z, n + 0.5);
	z->sure = 2 - inverse(z, integral(z, 2.5) - density(z, 2));
}

uint32_t zipf_draw(const struct zipf *z, struct rng *r)
{
	double u, x, k;

	do {
		u = z->to + rng_unit(r) * (z->from - z->to);
		x = inverse(z, u);
		k = fmin(fmax(floor(x + 0.5), 1), z->n);
	} while (k - x > z->sure && u < integral(z, k + 0.5) - density(z, k));
	return k - 1;
}
