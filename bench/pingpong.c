// SPDX-License-Identifier: BSD-2-Clause
/*
 * pingpong.c - round trips one at a time: sends a spin request of no work, polls for the reply
 *
 * Prints one JSON object: round trip, and (from a shunt server) XDP's stamp to the handler. With
 * the file in which the server notes its gaps, and another, adds the round trips and the gaps of
 * both sides to the latter as a window, for shunt-compare.
 */
#include <arpa/inet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "../apps/hist.h"
#include "../apps/load/server_gaps.h"
#include "../apps/spin.h"

#define GIVE_UP_NS 100000000ULL
#define GAP_NS 20000 /* between two looks at the clock: another process had the CPU */
#define GAPS_MOST 65536

static struct hist rtt, server;
static uint64_t lost;
static struct reply *reply; /* of each request, in order */
static struct gap gap[GAPS_MOST];
static size_t replies, gaps;

static uint64_t now_ns(void)
{
	static uint64_t last;
	struct timespec t;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &t);
	now = t.tv_sec * 1000000000ULL + t.tv_nsec;
	if (last && now - last > GAP_NS && gaps < GAPS_MOST)
		gap[gaps++] = (struct gap){ last, now, 0 };
	last = now;
	return now;
}

static void keep(uint64_t sent_ns, uint64_t latency)
{
	reply[replies++] = (struct reply){ sent_ns, latency, 0, 0 };
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
			keep(m.sent_ns, now - m.sent_ns);
			return;
		}
	} while (now - m.sent_ns < GIVE_UP_NS);
	keep(m.sent_ns, CLEAN_NO_REPLY);
	lost++;
}

/* The run as one window. */
static int store(const char *server_gaps, const char *path, uint64_t begin, uint64_t end)
{
	static const struct offered one = { .classes = 1, .name = { "rtt" } };
	struct window w = { .begin = begin, .end = end, .reply = reply, .replies = replies,
			    .client = { gap, gaps } };
	struct why why = { 0 };
	int err;

	w.noted = server_gaps_read(server_gaps, begin, end, &w.server, &why);
	if (w.noted == NOTED_NOT)
		fprintf(stderr, "pingpong: %s: %s\n", server_gaps, why_text(&why));
	err = store_append(path, &(struct windows){ &w, 1 }, &one);
	if (err)
		fprintf(stderr, "pingpong: %s: %s\n", path, strerror(-err));
	why_forget(&why);
	free(w.server.gap);
	return err;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), count = argc > 3 ? atoi(argv[3]) : 0;
	uint64_t begin;
	cpu_set_t set;

	if ((argc != 5 && argc != 7) || count < 1) {
		fprintf(stderr, "usage: pingpong ADDR PORT COUNT CPU [GAPS WINDOWS]\n");
		return 2;
	}
	inet_pton(AF_INET, argv[1], &to.sin_addr);
	to.sin_port = htons(atoi(argv[2]));
	CPU_ZERO(&set);
	CPU_SET(atoi(argv[4]), &set);
	reply = calloc(count, sizeof(*reply));
	if (!reply || sched_setaffinity(0, sizeof(set), &set) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		perror("pingpong");
		return 1;
	}
	memset(reply, 0xff, count * sizeof(*reply)); /* pages that are there already */
	begin = now_ns();
	for (int i = count; i > 0; i--)
		once(fd);
	if (argc == 7 && store(argv[5], argv[6], begin, now_ns()))
		return 1;
	printf("{\"n\":%lu,\"lost\":%lu,\"rtt_ns_p50\":%lu,\"rtt_ns_p99\":%lu,"
	       "\"nic_to_core_ns_p50\":%lu}\n",
	       rtt.n, lost, hist_quantile(&rtt, 0.5), hist_quantile(&rtt, 0.99),
	       hist_quantile(&server, 0.5));
	return rtt.n ? 0 : 1;
}
