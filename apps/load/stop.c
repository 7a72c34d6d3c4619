// SPDX-License-Identifier: BSD-2-Clause
/*
 * stop.c - a signal ends the run: the measurements until then are reported
 */
#include "load.h"

volatile sig_atomic_t load_stop;

static void on_signal(int sig)
{
	load_stop = 1;
}

void stop_by_signals(void)
{
	struct sigaction on_end = { .sa_handler = on_signal };

	sigaction(SIGINT, &on_end, NULL);
	sigaction(SIGTERM, &on_end, NULL);
}
