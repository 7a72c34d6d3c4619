// SPDX-License-Identifier: BSD-2-Clause
/*
 * stalls.c - for how long, and how often, CPUs are taken away from a thread that only computes
 *
 * A thread on each of two CPUs reads the clock, over and over; two readings further apart than
 * LEAST_NS are a stall: the tick, another process, the hypervisor. Prints one JSON object: for each
 * CPU the mean time between stalls, and the stalls' lengths (of many, QUANTILES that stand for
 * all).
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LEAST_NS 1000
#define MOST (1 << 20)
#define QUANTILES 4000

struct cpu {
	int number;
	double seconds;
	uint64_t n, lost_ns;
	uint32_t *ns;
	pthread_t thread;
};

static pthread_barrier_t together;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void *watch(void *arg)
{
	struct cpu *c = arg;
	cpu_set_t set;
	uint64_t last, now, end;

	CPU_ZERO(&set);
	CPU_SET(c->number, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		perror("stalls");
		exit(1);
	}
	for (int i = 0; i < MOST; i += 512) /* or the first writes would be stalls of their own */
		c->ns[i] = 1;
	pthread_barrier_wait(&together);
	last = now_ns();
	for (end = last + c->seconds * 1e9; last < end; last = now) {
		now = now_ns();
		if (now - last < LEAST_NS)
			continue;
		c->lost_ns += now - last;
		if (c->n < MOST)
			c->ns[c->n++] = now - last < UINT32_MAX ? now - last : UINT32_MAX;
	}
	return NULL;
}

static int by_length(const void *a, const void *b)
{
	return (*(const uint32_t *)a > *(const uint32_t *)b) -
	       (*(const uint32_t *)a < *(const uint32_t *)b);
}

/* The mean of each stretch of equally many, so that the sum is that of all. */
static void print_lengths(struct cpu *c)
{
	uint64_t n = c->n < QUANTILES ? c->n : QUANTILES;

	qsort(c->ns, c->n, sizeof(*c->ns), by_length);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t from = i * c->n / n, to = (i + 1) * c->n / n;
		double sum = 0;

		for (uint64_t k = from; k < to; k++)
			sum += c->ns[k];
		printf("%s%.2f", i ? "," : "", sum / (to - from) / 1e3);
	}
}

static void print(struct cpu *c)
{
	printf("\"cpu%d\":{\"seconds\":%g,\"stalls\":%lu,\"share\":%.5f,\"stall_every_us\":",
	       c->number, c->seconds, c->n, c->lost_ns / 1e9 / c->seconds);
	if (c->n)
		printf("%.1f", c->seconds * 1e6 / c->n);
	else
		printf("null");
	printf(",\"stalls_us\":[");
	print_lengths(c);
	printf("]}");
}

int main(int argc, char **argv)
{
	struct cpu cpu[2] = { 0 };

	if (argc != 4) {
		fprintf(stderr, "usage: stalls SECONDS CPU CPU\n");
		return 2;
	}
	pthread_barrier_init(&together, NULL, 2);
	for (int i = 0; i < 2; i++) {
		cpu[i] = (struct cpu){ .number = atoi(argv[2 + i]), .seconds = atof(argv[1]),
				       .ns = calloc(MOST, sizeof(uint32_t)) };
		if (!cpu[i].ns || pthread_create(&cpu[i].thread, NULL, watch, &cpu[i])) {
			fprintf(stderr, "stalls: no memory, or no thread\n");
			return 1;
		}
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(cpu[i].thread, NULL);
		printf(i ? "," : "{");
		print(&cpu[i]);
		free(cpu[i].ns);
	}
	printf("}\n");
	return 0;
}
