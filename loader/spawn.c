// SPDX-License-Identifier: BSD-2-Clause
/*
 * spawn.c - runs a compiler in its folder and keeps what it says
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn.h"

#define SAID_MAX (64 << 10) /* of a compiler's words: more helps nobody */

/*
 * With the rights of a user that nobody is, and without what root's environment says; see
 * workdir.c. Memory and time are bounded, as the source is not ours.
 */
static int give_up_rights(const struct workdir *dir)
{
	const struct rlimit seconds = { 120, 120 }, bytes = { 64 << 20, 64 << 20 };
	char path[PATH_MAX];
	const char *where = getenv("PATH");

	/* Capabilities that somebody else than root has and would pass on. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) && errno != EINVAL)
		return -1;
	if (!dir->uid)
		return 0;
	snprintf(path, sizeof(path), "%s", where ? where : "/usr/bin:/bin");
	if (clearenv() || setenv("PATH", path, 1) || setrlimit(RLIMIT_CPU, &seconds) ||
	    setrlimit(RLIMIT_FSIZE, &bytes) || setgroups(0, NULL) || setresgid(dir->uid, dir->uid, dir->uid) ||
	    setresuid(dir->uid, dir->uid, dir->uid))
		return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* In the child. Errors of exec reach the parent through report, which exec closes otherwise. */
static void __attribute__((noreturn)) child(const struct workdir *dir, const char *const *args,
					    int out, int report)
{
	static const int back[] = { SIGINT, SIGTERM, SIGHUP };
	int null = open("/dev/null", O_RDONLY), err;
	char tmp[sizeof(dir->path) + 8];

	for (size_t i = 0; i < sizeof(back) / sizeof(back[0]); i++)
		signal(back[i], SIG_DFL);
	snprintf(tmp, sizeof(tmp), "%s/out", dir->path);
	if (null >= 0 && dup2(null, 0) >= 0 && dup2(out, 1) >= 0 && dup2(out, 2) >= 0 &&
	    !fchdir(dir->fd) && !give_up_rights(dir) && !setenv("TMPDIR", tmp, 1) && !setenv("LC_ALL", "C", 1))
		execvp(args[0], (char *const *)args);
	err = errno;
	if (write(report, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

/* Signals that end us wait until the child, which gets them too, is dead and its files removed. */
static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	if (WIFSIGNALED(status))
		return -EINTR;
	return WEXITSTATUS(status) ? 1 : 0;
}

static char *read_all(int fd)
{
	char *text = calloc(1, SAID_MAX + 1);

	if (text && pread(fd, text, SAID_MAX, 0) < 0)
		text[0] = '\0';
	return text;
}

int spawn_run(const struct workdir *dir, const char *const *args, char **said)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, was[3];
	static const int held[] = { SIGINT, SIGTERM, SIGHUP };
	int out = memfd_create("said", MFD_CLOEXEC), report[2], exec_err = 0, err;
	pid_t pid;

	if (out < 0 || pipe2(report, O_CLOEXEC)) {
		err = -errno;
		if (out >= 0)
			close(out);
		return err;
	}
	for (int i = 0; i < 3; i++)
		sigaction(held[i], &ignore, &was[i]);
	pid = fork();
	if (!pid)
		child(dir, args, out, report[1]);
	err = pid < 0 ? -errno : 0;
	close(report[1]);
	if (!err && read(report[0], &exec_err, sizeof(exec_err)) == sizeof(exec_err))
		err = -exec_err;
	close(report[0]);
	if (pid > 0) {
		int ended = wait_for(pid);

		err = err ? err : ended;
	}
	for (int i = 0; i < 3; i++)
		sigaction(held[i], &was[i], NULL);
	*said = read_all(out);
	close(out);
	return err;
}
