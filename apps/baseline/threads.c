// SPDX-License-Identifier: BSD-2-Clause
/*
 * threads.c - the threads that serve, a CPU each
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "../gap.h"
#include "../work.h"
#include "baseline.h"

struct app app;
volatile sig_atomic_t stop;

int complain(const char *what)
{
	fprintf(stderr, PROGRAM ": %s: %s\n", what, strerror(errno));
	return 1;
}

int pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

struct thread {
	const struct options *o;
	void (*fn)(const struct options *o, int nr);
	int nr;
};

static void *begin(void *arg)
{
	struct thread *t = arg;

	if (pin(t->o->cpu[t->nr]))
		complain("cannot use that CPU");
	gap_thread(t->nr);
	t->fn(t->o, t->nr);
	return NULL;
}

static void say_serving(void)
{
	if (app.kv)
		fprintf(stderr, PROGRAM ": serving\n");
	else
		fprintf(stderr, PROGRAM ": serving, 1 us of work is %.1f steps\n",
			work_steps_per_us());
}

int threads_run(const struct options *o, int first, void (*fn)(const struct options *o, int nr))
{
	struct thread t[THREADS_MAX];
	pthread_t id[THREADS_MAX];
	int n = first, err = 0;

	for (; n < o->cpus && !err; n++) {
		t[n] = (struct thread){ o, fn, n };
		err = pthread_create(&id[n], NULL, begin, &t[n]);
	}
	if (err) {
		stop = 1;
		n--;
	} else {
		say_serving();
	}
	for (int i = first; i < n; i++)
		pthread_join(id[i], NULL);
	errno = err;
	return err ? complain("cannot make a thread") : 0;
}
