// SPDX-License-Identifier: BSD-2-Clause
/*
 * keeper.c - holds memory and sockets, starts the agent, starts it again
 *
 * It does nothing else, so that it has no reason to die. If it is killed, the agent takes its
 * place: it has the same descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "keeper.h"
#include "log.h"
#include "self.h"

#define QUICK_MS 300       /* an agent that lives no longer than this died at once */
#define BACKOFF_MAX_MS 1000 /* workers wait longer than this for an answer */
#define REAP_MS 1000       /* between the end of a process's descriptors and its end */
#define TAKE_S 5           /* the keeper takes a descriptor in this time, or is as good as dead */

struct keeper {
	struct store *store;
	char **argv;
	int signals;
	int agent;   /* socket to the agent */
	int pidfd;   /* the agent */
	pid_t pid;
	bool stop;   /* SIGTERM came */
	bool old;    /* the program that has our path now is of another ABI */
};

static unsigned long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

/* In the child. Signals were blocked for the keeper's signalfd: the agent starts without that. */
static void become_agent(struct keeper *k, int keeper)
{
	char number[16];
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	snprintf(number, sizeof(number), "%d", keeper);
	fcntl(keeper, F_SETFD, 0);
	if (!setenv(STORE_KEEPER, number, 1) && !store_export(k->store))
		errno = -self_exec(k->argv, k->old);
	say(LOG_ERR, "cannot start the agent: %m");
	_exit(EXIT_FAILURE);
}

static int start(struct keeper *k)
{
	struct timeval limit = { .tv_sec = TAKE_S };
	int ends[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	setsockopt(ends[1], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	k->pid = fork();
	if (!k->pid)
		become_agent(k, ends[1]);
	err = k->pid < 0 ? -errno : 0;
	close(ends[1]);
	k->agent = ends[0];
	k->pidfd = err ? -1 : pidfd_open(k->pid, 0);
	if (!err && k->pidfd < 0)
		err = -errno;
	return err;
}

static void take_signals(struct keeper *k)
{
	struct signalfd_siginfo info;

	while (read(k->signals, &info, sizeof(info)) == sizeof(info)) {
		k->stop = true;
		if (k->pid > 0)
			kill(k->pid, SIGTERM);
	}
}

/* Until the agent is dead. False: it lives, but has left us, as it thought that we were dead. */
static bool serve(struct keeper *k)
{
	for (;;) {
		struct pollfd p[] = { { .fd = k->agent, .events = POLLIN },
				      { .fd = k->signals, .events = POLLIN },
				      { .fd = k->pidfd, .events = POLLIN } };

		if (poll(p, 3, -1) < 0)
			continue;
		if (p[1].revents)
			take_signals(k);
		/* What it had handed over before it died comes first. */
		if (p[0].revents && store_receive(k->store, k->agent))
			return poll(&p[2], 1, REAP_MS) == 1;
		if (p[2].revents && !p[0].revents)
			return true;
	}
}

/* Waits before the next start, but not for one who wants us to stop. */
static void back_off(struct keeper *k, unsigned int ms)
{
	struct pollfd p = { .fd = k->signals, .events = POLLIN };

	if (ms && poll(&p, 1, ms) > 0)
		take_signals(k);
}

static int next_backoff(int ms, unsigned long long lived_ms)
{
	if (lived_ms > QUICK_MS)
		return 0;
	ms = ms ? 2 * ms : 50;
	return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}

int keeper_run(struct store *s, char **argv)
{
	struct keeper k = { .store = s, .argv = argv };
	unsigned long long started;
	int status = 0, backoff = 0, err;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	k.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (k.signals < 0) {
		say(LOG_ERR, "cannot make a signalfd: %m");
		return EXIT_FAILURE;
	}
	while (!k.stop) {
		started = now_ms();
		err = start(&k);
		if (err) {
			say(LOG_ERR, "cannot start the agent: %s", strerror(-err));
			return EXIT_FAILURE;
		}
		if (!serve(&k)) {
			say(LOG_WARNING, "agent %d took over as keeper", k.pid);
			return KEEPER_REPLACED;
		}
		waitpid(k.pid, &status, 0);
		k.pid = 0;
		close(k.agent);
		close(k.pidfd);
		if (WIFEXITED(status) && WEXITSTATUS(status) == SELF_OTHER_ABI && !k.old) {
			say(LOG_WARNING, "going on with the program that '%s' was", self_path());
			k.old = true;
			continue;
		}
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		backoff = next_backoff(backoff, now_ms() - started);
		say(LOG_ERR, "the agent died of signal %d; starting it again%s", WTERMSIG(status),
		    backoff ? " after a while" : "");
		back_off(&k, backoff);
	}
	return EXIT_SUCCESS;
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
