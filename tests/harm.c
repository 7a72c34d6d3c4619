// SPDX-License-Identifier: BSD-2-Clause
/*
 * harm.c - a process that may be a worker, and means harm
 *
 * usage: harm deaf SOCKET DOMAIN N     connects N times, says HELLO each time, reads nothing, and stays; prints "done"
 *        harm crowd SOCKET N           connects N times, says nothing, and stays; prints "done"
 *        harm storm SOCKET SECONDS     connects and hangs up, as often as it can; prints how often
 *        harm hasty SOCKET DOMAIN      says HELLO and BYE, hangs up before there is an answer, and stays
 */
#include <signal.h>
#include <time.h>

#include "tests/bare.h"

static void stay(void)
{
	puts("done");
	fflush(stdout);
	for (;;)
		pause();
}

static void say_hello(int fd, uint32_t domain)
{
	struct shunt_msg_hello m = { .domain = domain, .name = "harm" };

	put(fd, &m, sizeof(m), SHUNT_MSG_HELLO);
}

/* Each answer carries all of the domain's descriptors, and they stay where they are. */
static void deaf(const char *path, uint32_t domain, int n)
{
	while (n--) {
		say_hello(dial(path), domain);
		usleep(2000); /* so that it is answered before the next one, if it is to be */
	}
	stay();
}

static void crowd(const char *path, int n)
{
	while (n--)
		dial(path);
	stay();
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void storm(const char *path, double seconds)
{
	double end = now_s() + seconds;
	unsigned long n = 0;

	for (; now_s() < end; n++)
		close(dial(path));
	printf("%lu\n", n);
}

static void hasty(const char *path, uint32_t domain)
{
	struct shunt_msg bye;
	int fd = dial(path);

	say_hello(fd, domain);
	put(fd, &bye, sizeof(bye), SHUNT_MSG_BYE);
	close(fd);
	stay();
}

int main(int argc, char **argv)
{
	const char *what = argc > 3 ? argv[1] : "", *path = argv[2];

	if (!strcmp(what, "deaf") && argc > 4)
		deaf(path, strtoul(argv[3], NULL, 0), atoi(argv[4]));
	else if (!strcmp(what, "crowd"))
		crowd(path, atoi(argv[3]));
	else if (!strcmp(what, "storm"))
		storm(path, atof(argv[3]));
	else if (!strcmp(what, "hasty"))
		hasty(path, strtoul(argv[3], NULL, 0));
	else
		return 2;
	return 0;
}
