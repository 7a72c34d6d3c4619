// SPDX-License-Identifier: BSD-2-Clause
/*
 * pingpong.c - round trips one at a time: sends a spin request of no work, polls for the reply
 *
 * Prints one JSON object: round trip, and (from a shunt server) XDP's stamp to the handler.
 */
#include <arpa/inet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "../apps/hist.h"
#include "../apps/spin.h"

#define GIVE_UP_NS 100000000ULL

static struct hist rtt, server;
static uint64_t lost;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void once(int fd)
{
	struct spin_msg m = { .type = 1, .sent_ns = now_ns() }, back;
	uint64_t now;

	if (send(fd, &m, sizeof(m), MSG_DONTWAIT) != sizeof(m)) {
		lost++;
		return;
	}
	do {
		ssize_t n = recv(fd, &back, sizeof(back), MSG_DONTWAIT);

		now = now_ns();
		if (n == sizeof(back) && back.sent_ns == m.sent_ns) {
			hist_add(&rtt, now - m.sent_ns);
			hist_add(&server, back.sojourn_ns);
			return;
		}
	} while (now - m.sent_ns < GIVE_UP_NS);
	lost++;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	cpu_set_t set;

	if (argc != 5) {
		fprintf(stderr, "usage: pingpong ADDR PORT COUNT CPU\n");
		return 2;
	}
	inet_pton(AF_INET, argv[1], &to.sin_addr);
	to.sin_port = htons(atoi(argv[2]));
	CPU_ZERO(&set);
	CPU_SET(atoi(argv[4]), &set);
	if (sched_setaffinity(0, sizeof(set), &set) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		perror("pingpong");
		return 1;
	}
	for (int i = atoi(argv[3]); i > 0; i--)
		once(fd);
	printf("{\"n\":%lu,\"lost\":%lu,\"rtt_ns_p50\":%lu,\"rtt_ns_p99\":%lu,"
	       "\"nic_to_core_ns_p50\":%lu}\n",
	       rtt.n, lost, hist_quantile(&rtt, 0.5), hist_quantile(&rtt, 0.99),
	       hist_quantile(&server, 0.5));
	return rtt.n ? 0 : 1;
}
