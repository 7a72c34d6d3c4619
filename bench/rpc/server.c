// SPDX-License-Identifier: BSD-2-Clause
/*
 * server.c - calc.x by shunt-rpcgen: notes how long each call of SUM was on its way from XDP's
 * stamp to the procedure, and prints the median when it ends
 *
 *   server IFNAME
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "calc_shunt.h"

#define SAMPLES 1000000

static uint32_t ns[SAMPLES], n; /* one core, and no preemption: one call at a time */

enum shunt_rpc_stat sum_1(struct shunt_rpc_call *call, const args4 *arg, uint32_t *res)
{
	struct timespec t;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &t);
	now = t.tv_sec * 1000000000ULL + t.tv_nsec;
	if (n < SAMPLES && now > call->req->arrival_ns)
		ns[n++] = now - call->req->arrival_ns;
	*res = arg->a + (uint32_t)arg->b;
	for (uint32_t i = 0; i < arg->s.len; i++)
		*res += (unsigned char)arg->s.data[i];
	return SHUNT_RPC_SUCCESS;
}

static int by_ns(const void *a, const void *b)
{
	return (*(const uint32_t *)a > *(const uint32_t *)b) -
	       (*(const uint32_t *)a < *(const uint32_t *)b);
}

static void stop(int signal)
{
	shunt_rpc_stop();
}

int main(int argc, char **argv)
{
	const struct shunt_rpc_version *const served[] = { &calc_1, NULL };
	struct shunt_opts worker = { .sz = sizeof(worker), .ifname = argv[1],
				     .idle = SHUNT_IDLE_SPIN, .flags = SHUNT_NO_PREEMPT };
	struct shunt_rpc_opts opts = { .sz = sizeof(opts), .worker = &worker, .served = served };

	signal(SIGTERM, stop);
	if (shunt_rpc_serve(&opts)) {
		fprintf(stderr, "%s\n", shunt_rpc_error());
		return 1;
	}
	qsort(ns, n, sizeof(*ns), by_ns);
	printf("{\"calls\":%u,\"p50_ns\":%u,\"p10_ns\":%u,\"p90_ns\":%u}\n", n, n ? ns[n / 2] : 0,
	       n ? ns[n / 10] : 0, n ? ns[n * 9ULL / 10] : 0);
	return 0;
}
