// SPDX-License-Identifier: BSD-2-Clause
/*
 * udp_echo.c - the other side of bench-path: a UDP server that polls a kernel socket and echoes
 */
#include <arpa/inet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET }, from;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	cpu_set_t set;
	char buf[2048];

	if (argc != 3) {
		fprintf(stderr, "usage: udp_echo PORT CPU\n");
		return 2;
	}
	at.sin_port = htons(atoi(argv[1]));
	CPU_ZERO(&set);
	CPU_SET(atoi(argv[2]), &set);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    sched_setaffinity(0, sizeof(set), &set)) {
		perror("udp_echo");
		return 1;
	}
	for (;;) {
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from,
				     &len);

		if (n >= 0)
			sendto(fd, buf, n, MSG_DONTWAIT, (struct sockaddr *)&from, len);
	}
}
