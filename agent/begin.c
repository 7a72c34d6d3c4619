// SPDX-License-Identifier: BSD-2-Clause
/*
 * begin.c - what a process of shuntd puts right first about what it was started with
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "begin.h"

void begin_with_descriptors(void)
{
	int null;

	do
		null = open("/dev/null", O_RDWR);
	while (null >= 0 && null <= 2);
	if (null > 2)
		close(null);
}

static void ignore(int signal)
{
}

/* A handler, not SIG_IGN: that would be inherited. */
void begin_with_signals(void)
{
	struct sigaction sa = { .sa_handler = ignore, .sa_flags = SA_RESTART };

	sigaction(SIGPIPE, &sa, NULL); /* the reader of standard error has ended */
	sigaction(SIGXFSZ, &sa, NULL); /* memory is larger than RLIMIT_FSIZE */
}
