// SPDX-License-Identifier: BSD-2-Clause
/*
 * delay_server.c - a server that holds each spin request
 * for as long as it says, drops some, and prints the true latencies
 *
 * Requests say when they were due (sent_ns, the same clock): so the server knows the latencies that
 * the client should measure, up to the return path. On SIGTERM it prints them, from all values,
 * sorted. One thread that polls.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "../apps/spin.h"

#define HELD_MAX 65536
#define VALUES_MAX 1000000
#define CLASSES 16

struct held {
	struct sockaddr_in from;
	uint64_t until;
	uint32_t len;
	char data[128];
};

static struct held held[HELD_MAX]; /* a heap: the soonest first */
static unsigned int holding;
static struct {
	double *us;
	unsigned int n, dropped;
} class[CLASSES];
static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	stop = 1;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void swap(unsigned int a, unsigned int b)
{
	struct held h = held[a];

	held[a] = held[b];
	held[b] = h;
}

static void hold(const struct held *h)
{
	unsigned int i = holding++;

	held[i] = *h;
	for (; i && held[i].until < held[(i - 1) / 2].until; i = (i - 1) / 2)
		swap(i, (i - 1) / 2);
}

static struct held soonest(void)
{
	struct held h = held[0];
	unsigned int i = 0, least;

	held[0] = held[--holding];
	for (;; i = least) {
		least = i;
		for (unsigned int k = 2 * i + 1; k <= 2 * i + 2 && k < holding; k++) {
			if (held[k].until < held[least].until)
				least = k;
		}
		if (least == i)
			return h;
		swap(i, least);
	}
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(void)
{
	static const struct { const char *name; double q; } qs[] = {
		{ "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "p999", 0.999 },
	};

	printf("{");
	for (int c = 0, some = 0; c < CLASSES; c++) {
		if (!class[c].n && !class[c].dropped)
			continue;
		qsort(class[c].us, class[c].n, sizeof(double), ascending);
		printf("%s\"%d\":{\"answered\":%u,\"dropped\":%u", some++ ? "," : "", c, class[c].n,
		       class[c].dropped);
		for (size_t i = 0; i < sizeof(qs) / sizeof(qs[0]) && class[c].n; i++)
			printf(",\"%s_us\":%.3f", qs[i].name,
			       class[c].us[(unsigned int)(qs[i].q * class[c].n)]);
		printf("}");
	}
	printf("}\n");
	fflush(stdout);
}

static void take(int fd, unsigned int drop_every)
{
	static unsigned int nr;
	struct held h;
	socklen_t len = sizeof(h.from);
	struct spin_msg m;
	ssize_t n = recvfrom(fd, h.data, sizeof(h.data), MSG_DONTWAIT, (struct sockaddr *)&h.from,
			     &len);

	if (n < (ssize_t)sizeof(m) || holding == HELD_MAX)
		return;
	memcpy(&m, h.data, sizeof(m));
	if (drop_every && ++nr % drop_every == 0) {
		class[m.type % CLASSES].dropped++;
		return;
	}
	h.len = n;
	h.until = now_ns() + m.spin_ns;
	hold(&h);
}

static void answer(int fd)
{
	struct held h = soonest();
	struct spin_msg m;
	uint64_t now = now_ns();
	int c;

	memcpy(&m, h.data, sizeof(m));
	c = m.type % CLASSES;
	sendto(fd, h.data, h.len, 0, (struct sockaddr *)&h.from, sizeof(h.from));
	if (class[c].n < VALUES_MAX)
		class[c].us[class[c].n++] = (now - m.sent_ns) / 1e3;
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(SPIN_PORT) };
	struct timespec stall = { 0 };
	unsigned int drop_every = 0, stall_at = 0, taken = 0;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 8 << 20, c;

	while ((c = getopt(argc, argv, "d:s:n:")) != -1) {
		switch (c) {
		case 'd': drop_every = atoi(optarg); break;
		case 's': stall.tv_nsec = atoi(optarg) * 1000000L; break;
		case 'n': stall_at = atoi(optarg); break;
		default:
			fprintf(stderr, "usage: delay_server [-d DROP_EVERY] [-s STALL_MS -n "
					"AFTER_SO_MANY]\n");
			return 2;
		}
	}
	for (c = 0; c < CLASSES; c++)
		class[c].us = malloc(VALUES_MAX * sizeof(double));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		perror("delay_server");
		return 1;
	}
	signal(SIGTERM, on_signal);
	fprintf(stderr, "serving\n");
	while (!stop) {
		unsigned int before = holding;

		take(fd, drop_every);
		taken += holding > before;
		if (stall_at && taken == stall_at) {
			nanosleep(&stall, NULL);
			stall_at = 0;
		}
		while (holding && held[0].until <= now_ns())
			answer(fd);
	}
	print();
	return 0;
}
