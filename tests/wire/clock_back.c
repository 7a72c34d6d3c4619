// SPDX-License-Identifier: BSD-2-Clause
/*
 * clock_back.c - for LD_PRELOAD: the wall clock of a machine that was set back by a day; what runs
 * since it started is as it is
 */
#include <dlfcn.h>
#include <time.h>

#define DAY 86400

int clock_gettime(clockid_t clock, struct timespec *t)
{
	int (*real)(clockid_t, struct timespec *) =
		(int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	int err = real(clock, t);

	if (!err && clock == CLOCK_REALTIME)
		t->tv_sec -= DAY;
	return err;
}
