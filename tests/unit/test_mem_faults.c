// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_mem_faults.c - what an application feels of scans: the worst of its page faults, in the
 * memory that is scanned without a pause, is as long as beside a process that only computes
 *
 * The two take turns, so that both meet the same machine. A fault takes the CPU time that the
 * application spent in it, waiting for spinning locks included; or all of the time, where it slept,
 * for which a lock is the only reason. So other processes that want the CPU are not felt. Compared
 * are the medians of the worst of each turn.
 */
/* link: lib/vmas.c lib/why.c */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../lib/vmas.h"

#define PAGE 4096
#define BATCH (256 << 10)
#define BATCHES 256
#define TURN_NS 50000000ULL
#define MOST_TURNS 200
#define TURNS (getenv("LONG") ? MOST_TURNS : 40)

/* Of both processes. */
static struct shared {
	atomic_int now; /* the turn; -1: the application is to end */
	atomic_bool is_ready, locks; /* in turns of odd numbers it locks its own memory */
	atomic_ulong worst_ns[MOST_TURNS], faults[2], slept[2];
} *shared;

static char *memory;

static uint64_t ns_of(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* Batches are mappings of their own, as neighbours differ in a flag. */
static void map_batches(void)
{
	memory = mmap(NULL, (size_t)BATCHES * BATCH, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		_exit(1);
	madvise(memory, (size_t)BATCHES * BATCH, MADV_NOHUGEPAGE);
	for (int i = 0; i < BATCHES; i += 2)
		madvise(memory + (size_t)i * BATCH, BATCH, MADV_DONTDUMP);
	memset(memory, 1, (size_t)BATCHES * BATCH);
}

struct moment {
	uint64_t wall_ns, cpu_ns;
	long sleeps;
};

static struct moment moment(void)
{
	struct rusage r;

	getrusage(RUSAGE_THREAD, &r);
	return (struct moment){ ns_of(CLOCK_MONOTONIC), ns_of(CLOCK_THREAD_CPUTIME_ID),
				r.ru_nvcsw };
}

static void fault(volatile char *at, int turn)
{
	struct moment from = moment(), to;
	uint64_t ns;

	*at = 1;
	to = moment();
	ns = to.sleeps != from.sleeps ? to.wall_ns - from.wall_ns : to.cpu_ns - from.cpu_ns;
	shared->faults[turn & 1]++;
	shared->slept[turn & 1] += to.sleeps != from.sleeps;
	if (ns > shared->worst_ns[turn])
		shared->worst_ns[turn] = ns;
}

/* What a scan must not do: the lock of all memory is taken for writing, for long. */
static void *locks(void *arg)
{
	bool write = false;

	for (; shared->now >= 0; write = !write) {
		while (shared->now >= 0 && !(shared->now & 1))
			usleep(1000);
		mprotect(memory, (size_t)BATCHES * BATCH,
			 PROT_READ | PROT_WRITE | (write ? 0 : PROT_EXEC));
	}
	return NULL;
}

/* Gives up a batch after the other, and uses it anew. */
static void __attribute__((noreturn)) application(void)
{
	pthread_t t;
	int now;

	map_batches();
	if (shared->locks)
		pthread_create(&t, NULL, locks, NULL);
	shared->is_ready = true;
	for (unsigned int b = 0; (now = shared->now) >= 0; b = (b + 1) % BATCHES) {
		char *m = memory + (size_t)b * BATCH;

		madvise(m, BATCH, MADV_DONTNEED);
		for (size_t i = 0; i < BATCH; i += PAGE)
			fault(m + i, now);
	}
	_exit(0);
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static double median_us(int turns, int kind)
{
	uint64_t worst[MOST_TURNS];
	int n = 0;

	for (int i = kind; i < turns; i += 2)
		worst[n++] = shared->worst_ns[i];
	qsort(worst, n, sizeof(worst[0]), by_size);
	return worst[n / 2] / 1e3;
}

/* As "shunt mem" does it, in another process. False: the kernel or a sandbox forbids it. */
static bool scan(pid_t pid, int pidfd)
{
	struct why why = { 0 };
	struct vmas v;
	bool fine = !vmas_read(&v, pid, &why) && vmas_cool(&v, pidfd, &why) > 0;

	if (!fine)
		print_message("%s\n", why_text(&why));
	why_forget(&why);
	vmas_free(&v);
	return fine;
}

static pid_t start(bool locks_itself)
{
	pid_t pid;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	assert_ptr_not_equal(shared, MAP_FAILED);
	shared->locks = locks_itself;
	pid = fork();
	if (!pid)
		application();
	while (!shared->is_ready)
		usleep(1000);
	return pid;
}

static void stop(pid_t pid)
{
	shared->now = -1;
	waitpid(pid, NULL, 0);
}

/* Turns; how many scans, or -1. */
static int turns(pid_t pid, bool scans)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), done = 0;

	for (int i = 0; i < TURNS && done >= 0; i++) {
		uint64_t end = ns_of(CLOCK_MONOTONIC) + TURN_NS;

		shared->now = i;
		while (ns_of(CLOCK_MONOTONIC) < end && done >= 0) {
			if (scans && i & 1)
				done = scan(pid, pidfd) ? done + 1 : -1;
		}
	}
	close(pidfd);
	return done;
}

/* Wide: on a busy machine caches and clocks change from turn to turn. */
static bool is_felt(void)
{
	double without = median_us(TURNS, 0), beside = median_us(TURNS, 1);

	print_message("the worst fault of a turn: %.0f us, and beside it %.0f us (medians); slept "
		      "in %lu of %lu faults, and %lu of %lu\n", without, beside, shared->slept[0],
		      shared->faults[0], shared->slept[1], shared->faults[1]);
	return beside > 3 * without + 200;
}

static void test_the_worst_fault_of_an_application_is_as_long_beside_scans_as_without(void **state)
{
	pid_t pid = start(false);
	int n = turns(pid, true);

	stop(pid);
	if (n < 0)
		skip();
	print_message("%d scans\n", n);
	assert_true(n >= TURNS / 2);
	assert_false(is_felt());
	munmap(shared, sizeof(*shared));
}

/* Else the test above would pass whatever scans do. */
static void test_a_lock_that_is_held_for_long_would_be_noticed(void **state)
{
	pid_t pid = start(true);

	turns(pid, false);
	stop(pid);
	assert_true(is_felt());
	munmap(shared, sizeof(*shared));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_the_worst_fault_of_an_application_is_as_long_beside_scans_as_without),
		cmocka_unit_test(test_a_lock_that_is_held_for_long_would_be_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
