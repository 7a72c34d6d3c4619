// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_torn.c - library calls in progress are never torn
 *
 * Eight requests on two threads, stopped by marks and signals thousands of times a second. Each
 * scenario is a process of its own, because the broken variants, in which a guard is off, must
 * deadlock or corrupt: that is what they are run for. A process ends with 0, or 1: wrong answers,
 * or 3: no progress; or dies in malloc.
 */
/* link: hostlib/preempt.c hostlib/signal.c hostlib/guard.c hostlib/guard_find.c */
/* link: hostlib/guard_malloc.c */
/* sanitize: undefined */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "sched.h"

#define STUCK_MS 2000         /* no progress so long: deadlocked. Where
			       * none is expected, ten times as long */
#define LIMIT_S 60

static uint64_t turns; /* of each request: LONG=1 makes them more */
static _Atomic uint64_t progress;
static _Atomic int wrong;

static void expect(bool ok)
{
	if (!ok)
		atomic_store(&wrong, 1);
}

static uint32_t next(uint64_t *random)
{
	*random = *random * 6364136223846793005ULL + 1442695040888963407ULL;
	return *random >> 33;
}

/* --- what requests do ------------------------------------------------------------------------- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t pair[2]; /* equal whenever the mutex is free */

/* A mutex held over many safepoints; signals come too. */
static void locks(struct sched_req *r)
{
	for (uint64_t i = 0; i < turns; i++) {
		pthread_mutex_lock(&mutex);
		expect(pair[0] == pair[1]);
		pair[0]++;
		for (int k = 0; k < 200; k++)
			shunt_safepoint();
		pair[1]++;
		pthread_mutex_unlock(&mutex);
		for (int k = 0; k < 200; k++)
			shunt_safepoint();
		progress++;
	}
}

/* Blocks too large for the thread's own cache, so malloc takes its arena's lock; and small ones. */
static void allocates(struct sched_req *r)
{
	unsigned char *block[16] = { NULL };
	size_t len[16];
	uint64_t random = r->id;

	for (uint64_t i = 0; i < turns * 10; i++) {
		unsigned int k = next(&random) % 16;

		if (block[k]) {
			expect(block[k][0] == (unsigned char)(r->id * 16 + k) &&
			       block[k][len[k] - 1] == block[k][0]);
			free(block[k]);
		}
		len[k] = i % 4 ? next(&random) % 8000 + 1 : next(&random) % 200 + 1;
		block[k] = malloc(len[k]);
		memset(block[k], r->id * 16 + k, len[k]);
		progress++;
	}
	for (int k = 0; k < 16; k++)
		free(block[k]);
}

static FILE *file;

/* All requests print to one FILE; now and then two prints that belong together, under its lock. */
static void prints(struct sched_req *r)
{
	for (uint64_t i = 0; i < turns; i++) {
		fprintf(file, "%d %d %s %.3f\n", r->id, r->id, "one line of text, whole", 1.5);
		if (i % 16 == 0) {
			flockfile(file);
			fprintf(file, "pair %d ", r->id);
			for (int k = 0; k < 100; k++)
				shunt_safepoint();
			fprintf(file, "%d\n", r->id);
			funlockfile(file);
		}
		shunt_safepoint();
		progress++;
	}
}

static void does_all(struct sched_req *r)
{
	uint64_t all = turns;
	volatile char *block;

	/* Slices, so that each kind meets each other. */
	for (uint64_t i = 0; i < all; i += 20) {
		switch ((i / 20 + r->id) % 3) {
		case 0:
			for (int k = 0; k < 20; k++) {
				pthread_mutex_lock(&mutex);
				expect(pair[0] == pair[1]);
				pair[0]++;
				block = malloc(3000);
				block[0] = 1;
				free((void *)block);
				shunt_safepoint();
				pair[1]++;
				pthread_mutex_unlock(&mutex);
			}
			break;
		case 1:
			for (int k = 0; k < 20; k++)
				fprintf(file, "%d %d %s %.3f\n", r->id, r->id,
					"one line of text, whole", 1.5);
			break;
		case 2: {
			char *text = NULL;
			size_t len = 0;
			FILE *f = open_memstream(&text, &len);

			for (int k = 0; k < 400; k++)
				fprintf(f, "%d,", r->id);
			fclose(f);
			expect(len == 800);
			free(text);
		}
		}
		progress += 20;
	}
}

static void check_file(void)
{
	char line[128], want[128];
	int a, b;

	rewind(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "pair %d %d", &a, &b) == 2)
			snprintf(want, sizeof(want), "pair %d %d\n", a, a);
		else if (sscanf(line, "%d", &a) == 1)
			snprintf(want, sizeof(want), "%d %d %s %.3f\n", a, a,
				 "one line of text, whole", 1.5);
		else
			want[0] = '\0';
		expect(!strcmp(line, want));
		progress++;
	}
}

/* --- scenarios: each in a process of its own -------------------------------------------------- */

static void *watches(void *arg)
{
	int limit = strcmp(getenv("SHUNT_GUARD"), "0") ? 10 * STUCK_MS : STUCK_MS;
	uint64_t seen = 0;

	for (int ms = 0; ms < limit; ms += 50) {
		uint64_t now = atomic_load(&progress);

		if (now != seen)
			ms = 0;
		seen = now;
		usleep(50000);
	}
	_exit(3);
}

static const struct scenario {
	const char *name;
	void (*fn)(struct sched_req *);
	uint64_t turns;
	bool signals;
	bool all_text; /* signals may stop a request anywhere, the C library included */
} scenarios[] = {
	{ "locks", locks, 100000, true, false },
	{ "allocates", allocates, 100000, true, false },
	{ "allocates-anywhere", allocates, 100000, true, true },
	{ "prints", prints, 150000, true, false },
	{ "prints-anywhere", prints, 150000, true, true },
	{ "all", does_all, 300000, true, false },
};

static int run_scenario(const char *name)
{
	const struct scenario *sc = scenarios;
	pthread_t watch;

	while (strcmp(sc->name, name))
		sc++;
	if (!getenv("SHUNT_GUARD"))
		setenv("SHUNT_GUARD", "1", 1);
	turns = sc->turns * (getenv("LONG") ? 50 : 1);
	file = tmpfile();
	if (!file || preempt_signal_install(SHUNT_SIGNAL))
		return 2;
	if (sc->all_text)
		shunt_register_text((void *)1, -2UL);
	for (int i = 0; i < SCHED_REQS; i++)
		sched_add(i, sc->fn);
	pthread_create(&watch, NULL, watches, NULL);
	sched_run(SCHED_THREADS, sc->signals, 20);
	check_file();
	expect(pair[0] == pair[1]);
	fprintf(stderr, "%s: parked at safepoints %lu, by signals %lu, moved %lu\n", name,
		sched_sum_parked(PREEMPT_SAFEPOINT), sched_sum_parked(PREEMPT_SIGNAL),
		sched_sum_moved());
	if (!sched_sum_parked(PREEMPT_SAFEPOINT) && !sched_sum_parked(PREEMPT_SIGNAL))
		return 4;
	_exit(atomic_load(&wrong));
}

/* Returns how it ended: its exit status, or 128 + the signal. */
static int scenario(const char *name, const char *guard)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
		setenv("SHUNT_GUARD", guard, 1);
		alarm(getenv("LONG") ? 50 * LIMIT_S : LIMIT_S);
		if (strcmp(guard, "1"))
			freopen("/dev/null", "w", stderr); /* malloc says what it dies of */
		execl("/proc/self/exe", "test_torn", name, NULL);
		_exit(2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Broken as expected: wrong, stuck, or died of a signal that is not its time limit. */
static bool broke(int status)
{
	return status == 1 || status == 3 || (status > 128 && status != 128 + SIGALRM);
}

/* Without guards data are torn by chance: not in each run on a machine that has little time for
 * it. */
static bool breaks(const char *name)
{
	for (int i = 0; i < 10; i++) {
		if (broke(scenario(name, "0")))
			return true;
	}
	return false;
}

static void test_a_mutex_held_over_safepoints_is_not_torn(void **state)
{
	assert_int_equal(scenario("locks", "1"), 0);
}

static void test_without_guards_it_deadlocks(void **state)
{
	assert_int_equal(scenario("locks", "0"), 3);
}

static void test_malloc_is_not_torn(void **state)
{
	assert_int_equal(scenario("allocates", "1"), 0);
}

static void test_malloc_is_not_torn_even_where_all_text_is_registered(void **state)
{
	assert_int_equal(scenario("allocates-anywhere", "1"), 0);
}

static void test_without_guards_malloc_is_torn_there(void **state)
{
	assert_true(breaks("allocates-anywhere"));
}

static void test_stdio_is_not_torn(void **state)
{
	assert_int_equal(scenario("prints", "1"), 0);
}

static void test_where_all_text_is_registered_stdio_is_torn(void **state)
{
	assert_true(breaks("prints-anywhere"));
}

static void test_locks_malloc_and_stdio_together_are_not_torn(void **state)
{
	assert_int_equal(scenario("all", "1"), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_mutex_held_over_safepoints_is_not_torn),
		cmocka_unit_test(test_without_guards_it_deadlocks),
		cmocka_unit_test(test_malloc_is_not_torn),
		cmocka_unit_test(test_malloc_is_not_torn_even_where_all_text_is_registered),
		cmocka_unit_test(test_without_guards_malloc_is_torn_there),
		cmocka_unit_test(test_stdio_is_not_torn),
		cmocka_unit_test(test_where_all_text_is_registered_stdio_is_torn),
		cmocka_unit_test(test_locks_malloc_and_stdio_together_are_not_torn),
	};

	if (argc == 2)
		return run_scenario(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
