// SPDX-License-Identifier: BSD-2-Clause
/*
 * spawn.c - runs a program in a temporary directory and keeps what it says
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn.h"

#define SAID_MAX (64 << 10) /* of a compiler's words: more helps nobody */

int workdir_make(struct workdir *dir)
{
	const char *tmp = secure_getenv("TMPDIR");
	int n = snprintf(dir->path, sizeof(dir->path), "%s/shunt-XXXXXX", tmp ? tmp : "/tmp"), err;

	if (n < 0 || (size_t)n >= sizeof(dir->path))
		return -ENAMETOOLONG;
	if (!mkdtemp(dir->path))
		return -errno;
	dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd >= 0)
		return 0;
	err = -errno;
	rmdir(dir->path);
	return err;
}

void workdir_remove(struct workdir *dir)
{
	struct dirent *entry;
	DIR *list = fdopendir(dir->fd);

	while (list && (entry = readdir(list)))
		unlinkat(dirfd(list), entry->d_name, 0);
	if (list)
		closedir(list);
	else
		close(dir->fd);
	rmdir(dir->path);
}

/* In the child. Errors of exec reach the parent through report, which exec closes otherwise. */
static void __attribute__((noreturn)) child(const struct workdir *dir, const char *const *args,
					    int out, int report)
{
	static const int back[] = { SIGINT, SIGTERM, SIGHUP };
	int null = open("/dev/null", O_RDONLY), err;

	for (size_t i = 0; i < sizeof(back) / sizeof(back[0]); i++)
		signal(back[i], SIG_DFL);
	if (null >= 0 && dup2(null, 0) >= 0 && dup2(out, 1) >= 0 && dup2(out, 2) >= 0 &&
	    !fchdir(dir->fd) && !setenv("TMPDIR", dir->path, 1) && !setenv("LC_ALL", "C", 1))
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
