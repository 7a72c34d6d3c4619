// SPDX-License-Identifier: BSD-2-Clause
/*
 * harm.c - a process that may be a worker, and means harm
 *
 * usage: harm deaf SOCKET DOMAIN N     connects N times, says HELLO each time, reads nothing, and
 *                                      stays; prints "done"
 *        harm crowd SOCKET N           connects N times, says nothing, and stays; prints "done"
 *        harm storm SOCKET SECONDS     connects and hangs up, as often as it can; prints how often
 *        harm hasty SOCKET DOMAIN      says HELLO and BYE, hangs up before there is an answer, and
 *                                      stays
 *        harm ghost SOCKET DOMAIN      attaches, says BYE, keeps all that it was given, says HELLO
 *                                      and hangs up, and stays
 *        harm given SOCKET DOMAIN      attaches, prints which memory, view and first socket it was
 *                                      given, says BYE; {"memory":INODE,"view":ID,"socket":INODE}
 *        harm child SOCKET DOMAIN      attaches and ends; a child keeps the sockets until it is
 *                                      killed; prints its number
 *        harm hide SOCKET DOMAIN [NAME [behind]]   the same, but the child is none to look at
 *                                      (session, name), and has them in a message that it never
 *                                      reads, behind another one; prints its number
 *        harm spoil SOCKET DOMAIN      attaches, punches a page out of its memory, leaves when it
 *                                      is told to, but keeps the memory open; prints how much of it
 *                                      is left, {"left":BYTES,"size":BYTES}
 *        harm keep SOCKET DOMAIN       attaches and ends; a child keeps the memory open, and prints
 *                                      how much of it is left, likewise
 *        harm become SOCKET DOMAIN COMMAND…   attaches, says BYE, and becomes that program
 */
#include <fcntl.h>
#include <linux/falloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
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

	shutdown(fd, SHUT_RD); /* as if it were closed already when shuntd answers */
	say_hello(fd, domain);
	put(fd, &bye, sizeof(bye), SHUNT_MSG_BYE);
	close(fd);
	stay();
}

/* On a host whose NIC schedules, another message comes first. */
static int attach_to(const char *path, uint32_t domain, struct given *g)
{
	struct shunt_msg_refused *no = (struct shunt_msg_refused *)&g->w;
	int fd = dial(path), n;

	say_hello(fd, domain);
	n = answer(fd, &g->w, sizeof(g->w), g->fd, &g->nfd);
	if (n == sizeof(struct shunt_msg_wire) && g->w.msg.type == SHUNT_MSG_WIRE)
		n = answer(fd, &g->w, sizeof(g->w), g->fd, &g->nfd);
	if (n == sizeof(g->w) && g->w.msg.type == SHUNT_MSG_WELCOME)
		return fd;
	fprintf(stderr, "no welcome: %s\n",
		n == sizeof(*no) ? no->text : strerror(n < 0 ? -n : EPROTO));
	exit(EXIT_FAILURE);
}

static void say_bye(int fd)
{
	struct shunt_msg bye;

	put(fd, &bye, sizeof(bye), SHUNT_MSG_BYE);
	close(fd);
}

static void ghost(const char *path, uint32_t domain)
{
	struct given g;

	say_bye(attach_to(path, domain, &g));
	for (int i = 0; i < 5; i++) { /* as if it came again: first what it had
				       * is taken back, then it is taken on */
		int fd = dial(path);

		usleep(50000);
		shutdown(fd, SHUT_RD);
		say_hello(fd, domain);
		usleep(20000);
		close(fd);
	}
	stay();
}

static unsigned long inode(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

/* A map's number, which the kernel tells to the holder of its descriptor. */
static unsigned long map_id(int fd)
{
	char path[40], line[80];
	unsigned long id = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "map_id: %lu", &id);
	if (f)
		fclose(f);
	return id;
}

static void given(const char *path, uint32_t domain)
{
	struct given g;
	int fd = attach_to(path, domain, &g);

	printf("{\"memory\":%lu,\"view\":%lu,\"socket\":%lu}\n", inode(g.fd[SHUNT_FD_MEMORY]),
	       map_id(g.fd[SHUNT_FD_VIEW]), inode(g.fd[SHUNT_FD_SOCKETS]));
	say_bye(fd);
}

static void child(const char *path, uint32_t domain)
{
	struct given g;
	int fd = attach_to(path, domain, &g), pid = fork();

	if (!pid) {
		close(fd);
		fclose(stdout);
		for (;;)
			pause();
	}
	printf("%d\n", pid);
	say_bye(fd);
}

/* The sockets, in a message from the process to itself, which may come after another one. */
static void put_away(const struct given *g, bool behind)
{
	union {
		char buf[CMSG_SPACE(FDS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
			      .msg_controllen = CMSG_SPACE(g->nfd * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&hdr);
	int end[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, end))
		die("socketpair");
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(g->nfd * sizeof(int));
	memcpy(CMSG_DATA(c), g->fd, g->nfd * sizeof(int));
	if ((behind && send(end[0], "x", 1, 0) != 1) || sendmsg(end[0], &hdr, 0) != 1)
		die("sendmsg");
	for (int i = 0; i < g->nfd; i++)
		close(g->fd[i]);
}

static void hide(const char *path, uint32_t domain, const char *name, bool behind)
{
	struct given g;
	int fd = attach_to(path, domain, &g), pid = fork();

	if (!pid) {
		close(fd);
		fclose(stdout);
		setsid();
		prctl(PR_SET_NAME, name);
		put_away(&g, behind);
		for (;;)
			pause();
	}
	printf("%d\n", pid);
	say_bye(fd);
}

/* Prints how much of the memory is left once shuntd has let go of it, or after some seconds. */
static void print_left(int memory)
{
	struct stat st;

	for (int i = 0; i < 500 && !fstat(memory, &st) && st.st_blocks * 512 > st.st_size / 4; i++)
		usleep(10000);
	printf("{\"left\":%lld,\"size\":%lld}\n", (long long)st.st_blocks * 512,
	       (long long)st.st_size);
}

static void keep(const char *path, uint32_t domain)
{
	struct given g;

	attach_to(path, domain, &g);
	if (fork())
		return;
	for (int i = 0; i < g.nfd; i++) {
		if (i != SHUNT_FD_MEMORY)
			close(g.fd[i]);
	}
	print_left(g.fd[SHUNT_FD_MEMORY]);
}

static void spoil(const char *path, uint32_t domain)
{
	char buf[sizeof(struct shunt_msg_policy) + 512];
	struct given g, more;
	int fd = attach_to(path, domain, &g), memory = g.fd[SHUNT_FD_MEMORY], n;

	if (fallocate(memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, sysconf(_SC_PAGESIZE)))
		die("fallocate");
	do
		n = answer(fd, buf, sizeof(buf), more.fd, &more.nfd);
	while (n > 0 && ((struct shunt_msg *)buf)->type != SHUNT_MSG_LEAVE);
	if (n <= 0)
		die("answer");
	print_left(memory);
	say_bye(fd);
}

static void become(const char *path, uint32_t domain, char **command)
{
	struct given g;

	say_bye(attach_to(path, domain, &g));
	execv(command[0], command);
	die(command[0]);
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
	else if (!strcmp(what, "ghost"))
		ghost(path, strtoul(argv[3], NULL, 0));
	else if (!strcmp(what, "given"))
		given(path, strtoul(argv[3], NULL, 0));
	else if (!strcmp(what, "child"))
		child(path, strtoul(argv[3], NULL, 0));
	else if (!strcmp(what, "hide"))
		hide(path, strtoul(argv[3], NULL, 0), argc > 4 ? argv[4] : "innocent", argc > 5);
	else if (!strcmp(what, "spoil"))
		spoil(path, strtoul(argv[3], NULL, 0));
	else if (!strcmp(what, "keep"))
		keep(path, strtoul(argv[3], NULL, 0));
	else if (!strcmp(what, "become") && argc > 4)
		become(path, strtoul(argv[3], NULL, 0), argv + 4);
	else
		return 2;
	return 0;
}
