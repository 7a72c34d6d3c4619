// SPDX-License-Identifier: BSD-2-Clause
/*
 * handover.c - handover CPU: ns that the kernel takes to hand a CPU from one process to another as
 * seats are handed over, where neither process does anything else
 *
 * The one sends a datagram over a socket pair and then blocks in poll(), the other one returns from
 * poll(): from before send() to behind poll(), the median. "at_once": one hand-over after the
 * other. "rare": whoever has the CPU computes for a while first, so that little of what the kernel
 * needs is at hand. "send": send() alone, to a reader that does not sleep.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "line.h"

#define TURNS 20000 /* of each side, at most; the first half warms up */
#define RARE_TURNS 400
#define APART_NS 500000

struct handover {
	int pair[2];
	volatile uint64_t sent_ns;
	uint64_t took[TURNS];
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void compute(uint64_t ns)
{
	uint64_t end = now_ns() + ns;

	while (now_ns() < end)
		;
}

static void tell(struct handover *h, int side)
{
	static const char word[16];

	h->sent_ns = now_ns();
	if (send(h->pair[side], word, sizeof(word), MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof(word))
		perror("handover: send");
}

static void hear(struct handover *h, int side)
{
	char any[16];

	recv(h->pair[side], any, sizeof(any), MSG_DONTWAIT);
}

static void play(struct handover *h, int side, int turns, uint64_t apart_ns)
{
	struct pollfd p = { .fd = h->pair[side], .events = POLLIN };

	for (int i = 0; i < turns && poll(&p, 1, 1000) == 1; i++) {
		h->took[i] = now_ns() - h->sent_ns; /* of both sides the later one counts */
		hear(h, side);
		compute(apart_ns);
		tell(h, side);
	}
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static unsigned long long median(struct handover *h, int turns)
{
	qsort(h->took + turns / 2, turns - turns / 2, sizeof(*h->took), by_size);
	return h->took[turns * 3 / 4];
}

static unsigned long long between_processes(struct handover *h, int turns, uint64_t apart_ns)
{
	pid_t other = fork();

	if (!other) {
		play(h, 1, turns, apart_ns);
		_exit(0);
	}
	tell(h, 1);
	play(h, 0, turns, apart_ns);
	waitpid(other, NULL, 0);
	hear(h, 0); /* the last turn's */
	return median(h, turns);
}

static unsigned long long of_send(struct handover *h)
{
	for (int i = 0; i < TURNS; i++) {
		tell(h, 1);
		h->took[i] = now_ns() - h->sent_ns;
		hear(h, 0);
	}
	return median(h, TURNS);
}

int main(int argc, char **argv)
{
	struct handover *h = mmap(NULL, sizeof(*h), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	unsigned long long at_once, rare;

	if (argc != 2) {
		fprintf(stderr, "usage: handover CPU\n");
		return 2;
	}
	if (h == MAP_FAILED || socketpair(AF_UNIX, SOCK_DGRAM, 0, h->pair)) {
		perror("handover");
		return 1;
	}
	line_pin(atoi(argv[1]));
	at_once = between_processes(h, TURNS, 0);
	rare = between_processes(h, RARE_TURNS, APART_NS);
	printf("{\"at_once\":%llu,\"rare\":%llu,\"send\":%llu}\n", at_once, rare, of_send(h));
	return 0;
}
