/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * beta.h - draws from Beta distributions, in whole numbers
 *
 * Of a + b - 1 numbers drawn alike from 0 to 1, the a'th least has the distribution Beta(a, b).
 */
#pragma once

#include <linux/types.h>

#define BETA_ONE 65536 /* a draw of 1 would be */
#define BETA_MOST 64   /* a + b, at most */

/* xorshift64*: its upper bits are the good ones. *random is not 0. */
static inline __u32 beta_random(__u64 *random)
{
	*random ^= *random >> 12;
	*random ^= *random << 25;
	*random ^= *random >> 27;
	return (*random * 0x2545f4914f6cdd1dULL) >> 48;
}

/* The number at "want", if x were in order: quickselect. */
static inline __u32 beta_select(__u32 *x, int n, int want)
{
	int low = 0, high = n - 1;

	while (low < high) {
		__u32 pivot = x[(low + high) / 2], t;
		int i = low, k = high;

		while (i <= k) {
			while (x[i] < pivot)
				i++;
			while (x[k] > pivot)
				k--;
			if (i > k)
				break;
			t = x[i];
			x[i++] = x[k];
			x[k--] = t;
		}
		if (want > k && want < i)
			break;
		if (want <= k)
			high = k;
		else
			low = i;
	}
	return x[want];
}

/* a, b: from 1 on, BETA_MOST together at most. */
static inline __u32 beta_draw(__u64 *random, unsigned int a, unsigned int b)
{
	__u32 x[BETA_MOST];

	for (unsigned int n = 0; n < a + b - 1; n++)
		x[n] = beta_random(random);
	return beta_select(x, a + b - 1, a - 1);
}
