// SPDX-License-Identifier: BSD-2-Clause
/*
 * successor.c - a successor for tests, from the bare messages: it ends, or hangs, at a stage of the
 * hand-over
 *
 * usage: successor SOCKET.ctl STAGE [hang]
 *
 *   connect   says nothing
 *   hello     has said HELLO, and reads nothing of the answer
 *   entries   has read the answer and a few descriptors
 *   table     has read all descriptors
 *   quiesce   has asked for quiet
 *   quiet     has all descriptors once more, and says no READY
 *   fails     the same, and waits for the answer to that: RESUMED
 *   garbage   says what is no message
 *   turn      says READY before it is its turn
 *
 *        successor SOCKET.ctl abi N     says HELLO as of ABI N, and prints the refusal
 *
 * At the stage it prints its name and ends, or (hang) goes on living. This program shares nothing
 * with shuntd but the messages.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/handover.h"

bool store_at(const struct store *s, unsigned int i, const char **name, int *fd)
{
	return false; /* it has nothing to hand over */
}

static int dial(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		perror("connect");
		exit(EXIT_FAILURE);
	}
	return fd;
}

static int hear(int sock, struct handover_msg *m)
{
	int fd, type = handover_receive(sock, m, &fd, 10000);

	if (fd >= 0)
		close(fd);
	return type;
}

static void must(int got, int want, const char *what)
{
	if (got == want)
		return;
	fprintf(stderr, "%s: %d, not %d\n", what, got, want);
	exit(EXIT_FAILURE);
}

static void read_table(int sock, struct handover_msg *m, int most)
{
	int type = HANDOVER_ENTRY;

	for (int i = 0; i < most && type == HANDOVER_ENTRY; i++)
		type = hear(sock, m);
	must(type, most == 3 ? HANDOVER_ENTRY : HANDOVER_TABLE_END, "the table");
}

static void reach(int sock, const char *stage)
{
	struct handover_msg m = { .flags = HANDOVER_REPLACE };

	if (!strcmp(stage, "connect"))
		return;
	if (!strcmp(stage, "garbage")) {
		must(send(sock, "garbage", 7, MSG_NOSIGNAL), 7, "send");
		return;
	}
	handover_send(sock, HANDOVER_HELLO, &m, -1);
	if (!strcmp(stage, "hello"))
		return;
	must(hear(sock, &m), HANDOVER_INFO, "the answer");
	read_table(sock, &m, strcmp(stage, "entries") ? 10000 : 3);
	if (!strcmp(stage, "turn"))
		handover_send(sock, HANDOVER_READY, &m, -1);
	if (strcmp(stage, "quiesce") && strcmp(stage, "quiet") && strcmp(stage, "fails"))
		return;
	handover_send(sock, HANDOVER_QUIESCE, &m, -1);
	if (strcmp(stage, "quiesce"))
		read_table(sock, &m, 10000);
	if (strcmp(stage, "fails"))
		return;
	shutdown(sock, SHUT_WR);
	must(hear(sock, &m), HANDOVER_RESUMED, "the answer to a failure");
}

static int be_of_abi(int sock, __u32 abi)
{
	struct handover_msg m = { .magic = HANDOVER_MAGIC,
				 .version = HANDOVER_VERSION,
				 .type = HANDOVER_HELLO,
				 .abi = abi,
				 .pid = getpid(),
				 .flags = HANDOVER_REPLACE };

	must(send(sock, &m, sizeof(m), MSG_NOSIGNAL), sizeof(m), "send");
	must(hear(sock, &m), HANDOVER_REFUSED, "the answer");
	puts(m.text);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	int sock;

	if (argc < 3)
		return 2;
	sock = dial(argv[1]);
	if (!strcmp(argv[2], "abi"))
		return be_of_abi(sock, argc > 3 ? atoi(argv[3]) : 0);
	reach(sock, argv[2]);
	puts(argv[2]);
	fflush(stdout);
	if (argc > 3)
		pause();
	return EXIT_SUCCESS;
}
