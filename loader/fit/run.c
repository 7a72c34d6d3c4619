// SPDX-License-Identifier: BSD-2-Clause
/*
 * run.c - runs ethtool(8) or another program of the system, and keeps what it prints
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

#define SAID_MOST (1 << 20) /* a table of 4,096 entries is 30 KiB */

/* A user's PATH may lack the folders in which ethtool is. */
static const char *const folders[] = { "/usr/sbin", "/sbin", "/usr/bin", "/bin" };

/* Names of interfaces and numbers are the same in each language; the words between are not. */
static char *const environment[] = { "LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

static int start(const char *const *args, posix_spawn_file_actions_t *files, pid_t *pid)
{
	char path[256];
	int err = posix_spawnp(pid, args[0], files, NULL, (char *const *)args, environment);

	for (size_t i = 0; err == ENOENT && i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], args[0]);
		err = posix_spawn(pid, path, files, NULL, (char *const *)args, environment);
	}
	return -err;
}

static char *read_all(int fd)
{
	char chunk[4096], *text = NULL;
	size_t len, sum = 0;
	FILE *out = open_memstream(&text, &len);
	ssize_t n;

	/* What is beyond the limit is read, too, lest the program wait for a reader. */
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 || (n < 0 && errno == EINTR)) {
		if (out && n > 0 && sum < SAID_MOST)
			sum += fwrite(chunk, 1, n, out);
	}
	if (out)
		fclose(out);
	return text;
}

int fit_run(const char *const *args, char **said)
{
	posix_spawn_file_actions_t files;
	int ends[2], status = 0, err;
	pid_t pid;

	*said = NULL;
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, ends[1], 1);
	posix_spawn_file_actions_adddup2(&files, ends[1], 2);
	err = start(args, &files, &pid);
	posix_spawn_file_actions_destroy(&files);
	close(ends[1]);
	if (!err) {
		*said = read_all(ends[0]);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
	return err ? err : status != 0;
}

int fit_run_fail(struct why *why, const char *const *args, int err, const char *said)
{
	const char *end, *begin;

	if (err < 0)
		return why_fail(why, err, "'%s' cannot be run: %s", args[0], strerror(-err));
	end = said ? said + strlen(said) : NULL;
	while (end && end > said && end[-1] == '\n')
		end--;
	begin = end;
	while (begin && begin > said && begin[-1] != '\n')
		begin--;
	if (begin == end)
		return why_fail(why, -EIO, "'%s' failed and said nothing", args[0]);
	return why_fail(why, -EIO, "%.*s", (int)(end - begin), begin);
}
