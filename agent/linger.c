// SPDX-License-Identifier: BSD-2-Clause
/*
 * linger.c - a process that keeps descriptors for the next shuntd, after ours has ended
 */
#include <fcntl.h>
#include <unistd.h>

#include "linger.h"
#include "store.h"

bool linger_is_of_use(const struct store *s)
{
	const char *name;
	int fd;

	for (unsigned int i = 0; store_at(s, i, &name, &fd); i++) {
		if (name[0] == 'd')
			return true;
	}
	return false;
}

/* Lets go of stdin, stdout and stderr: a process that reads them may wait for us to end. */
static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	for (int fd = 0; null >= 0 && fd <= 2; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

pid_t linger_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		leave_terminal();
	return pid;
}
