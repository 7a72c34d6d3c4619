// SPDX-License-Identifier: BSD-2-Clause
/*
 * decode.c - nanoseconds from a datagram to the arguments of SUM: head, and three arguments, one of
 * them 40 characters; by shunt-rpcgen's code and by libtirpc's, in turn
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "decode.h"

#define ROUNDS 51
#define CALLS 20000

static int by_value(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) -
	       (*(const double *)a < *(const double *)b);
}

static double time_of(int (*decode)(const uint8_t *call, uint32_t len), const uint8_t *call,
		      uint32_t len)
{
	struct timespec from, to;
	int good = 0;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < CALLS; i++) {
		good += decode(call, len);
		__asm__ volatile("" : : "r"(call) : "memory");
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (good != CALLS) {
		fprintf(stderr, "decode: %d of %d calls were decoded\n", good, CALLS);
		exit(1);
	}
	return ((to.tv_sec - from.tv_sec) * 1e9 + to.tv_nsec - from.tv_nsec) / CALLS;
}

int main(void)
{
	static double shunt[ROUNDS], tirpc[ROUNDS];
	uint8_t call[256];
	uint32_t len = write_call(call, sizeof(call));

	for (int i = 0; i < ROUNDS; i++) {
		shunt[i] = time_of(decode_shunt, call, len);
		tirpc[i] = time_of(decode_tirpc, call, len);
	}
	qsort(shunt, ROUNDS, sizeof(*shunt), by_value);
	qsort(tirpc, ROUNDS, sizeof(*tirpc), by_value);
	printf("{\"shunt-rpcgen\":%.1f,\"libtirpc\":%.1f}\n", shunt[ROUNDS / 2],
	       tirpc[ROUNDS / 2]);
	return 0;
}
