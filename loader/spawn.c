// SPDX-License-Identifier: BSD-2-Clause
/*
 * spawn.c - runs a compiler in its folder and keeps what it says
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "spawn.h"

#define SAID_MAX (64 << 10) /* of a compiler's words: more helps nobody */
#ifdef __SANITIZE_ADDRESS__
#define MEMORY RLIM_INFINITY /* its shadow is larger than any limit */
#else
#define MEMORY (1ULL << 30) /* of addresses; clang 14 needs 0.25 GiB for a policy, gcc less */
#endif

void spawn_begin(struct spawn *s, const struct workdir *dir, unsigned int seconds)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction now;

	s->dir = dir;
	s->seconds = seconds;
	sigemptyset(&s->ends);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		/* Under nohup one does not end us: blocked, it would wait all the same. */
		if (!sigaction(ends[i], NULL, &now) && now.sa_handler != SIG_IGN)
			sigaddset(&s->ends, ends[i]);
	}
	sigprocmask(SIG_BLOCK, &s->ends, &s->before);
	/* A compiler's own children are ours to wait for, should it die. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

void spawn_end(struct spawn *s)
{
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	sigprocmask(SIG_SETMASK, &s->before, NULL);
}

static int bound(int what, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(what, &now))
		return -1;
	if (now.rlim_max < most)
		most = now.rlim_max;
	now = (struct rlimit){ most, most };
	return setrlimit(what, &now);
}

/* Takes the rights of a user that nobody is, and none of root's environment;
 * see workdir.c. Memory and time are bounded, as the source is not ours. */
static int give_up_rights(const struct workdir *dir)
{
	char path[PATH_MAX];
	const char *where = getenv("PATH");

	/* Capabilities that somebody else than root has and would pass on. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) && errno != EINVAL)
		return -1;
	if (bound(RLIMIT_CPU, 120) || bound(RLIMIT_FSIZE, 64 << 20) || bound(RLIMIT_AS, MEMORY) ||
	    bound(RLIMIT_CORE, 0))
		return -1;
	if (!dir->uid)
		return 0;
	snprintf(path, sizeof(path), "%s", where ? where : "/usr/bin:/bin");
	if (clearenv() || setenv("PATH", path, 1) || setgroups(0, NULL) ||
	    setresgid(dir->uid, dir->uid, dir->uid) || setresuid(dir->uid, dir->uid, dir->uid))
		return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* In the child. Errors of exec reach the parent through report, which exec closes otherwise. */
static void __attribute__((noreturn))
child(const struct spawn *s, const char *const *args, int out, int report)
{
	int null = open("/dev/null", O_RDONLY), err;
	char tmp[sizeof(s->dir->path) + 8];

	setpgid(0, 0);
	sigprocmask(SIG_SETMASK, &s->before, NULL);
	snprintf(tmp, sizeof(tmp), "%s/out", s->dir->path);
	if (null >= 0 && dup2(null, 0) >= 0 && dup2(out, 1) >= 0 && dup2(out, 2) >= 0 &&
	    !fchdir(s->dir->fd) && !give_up_rights(s->dir) && !setenv("TMPDIR", tmp, 1) &&
	    !setenv("HOME", tmp, 1) && !setenv("LC_ALL", "C", 1) &&
	    !prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
		execvp(args[0], (char *const *)args);
	err = errno;
	if (write(report, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

/* Until it has ended: 0. A signal for us, which stays
 * pending, comes before: -EINTR; or the limit: -ETIMEDOUT. */
static int watch(const struct spawn *s, pid_t pid)
{
	long long end = (long long)(clock_ns() / 1000000) + s->seconds * 1000LL, left;
	struct pollfd fds[] = { { syscall(SYS_pidfd_open, pid, 0), POLLIN, 0 },
				{ signalfd(-1, &s->ends, SFD_CLOEXEC), POLLIN, 0 } };
	int err = fds[0].fd < 0 || fds[1].fd < 0 ? -errno : 1;

	while (err > 0) {
		left = end - (long long)(clock_ns() / 1000000);
		if (poll(fds, 2, left > 0 ? left : 0) < 0)
			err = errno == EINTR ? 1 : -errno;
		else if (fds[0].revents)
			err = 0;
		else if (fds[1].revents)
			err = -EINTR;
		else if (left <= 0)
			err = -ETIMEDOUT;
	}
	for (int i = 0; i < 2; i++) {
		if (fds[i].fd >= 0)
			close(fds[i].fd);
	}
	return err;
}

/* Ends all processes of the group, and returns the status once
 * none is left: only then nothing writes into the folder any more. */
static int reap(pid_t pid)
{
	siginfo_t info;
	int status = 0, one;
	pid_t ended;

	kill(-pid, SIGKILL);
	while (waitid(P_PID, pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	kill(-pid, SIGKILL); /* the number is its own still */
	while ((ended = waitpid(-pid, &one, 0)) > 0 || errno == EINTR) {
		if (ended == pid)
			status = one;
	}
	return status;
}

static char *read_all(int fd, int status)
{
	char *text = calloc(1, SAID_MAX + 64);
	ssize_t n = text ? pread(fd, text, SAID_MAX, 0) : 0;

	if (text && WIFSIGNALED(status))
		snprintf(text + (n > 0 ? n : 0), 64, "\nerror: it was ended by signal %d",
			 WTERMSIG(status));
	return text;
}

int spawn_run(const struct spawn *s, const char *const *args, char **said)
{
	int out = memfd_create("said", MFD_CLOEXEC), report[2], exec_err = 0, err, status = 0;
	pid_t pid;

	if (out < 0 || pipe2(report, O_CLOEXEC)) {
		err = -errno;
		if (out >= 0)
			close(out);
		return err;
	}
	pid = fork();
	if (!pid)
		child(s, args, out, report[1]);
	err = pid < 0 ? -errno : 0;
	close(report[1]);
	if (!err) {
		setpgid(pid, pid); /* here and in the child: the first one does it */
		if (read(report[0], &exec_err, sizeof(exec_err)) == sizeof(exec_err))
			err = -exec_err;
		else
			err = watch(s, pid);
		status = reap(pid);
	}
	close(report[0]);
	*said = read_all(out, status);
	close(out);
	return err ? err : status != 0;
}
