// SPDX-License-Identifier: BSD-2-Clause
/* mechanism.c - two cores run jobs: those that an agent names, else in order of arrival */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <shunt/offload.h>

#define CORES 2
#define JOBS 256 /* objects 1 to 255: those of odd numbers are long, and class 1 */

static struct shunt_off *o;

static __u64 ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* The next state of a job that this thread has claimed; each thread has a queue of events. */
static __u32 tell(unsigned int queue, __u32 obj, int state, int type, __u64 arg)
{
	struct shunt_off_object as = { .state = state, .cls = obj & 1, .since_ns = ns() };
	struct shunt_off_event ev = { .type = type, .obj = obj, .cls = obj & 1, .arg = arg,
				      .core = queue, .ver = shunt_off_publish(o, obj, &as) };

	shunt_off_emit(o, queue, &ev);
	return ev.ver;
}

static void run(unsigned int core, __u32 obj)
{
	__u32 ver = tell(core, obj, SHUNT_OBJ_RUNS, SHUNT_EV_RUNS, 0);
	__u64 begin = ns();

	while (ns() - begin < (obj & 1 ? 200000 : 10000))
		; /* the work */
	shunt_off_claim(o, obj, ver);
	tell(core, obj, SHUNT_OBJ_NONE, SHUNT_EV_GONE, ns() - begin);
}

/* The object that has been in this state the longest, claimed. 0: none, or others were faster. */
static __u32 oldest(int state)
{
	struct shunt_off_object b, best = { .since_ns = ~0ULL };
	__u32 at = 0;

	for (__u32 i = 1; i < JOBS; i++) {
		if (!shunt_off_look(o, i, &b) && b.state == state && b.since_ns < best.since_ns)
			best = b, at = i;
	}
	return at && !shunt_off_claim(o, at, best.ver) ? at : 0;
}

static void *core(void *number)
{
	unsigned int i = (unsigned long)number;
	struct shunt_off_decision d;

	for (;;) {
		int taken = shunt_off_take(o, i, &d);
		__u32 obj = taken && d.obj ? d.obj : oldest(SHUNT_OBJ_WAITS);

		if (taken && !obj)
			shunt_off_untake(o, i, SHUNT_OFF_STALE); /* "the head", of nothing */
		else if (obj && !taken)
			shunt_off_fallback(o, i);
		if (obj)
			run(i, obj);
		else
			shunt_off_wait(o, i, 50000);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct shunt_off_sizes sizes = { SHUNT_OFF_THREADS, CORES + 1, CORES, JOBS, 2 };
	__u64 n[SHUNT_OFF_VERDICTS + 1], came = 0, end;
	struct timespec nap = { .tv_nsec = 50000 };
	pthread_t t;
	__u32 obj;

	o = argc == 3 ? shunt_off_open(&sizes) : NULL;
	if (!o || shunt_off_listen(o, argv[1]) < 0)
		return perror("mechanism SOCKET SECONDS"), 1;
	for (unsigned long i = 0; i < CORES; i++)
		pthread_create(&t, NULL, core, (void *)i);
	for (end = ns() + 1000000000ULL * atoi(argv[2]); ns() < end; nanosleep(&nap, NULL)) {
		shunt_off_accept(o);
		if ((obj = oldest(SHUNT_OBJ_NONE)) && ++came)
			tell(CORES, obj, SHUNT_OBJ_WAITS, SHUNT_EV_READY, 0);
	}
	do
		shunt_off_counts(o, n);
	while (n[SHUNT_OFF_TAKEN] + n[SHUNT_OFF_VERDICTS] < came);
	printf("%llu jobs: %llu by decisions, %llu by the fallback; %llu stale, %llu refused\n",
	       came, n[SHUNT_OFF_TAKEN], n[SHUNT_OFF_VERDICTS], n[SHUNT_OFF_STALE],
	       n[SHUNT_OFF_REFUSED]);
	return 0;
}
