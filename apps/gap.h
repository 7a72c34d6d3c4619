/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gap.h - a server's threads note when their CPU was taken away, for shunt-load (gap_log.h)
 *
 * A thread that never sleeps looks at the clock all the time. Two looks too far apart are a gap. A
 * thread that did not call gap_thread() notes nothing, at the price of one comparison a look.
 */
#pragma once

#include <stdbool.h>

/* Makes the file; whole: gap_log.h. 0 or -errno. */
int gap_open(const char *path, bool whole);

void gap_thread(unsigned int nr); /* this thread is number nr, and notes from here on */
void gap_idle(void);              /* nothing to do: looks */
void gap_work(void);              /* in the middle of a request: looks */
void gap_served(void);            /* a request has ended: looks */
void gap_received(unsigned int n); /* n requests came by one system call: looks */
void gap_sent(unsigned int n);    /* n replies left by one system call: looks */
/* the thread slept, or did something whose length is not known: not a gap */
void gap_slept(void);
