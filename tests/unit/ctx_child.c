// SPDX-License-Identifier: BSD-2-Clause
/*
 * ctx_child.c - see ctx_child.h
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/ctx_child.h"

#define LIMIT_S 20

/* Signals as in a process that nobody has prepared: sanitizers and test libraries catch some. */
static void start(int out)
{
	struct rlimit none = { 0 };

	dup2(out, STDERR_FILENO);
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGSEGV, SIG_DFL);
	signal(SIGABRT, SIG_DFL);
	alarm(LIMIT_S);
}

/* An emulator has its own word to say about a death. */
static void cut_emulator(char *text)
{
	char *at = strstr(text, "qemu: uncaught");

	if (at)
		*at = '\0';
}

struct child child_run(void (*fn)(void))
{
	struct child c = { 0 };
	size_t len = 0;
	ssize_t n;
	int fd[2], status;

	if (pipe(fd))
		abort();
	c.pid = fork();
	if (c.pid < 0)
		abort();
	if (!c.pid) {
		start(fd[1]);
		fn();
		_exit(0);
	}
	close(fd[1]);
	while ((n = read(fd[0], c.text + len, sizeof(c.text) - 1 - len)) > 0)
		len += n;
	close(fd[0]);
	cut_emulator(c.text);
	if (waitpid(c.pid, &status, 0) != c.pid)
		abort();
	c.sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	c.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	return c;
}
