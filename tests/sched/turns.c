// SPDX-License-Identifier: BSD-2-Clause
/*
 * turns.c - threads that spin, and threads that wake: by counts, who ran before whom
 *
 *   turns first SPINNERS WAKES CPU   on one CPU, spinners of nice 10 and a thread that is woken:
 *                                    how many stints of spinners begin between a wake-up and
 *                                    the woken thread's run
 *   turns mix SECONDS SHORT LONG     short ones sleep a millisecond and work a little, long ones
 *                                    (nice 10) spin: how often the least of each had its turn
 *   turns move TIMES CPUS            spinners whose affinity changes all the time, each to one
 *                                    CPU: whether each runs where it may
 *   turns spin SECONDS N             spins N times over, at the nice value that it was given
 *
 * Prints one line of JSON. Times end a run, and are no result: a guest's clock means nothing.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 256

/* A line a process: written by it alone. */
static struct line {
	unsigned long n;
	unsigned long pad[7];
} *lines;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void nap_us(long us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&t, NULL);
}

static void work(void)
{
	for (volatile int i = 0; i < 20000; i++)
		;
}

/* As fork(); the child dies with its parent. */
static pid_t start(void)
{
	pid_t pid = fork();

	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		perror("sched_setaffinity");
		_exit(1);
	}
}

static unsigned long switches(void)
{
	struct rusage r;

	getrusage(RUSAGE_THREAD, &r);
	return r.ru_nivcsw + r.ru_nvcsw;
}

/* Counts its stints: it was off its CPU if the kernel has switched it since it last looked. */
static void spin_for_ever(struct line *mine)
{
	unsigned long last = switches() - 1, is;

	for (;;) {
		is = switches();
		if (is != last)
			__atomic_fetch_add(&mine->n, 1, __ATOMIC_SEQ_CST);
		last = is;
		work();
	}
}

static unsigned long sum_of(int from, int n)
{
	unsigned long sum = 0;

	for (int i = from; i < from + n; i++)
		sum += __atomic_load_n(&lines[i].n, __ATOMIC_SEQ_CST);
	return sum;
}

static unsigned long least_of(int from, int n)
{
	unsigned long least = ~0UL, is;

	for (int i = from; i < from + n; i++) {
		is = __atomic_load_n(&lines[i].n, __ATOMIC_SEQ_CST);
		least = is < least ? is : least;
	}
	return n ? least : 0;
}

static void kill_all(const pid_t *pids, int n)
{
	for (int i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

static int run_first(int spinners, int wakes, int cpu)
{
	unsigned long before, stints, sum = 0, most = 0, at_once = 0;
	pid_t pids[MOST];
	int to[2], done[2];
	char byte = 0;

	if (spinners >= MOST || pipe(to) || pipe(done))
		return 1;
	pin(cpu);
	for (int i = 0; i < spinners; i++) {
		pids[i] = start();
		if (!pids[i]) {
			setpriority(PRIO_PROCESS, 0, 10);
			spin_for_ever(&lines[i]);
		}
	}
	pids[spinners] = start();
	if (!pids[spinners]) { /* the one that is woken */
		while (read(to[0], &byte, 1) == 1) {
			lines[spinners].n = sum_of(0, spinners);
			if (write(done[1], &byte, 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	while (!least_of(0, spinners)) /* all spin */
		nap_us(1000);
	for (int i = 0; i < wakes; i++) {
		before = sum_of(0, spinners);
		if (write(to[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 1)
			return 1;
		stints = lines[spinners].n - before;
		sum += stints;
		most = stints > most ? stints : most;
		at_once += !stints;
		nap_us(2000);
	}
	printf("{\"wakes\":%d,\"stints_between\":%lu,\"most\":%lu,\"at_once\":%lu,"
	       "\"least_stints\":%lu}\n", wakes, sum, most, at_once, least_of(0, spinners));
	fflush(stdout);
	kill_all(pids, spinners + 1);
	return 0;
}

static int run_mix(int seconds, int shorts, int longs)
{
	double end = now() + seconds;
	pid_t pids[MOST];

	if (shorts + longs >= MOST)
		return 1;
	for (int i = 0; i < shorts + longs; i++) {
		pids[i] = start();
		if (pids[i])
			continue;
		if (i >= shorts) {
			setpriority(PRIO_PROCESS, 0, 10);
			spin_for_ever(&lines[i]);
		}
		for (;;) {
			nap_us(1000);
			work();
			lines[i].n++;
		}
	}
	/* On a slow machine until each had its turn, five times as long at most. */
	while (now() < end || (!least_of(0, shorts + longs) && now() < end + 4 * seconds))
		nap_us(50000);
	printf("{\"short\":%lu,\"least_short\":%lu,\"long\":%lu,\"least_long\":%lu}\n",
	       sum_of(0, shorts), least_of(0, shorts), sum_of(shorts, longs),
	       least_of(shorts, longs));
	fflush(stdout);
	kill_all(pids, shorts + longs);
	return 0;
}

/* Looks where it runs. "where" has the CPU that it was moved to, modulo MOST, and the number of the
 * move, once the kernel has moved it; 0 while it does. */
static void look_for_ever(struct line *looks, struct line *elsewhere, const struct line *where)
{
	unsigned long before, after;
	int cpu;

	for (;;) {
		before = __atomic_load_n(&where->n, __ATOMIC_SEQ_CST);
		cpu = sched_getcpu();
		after = __atomic_load_n(&where->n, __ATOMIC_SEQ_CST);
		if (before && before == after && cpu != (int)(before % MOST))
			elsewhere->n++;
		looks->n++;
		work();
	}
}

static int move_to(pid_t pid, int cpu, unsigned long number, struct line *where)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	__atomic_store_n(&where->n, 0, __ATOMIC_SEQ_CST);
	if (sched_setaffinity(pid, sizeof(set), &set))
		return 1;
	__atomic_store_n(&where->n, number * MOST + cpu, __ATOMIC_SEQ_CST);
	return 0;
}

static int run_move(int times, int cpus)
{
	int n = 2 * cpus;
	struct line *looks = lines, *elsewhere = looks + n, *where = elsewhere + n;
	pid_t pids[MOST];
	unsigned long seen;

	if (3 * n >= MOST)
		return 1;
	for (int i = 0; i < n; i++) {
		pids[i] = start();
		if (pids[i])
			continue;
		setpriority(PRIO_PROCESS, 0, i % 2 ? 10 : 0);
		look_for_ever(&looks[i], &elsewhere[i], &where[i]);
	}
	srand(1);
	for (int i = 0; i < times; i++) {
		if (move_to(pids[i % n], rand() % cpus, i + 1, &where[i % n]))
			return 1;
	}
	/* Each looks once more where it was moved to last. */
	for (int i = 0; i < n; i++) {
		seen = __atomic_load_n(&looks[i].n, __ATOMIC_SEQ_CST);
		for (int k = 0; k < 30000; k++) {
			if (__atomic_load_n(&looks[i].n, __ATOMIC_SEQ_CST) > seen + 1)
				break;
			nap_us(1000);
		}
	}
	printf("{\"moves\":%d,\"least_looks\":%lu,\"elsewhere\":%lu}\n", times, least_of(0, n),
	       sum_of(n, n));
	fflush(stdout);
	kill_all(pids, n);
	return 0;
}

static int run_spin(int seconds, int n)
{
	pid_t pids[MOST];

	if (n >= MOST)
		return 1;
	for (int i = 0; i < n; i++) {
		pids[i] = start();
		if (!pids[i])
			spin_for_ever(&lines[i]);
	}
	nap_us(seconds * 1000000L);
	printf("{\"least\":%lu}\n", least_of(0, n));
	fflush(stdout);
	kill_all(pids, n);
	return 0;
}

int main(int argc, char **argv)
{
	int a[3] = { 0 };

	for (int i = 2; i < argc && i < 5; i++)
		a[i - 2] = atoi(argv[i]);
	lines = mmap(NULL, MOST * sizeof(*lines), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (lines == MAP_FAILED)
		return 1;
	if (argc == 5 && !strcmp(argv[1], "first"))
		return run_first(a[0], a[1], a[2]);
	if (argc == 5 && !strcmp(argv[1], "mix"))
		return run_mix(a[0], a[1], a[2]);
	if (argc == 4 && !strcmp(argv[1], "move"))
		return run_move(a[0], a[1]);
	if (argc == 4 && !strcmp(argv[1], "spin"))
		return run_spin(a[0], a[1]);
	fputs("turns first SPINNERS WAKES CPU | mix SECONDS SHORT LONG | move TIMES CPUS | "
	      "spin SECONDS N\n", stderr);
	return 2;
}
