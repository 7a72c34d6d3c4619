// SPDX-License-Identifier: BSD-2-Clause
/*
 * dispatch.c - a thread that receives, and workers that it
 * feeds through rings, one request each at a time
 *
 * First come, first served over all. The first CPU is the dispatcher's.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../gap.h"
#include "baseline.h"

#define QUEUE 16384 /* a power of two */
#define REQUEST 2048
#define BATCH 16

struct request {
	struct sockaddr_storage from;
	socklen_t from_len;
	uint32_t len;
	char data[REQUEST];
};

/* A ring of one: the worker's line is full (1) or empty (0). */
struct line {
	_Atomic uint32_t full;
	uint32_t nr;
} __attribute__((aligned(64)));

static struct request *queue;
static struct line line[THREADS_MAX];
static _Atomic uint32_t done_with[QUEUE]; /* 1: its worker still reads it */
static int fd;

static void emit(void *ctx, const void *datagram, size_t len)
{
	struct request *r = ctx;

	sendto(fd, datagram, len, MSG_DONTWAIT, (struct sockaddr *)&r->from, r->from_len);
}

static void work(const struct options *o, int nr)
{
	char reply[REQUEST];

	while (!stop) {
		struct request *r;
		size_t len;

		if (!atomic_load_explicit(&line[nr].full, memory_order_acquire)) {
			gap_idle();
			continue;
		}
		r = &queue[line[nr].nr];
		len = app_handle(&app, r->data, r->len, reply, sizeof(reply), 0, emit, r);
		if (len)
			emit(r, reply, len);
		atomic_store_explicit(&done_with[line[nr].nr], 0, memory_order_release);
		atomic_store_explicit(&line[nr].full, 0, memory_order_release);
	}
}

static bool receive(uint32_t at)
{
	struct request *r = &queue[at];
	ssize_t n;

	if (atomic_load_explicit(&done_with[at], memory_order_acquire))
		return false;
	r->from_len = sizeof(r->from);
	n = recvfrom(fd, r->data, sizeof(r->data), MSG_DONTWAIT, (struct sockaddr *)&r->from,
		     &r->from_len);
	if (n < 0)
		return false;
	r->len = n;
	atomic_store_explicit(&done_with[at], 1, memory_order_relaxed);
	return true;
}

static void dispatch(const struct options *o)
{
	uint32_t in = 0, out = 0;

	while (!stop) {
		gap_idle();
		for (int i = 0; i < BATCH && in - out < QUEUE && receive(in % QUEUE); i++)
			in++;
		for (int w = 1; w < o->cpus && out != in; w++) {
			if (atomic_load_explicit(&line[w].full, memory_order_acquire))
				continue;
			line[w].nr = out++ % QUEUE;
			atomic_store_explicit(&line[w].full, 1, memory_order_release);
		}
	}
}

static void begin(const struct options *o, int nr)
{
	if (nr)
		work(o, nr);
	else
		dispatch(o);
}

int run_dispatcher(const struct options *o)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int status;

	if (cpus < 3) {
		fprintf(stderr,
			PROGRAM ": dispatcher: skipped: it needs 3 CPUs (its own, a worker's, the "
				"client's), here are %ld\n",
			cpus);
		return 77;
	}
	if (o->cpus < 2) {
		fprintf(stderr, PROGRAM ": dispatcher: --cpus has the dispatcher's, then the "
					"workers': at least two\n");
		return 2;
	}
	fd = udp_socket(o, false);
	queue = calloc(QUEUE, sizeof(*queue));
	if (fd < 0 || !queue)
		return complain("cannot have that port");
	status = threads_run(o, 0, begin);
	free(queue);
	return status;
}
