// SPDX-License-Identifier: BSD-2-Clause
/*
 * child.c - the agent, as the keeper sees it: a process,
 * and a socket to it; and how an agent becomes the keeper
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "keeper.h"
#include "log.h"
#include "self.h"
#include "store.h"

#define TAKE_S 5 /* the keeper takes a descriptor in this time, or is as good as dead */

/* fd is inherited, and named in the environment; -1: neither. */
static int hand_down(const char *name, int fd)
{
	char number[16];

	if (fd < 0)
		return unsetenv(name);
	snprintf(number, sizeof(number), "%d", fd);
	return fcntl(fd, F_SETFD, 0) ? -1 : setenv(name, number, 1);
}

/* In the child. Signals were blocked for the keeper's signalfd: the agent starts without that. */
static void become_agent(const struct store *s, char **argv, bool old, int keeper, int trial,
			 bool give_up)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!hand_down(STORE_KEEPER, keeper) && !hand_down(KEEPER_TRIAL, trial) &&
	    !(give_up ? setenv(KEEPER_GIVE_UP, "1", 1) : unsetenv(KEEPER_GIVE_UP)) &&
	    !store_export(s))
		errno = -self_exec(argv, old);
	log_say(LOG_ERR, "cannot start the agent: %m");
	_exit(EXIT_FAILURE);
}

int child_start(struct child *c, const struct store *s, char **argv, bool old, int trial,
		bool give_up)
{
	struct timeval limit = { .tv_sec = TAKE_S };
	int ends[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	setsockopt(ends[1], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	*c = (struct child){ .pid = fork(), .sock = ends[0], .pidfd = -1 };
	if (!c->pid)
		become_agent(s, argv, old, ends[1], trial, give_up);
	err = c->pid < 0 ? -errno : 0;
	close(ends[1]);
	if (!err) {
		c->pidfd = pidfd_open(c->pid, 0);
		err = c->pidfd < 0 ? -errno : 0;
	}
	return err;
}

int child_reap(struct child *c)
{
	int status = 0;

	waitpid(c->pid, &status, 0);
	close(c->sock);
	close(c->pidfd);
	*c = (struct child){ .sock = -1, .pidfd = -1, .asked = c->asked };
	return status;
}

void child_ask(struct child *c)
{
	c->asked = true;
	if (c->pid > 0)
		kill(c->pid, SIGTERM);
}

void child_kill(struct child *c)
{
	if (c->pid > 0)
		kill(c->pid, SIGKILL);
}

int keeper_become(struct store *s, char **argv)
{
	sigset_t none;
	int err;

	unsetenv(STORE_KEEPER);
	err = store_export(s);
	if (err)
		return err;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return self_exec(argv, false);
}
