// SPDX-License-Identifier: BSD-2-Clause
/*
 * client.c - round trips of calls of SUM, one after the other, each result checked
 *
 *   client HOST PORT CALLS polling|rpcgen
 *
 * "polling" has a socket of its own and never sleeps: it measures the server and the way there.
 * "rpcgen" is rpcgen's client, which sleeps in poll(): it is what there is. On CPU 0. Prints JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "calc.h"

#define WARM_UP 50 /* calls that are not counted */
#define LIMIT_NS 2000000000LL

static char words[] = "forty characters of text, which is 10 wo";
static struct sockaddr_in to = { .sin_family = AF_INET };

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static unsigned int sum_of(unsigned int i)
{
	for (const char *s = words; *s; s++)
		i += (unsigned char)*s;
	return i + 5;
}

/* --- a client that polls ---------------------------------------------------------------------- */

static size_t write_call(char *buf, size_t room, unsigned int i)
{
	args4 args = { .a = i, .b = 5, .s = words };
	u_int head[] = { i, 0, 2, CALC, CALC1, SUM, 0, 0, 0, 0 };
	XDR xdr;

	xdrmem_create(&xdr, buf, room, XDR_ENCODE);
	for (size_t k = 0; k < sizeof(head) / sizeof(*head); k++)
		xdr_u_int(&xdr, &head[k]);
	xdr_args4(&xdr, &args);
	return xdr_getpos(&xdr);
}

static int polled(int sock, unsigned int i)
{
	char call[256], reply[256];
	const uint32_t *word = (const uint32_t *)reply;
	int64_t until = now_ns() + LIMIT_NS;
	size_t len = write_call(call, sizeof(call), i);
	ssize_t n;

	if (send(sock, call, len, 0) != (ssize_t)len)
		return 0;
	while ((n = recv(sock, reply, sizeof(reply), MSG_DONTWAIT)) < 0) {
		if (errno != EAGAIN || now_ns() > until)
			return 0;
	}
	return n == 28 && ntohl(word[0]) == i && ntohl(word[1]) == 1 && !word[2] && !word[5] &&
	       ntohl(word[6]) == sum_of(i);
}

/* --- rpcgen's --------------------------------------------------------------------------------- */

static int called(CLIENT *c, unsigned int i)
{
	args4 args = { .a = i, .b = 5, .s = words };
	unsigned int *res = sum_1(&args, c);

	return res && *res == sum_of(i);
}

static int by_ns(const void *a, const void *b)
{
	return (*(const int64_t *)a > *(const int64_t *)b) -
	       (*(const int64_t *)a < *(const int64_t *)b);
}

int main(int argc, char **argv)
{
	int polling = argc == 5 && !strcmp(argv[4], "polling");
	int calls = argc == 5 ? atoi(argv[3]) : 0, sock = RPC_ANYSOCK, wrong = 0;
	int64_t *ns = calloc(calls + 1, sizeof(*ns));
	CLIENT *c = NULL;
	cpu_set_t cpu;

	if (calls < 1 || !ns)
		return 2;
	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	to.sin_port = htons(atoi(argv[2]));
	inet_pton(AF_INET, argv[1], &to.sin_addr);
	if (polling) {
		sock = socket(AF_INET, SOCK_DGRAM, 0);
		if (connect(sock, (struct sockaddr *)&to, sizeof(to)))
			return 1;
	} else {
		c = clntudp_create(&to, CALC, CALC1, (struct timeval){ 2, 0 }, &sock);
		if (!c)
			return 1;
	}
	for (int i = -WARM_UP; i < calls; i++) {
		int64_t from = now_ns();
		int good = polling ? polled(sock, i + WARM_UP) : called(c, i + WARM_UP);

		if (i >= 0)
			ns[i] = now_ns() - from;
		wrong += !good;
	}
	qsort(ns, calls, sizeof(*ns), by_ns);
	printf("{\"calls\":%d,\"wrong\":%d,\"p50_ns\":%lld,\"p99_ns\":%lld}\n",
	       calls + WARM_UP, wrong, (long long)ns[calls / 2], (long long)ns[calls * 99LL / 100]);
	return 0;
}
