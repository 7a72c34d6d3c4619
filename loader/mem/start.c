// SPDX-License-Identifier: BSD-2-Clause
/*
 * start.c - a program whose memory is looked at from its beginning on, in batches (split/split.c)
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mem.h"
#include "split/split.h"

/* Before the libraries that the environment names already. */
static int preload(const char *split)
{
	const char *others = getenv("LD_PRELOAD");
	char list[8192];

	if ((size_t)snprintf(list, sizeof(list), "%s%s%s", split, others ? ":" : "",
			     others ? others : "") >= sizeof(list))
		return -1;
	return setenv("LD_PRELOAD", list, 1);
}

static int set_number(const char *name, unsigned int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	return setenv(name, text, 1);
}

/* In the child; the parent hears of what went wrong, and of nothing where exec closes report. */
static void __attribute__((noreturn))
child(const char *split, unsigned int batch_kib, char *const *args, int go, int report)
{
	sigset_t none;
	int err = 0;
	char c;

	if (read(go, &c, 1) != 1)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!preload(split) && !set_number(SPLIT_PID, getpid()) &&
	    !set_number(SPLIT_KIB, batch_kib))
		execvp(args[0], args);
	err = errno;
	if (write(report, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

int mem_program_start(struct mem_program *p, const char *split, unsigned int batch_kib,
		      char *const *args, struct why *why)
{
	int go[2], report[2], err;

	if (pipe2(go, O_CLOEXEC))
		return why_fail(why, -errno, "cannot make a pipe: %s", strerror(errno));
	if (pipe2(report, O_CLOEXEC)) {
		err = -errno;
		close(go[0]);
		close(go[1]);
		return why_fail(why, err, "cannot make a pipe: %s", strerror(-err));
	}
	p->pid = fork();
	if (!p->pid) {
		close(go[1]);
		child(split, batch_kib, args, go[0], report[1]);
	}
	err = p->pid < 0 ? -errno : 0;
	close(go[0]);
	close(report[1]);
	p->go = go[1];
	p->report = report[0];
	if (!err)
		return 0;
	mem_program_drop(p);
	return why_fail(why, err, "cannot start a process: %s", strerror(-err));
}

int mem_program_go(struct mem_program *p, const char *name, struct why *why)
{
	int err = write(p->go, "", 1) == 1 ? 0 : errno;

	if (!err && read(p->report, &err, sizeof(err)) != sizeof(err))
		err = 0;
	close(p->go);
	close(p->report);
	p->go = p->report = -1;
	if (!err)
		return 0;
	mem_program_wait(p);
	return why_fail(why, -err, "cannot execute '%s': %s", name, strerror(err));
}

int mem_program_wait(struct mem_program *p)
{
	int status = 0;

	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	p->pid = -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void mem_program_drop(struct mem_program *p)
{
	if (p->go >= 0)
		close(p->go); /* it reads the end of it, and exits */
	if (p->report >= 0)
		close(p->report);
	p->go = p->report = -1;
	if (p->pid > 0)
		mem_program_wait(p);
}
