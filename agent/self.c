// SPDX-License-Identifier: BSD-2-Clause
/*
 * self.c - the program that the processes of shuntd are, by its path
 *
 * /proc/self/exe would be the program that was started first, for ever, and its link says
 * "(deleted)" once another one has its place: so the path is found out once and handed on.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <shunt/abi.h>

#include "log.h"
#include "self.h"

#define ENV_PATH "SHUNTD_PATH"
#define ENV_ABI "SHUNTD_ABI"

static char path[PATH_MAX];
static int image = -1; /* the program that runs */

const char *self_path(void)
{
	return path;
}

void self_start(void)
{
	const char *handed_on = getenv(ENV_PATH), *abi = getenv(ENV_ABI);
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[n > 0 ? n : 0] = '\0';
	if (handed_on)
		snprintf(path, sizeof(path), "%s", handed_on);
	unsetenv(ENV_PATH);
	unsetenv(ENV_ABI);
	image = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	prctl(PR_SET_NAME, "shuntd"); /* not the number of a descriptor */
	if (!abi || atoi(abi) == SHUNT_ABI)
		return;
	log_say(LOG_ERR, "'%s' is of ABI %d, the shuntd that runs of ABI %s", path, SHUNT_ABI, abi);
	exit(SELF_OTHER_ABI);
}

int self_exec(char **argv, bool old)
{
	char abi[16];
	int err;

	snprintf(abi, sizeof(abi), "%d", SHUNT_ABI);
	if (setenv(ENV_PATH, path, 1) || setenv(ENV_ABI, abi, 1))
		return -errno;
	if (!old)
		execv(path, argv);
	fexecve(image, argv, environ);
	err = -errno;
	unsetenv(ENV_PATH);
	unsetenv(ENV_ABI);
	return err;
}
