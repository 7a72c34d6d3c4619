/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched.h - a scheduler in 100 lines: round robin, requests resume on whichever thread is free
 *
 * For tests of what may be stopped and when. Contexts are ucontext's. A context that leaves is put
 * into the queue by whoever runs next on its thread: before that, its registers are not all saved.
 */
#pragma once

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <shunt/abi.h>

#include "hostlib/preempt.h"

#define SCHED_THREADS 2
#define SCHED_REQS 8
#define SCHED_STACK (256 * 1024)

struct sched_req {
	ucontext_t ctx;
	void (*fn)(struct sched_req *);
	char *stack;
	int id;
	int32_t tid;             /* thread that ran it last */
	bool over;
	bool stay;               /* resume it on tid only */
	uint64_t moved;          /* resumed on another thread than before */
	uint64_t parked[2];      /* by way */
	uint64_t stayed;         /* of these: had to stay on their thread */
	uint64_t work;           /* the test's own */
};

struct sched_thread {
	ucontext_t ctx;
	struct sched_req *run;   /* what it runs, or what has just left */
	volatile uint32_t mark;
	char alt[32 * 1024];     /* its alternate signal stack */
	_Atomic pid_t tid;
	pthread_t thread;
};

static struct sched_req sched_req[SCHED_REQS];
static struct sched_thread sched_thread[SCHED_THREADS];
static struct sched_req *sched_queue[SCHED_REQS];
static unsigned int sched_head, sched_len;
static atomic_flag sched_lock = ATOMIC_FLAG_INIT;
static _Atomic int sched_left;
static _Thread_local struct sched_thread *sched_self;

/* Each access anew: the caller may be on another thread than before. */
static __attribute__((noinline)) struct sched_thread *sched_me(void)
{
	__asm__ volatile("" : : : "memory");
	return sched_self;
}

static void sched_push(struct sched_req *r)
{
	while (atomic_flag_test_and_set(&sched_lock))
		sched_yield();
	sched_queue[(sched_head + sched_len++) % SCHED_REQS] = r;
	atomic_flag_clear(&sched_lock);
}

/* The first that may run on this thread; what may not goes round. */
static struct sched_req *sched_pop(int32_t tid)
{
	struct sched_req *r = NULL;

	while (atomic_flag_test_and_set(&sched_lock))
		sched_yield();
	for (unsigned int i = sched_len; i && !r; i--) {
		r = sched_queue[sched_head];
		sched_head = (sched_head + 1) % SCHED_REQS;
		if (r->stay && r->tid != tid) {
			sched_queue[(sched_head + sched_len - 1) % SCHED_REQS] = r;
			r = NULL;
		} else {
			sched_len--;
		}
	}
	atomic_flag_clear(&sched_lock);
	return r;
}

static void preempt_point(enum preempt_way way)
{
	struct sched_thread *t = sched_me();
	struct sched_req *r = t->run;

	if (!t->mark) /* taken already */
		return;
	t->mark = 0;
	r->parked[way]++;
	r->stay = way == PREEMPT_SIGNAL && shunt_tls.stay;
	r->stayed += r->stay;
	swapcontext(&r->ctx, &t->ctx);
	errno = EBADMSG; /* the scheduler's; not for the request to see */
}

static void sched_entry(void)
{
	struct sched_req *r = sched_me()->run;

	preempt_request_begin();
	r->fn(r);
	preempt_request_end();
	r->over = true;
	swapcontext(&r->ctx, &sched_me()->ctx);
}

static void *sched_main(void *arg)
{
	struct sched_thread *t = arg;
	stack_t alt = { .ss_sp = t->alt, .ss_size = sizeof(t->alt) };

	sched_self = t;
	sigaltstack(&alt, NULL);
	preempt_worker_begin(&t->mark, preempt_point);
	atomic_store(&t->tid, syscall(SYS_gettid));
	while (atomic_load(&sched_left)) {
		struct sched_req *r = sched_pop(t->tid);

		if (!r) {
			sched_yield();
			continue;
		}
		t->mark = 0;
		r->moved += r->tid && r->tid != t->tid;
		r->tid = t->tid;
		t->run = r;
		swapcontext(&t->ctx, &r->ctx);
		if (r->over)
			atomic_fetch_sub(&sched_left, 1);
		else
			sched_push(r);
	}
	preempt_worker_end();
	atomic_store(&t->tid, 0);
	return NULL;
}

static void sched_add(int id, void (*fn)(struct sched_req *))
{
	struct sched_req *r = &sched_req[id];

	free(r->stack);
	memset(r, 0, sizeof(*r));
	r->id = id;
	r->fn = fn;
	r->stack = malloc(SCHED_STACK);
	getcontext(&r->ctx);
	r->ctx.uc_stack.ss_sp = r->stack;
	r->ctx.uc_stack.ss_size = SCHED_STACK;
	makecontext(&r->ctx, sched_entry, 0);
	sched_left++;
	sched_push(r);
}

/*
 * Runs what was added to its end on nthreads threads, while this one marks and, if it shall,
 * signals them all the time: every gap_us, with a random part.
 */
static void sched_run(int nthreads, bool signals, unsigned int gap_us)
{
	uint32_t random = 12345;

	for (int i = 0; i < nthreads; i++)
		pthread_create(&sched_thread[i].thread, NULL, sched_main, &sched_thread[i]);
	while (atomic_load(&sched_left)) {
		for (int i = 0; i < nthreads; i++) {
			pid_t tid = atomic_load(&sched_thread[i].tid);

			random = random * 1664525 + 1013904223;
			if (!tid)
				continue;
			sched_thread[i].mark = 1;
			if (signals)
				syscall(SYS_tgkill, getpid(), tid, SHUNT_SIGNAL);
		}
		usleep(gap_us + (random >> 16) % (gap_us + 1));
	}
	for (int i = 0; i < nthreads; i++)
		pthread_join(sched_thread[i].thread, NULL);
}

static inline uint64_t sched_sum_parked(enum preempt_way way)
{
	uint64_t n = 0;

	for (int i = 0; i < SCHED_REQS; i++)
		n += sched_req[i].parked[way];
	return n;
}

static inline uint64_t sched_sum_moved(void)
{
	uint64_t n = 0;

	for (int i = 0; i < SCHED_REQS; i++)
		n += sched_req[i].moved;
	return n;
}
