// SPDX-License-Identifier: BSD-2-Clause
/* agent.c - the job that is expected to be the shortest goes first, less a tenth of what it has
 * waited: in floating point, learned from events */
#include <sched.h>
#include <stdio.h>
#include <time.h>

#include <shunt/offload.h>

static struct shunt_off_view *v;
static double mean_ns[SHUNT_CLASSES];
static __u32 named[SHUNT_OFF_OBJECTS_MAX]; /* version that a decision has named */

static double ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/* How long the jobs of a class take. That they are ready or run, their objects say. */
static void learn(const struct shunt_off_event *ev)
{
	if (ev->type == SHUNT_EV_GONE && ev->cls < SHUNT_CLASSES)
		mean_ns[ev->cls] += 0.1 * (ev->arg - mean_ns[ev->cls]);
}

/* The best of what waits and has not been named; 0: there is none. */
static __u32 decide(struct shunt_off_decision *d)
{
	double least = 1e18, now = ns(), score;
	struct shunt_off_object b;

	d->obj = 0;
	for (__u32 i = 1; i < shunt_off_ctl(v)->nobjects; i++) {
		if (shunt_off_object(v, i, &b) || b.state != SHUNT_OBJ_WAITS || named[i] == b.ver)
			continue;
		score = mean_ns[b.cls % SHUNT_CLASSES] - 0.1 * (now - b.since_ns);
		if (score < least)
			least = score, d->obj = i, d->ver = b.ver, d->cls = b.cls;
	}
	return d->obj;
}

int main(int argc, char **argv)
{
	struct shunt_off_decision d = { .op = SHUNT_OP_RUN };
	struct shunt_off_event ev[64];

	v = argc == 2 ? shunt_off_join(argv[1]) : NULL;
	if (!v)
		return perror("agent SOCKET"), 1;
	while (!shunt_off_replaced(v)) {
		int n = shunt_off_poll(v, ev, 64);

		for (int i = 0; i < n; i++)
			learn(&ev[i]);
		for (d.core = 0; d.core < shunt_off_ctl(v)->nslots; d.core++) {
			if (shunt_off_staged(v, d.core) || !decide(&d))
				continue;
			named[d.obj] = d.ver;
			shunt_off_stage(v, d.core, &d);
			shunt_off_ring(v, 1ULL << d.core);
		}
		if (!n)
			sched_yield();
	}
	return 0;
}
