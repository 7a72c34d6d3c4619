// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_gaps.c - gaps that a server notes, as shunt-load reads them; windows in a file
 */
/* link: apps/gap.c apps/load/server_gaps.c apps/clean/store.c lib/why.c */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "apps/gap.h"
#include "apps/gap_log.h"
#include "apps/load/server_gaps.h"

static char path[] = "/dev/shm/shunt-test-gaps-XXXXXX";
static struct why why;
static struct gap_log *their; /* the file as another process could write it */
static struct gaps found;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int set_up(void **state)
{
	int fd;

	assert_int_equal(gap_open(path, true), 0);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	their = mmap(NULL, sizeof(*their), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(their, MAP_FAILED);
	close(fd);
	return 0;
}

static int tear_down(void **state)
{
	free(found.gap);
	found = (struct gaps){ 0 };
	why_forget(&why);
	munmap(their, sizeof(*their));
	unlink(path);
	return 0;
}

static enum noted read_from(uint64_t from, uint64_t to)
{
	free(found.gap);
	why_forget(&why);
	return server_gaps_read(path, from, to, &found, &why);
}

static void wait_ns(uint64_t ns)
{
	for (uint64_t end = now_ns() + ns; now_ns() < end;)
		;
}

/* A line of a thread that looked a moment ago. */
static struct gap_line *their_line(unsigned int nr)
{
	their->line[nr].seen_ns = now_ns();
	return &their->line[nr];
}

static void test_two_looks_far_apart_are_a_gap(void **state)
{
	uint64_t begin = now_ns(), stalled;

	gap_thread(3);
	gap_idle();
	stalled = now_ns();
	wait_ns(2000000);
	gap_idle();
	assert_int_equal(read_from(begin, now_ns() - 1000000), NOTED);
	assert_true(found.n >= 1);
	for (size_t i = 0; i < found.n; i++) {
		if (found.gap[i].from <= stalled && found.gap[i].to >= stalled + 2000000)
			return;
	}
	fail();
}

static void test_a_pause_that_was_meant_is_no_gap(void **state)
{
	uint64_t begin = now_ns(), slept;

	gap_thread(0);
	slept = now_ns();
	wait_ns(30000000);
	gap_slept();
	gap_idle();
	assert_int_equal(read_from(begin, slept), NOTED);
	for (size_t i = 0; i < found.n; i++)
		assert_true(found.gap[i].to - found.gap[i].from < 30000000);
}

/*
 * Replies that wait for one system call: sixteen may take 44 us. Found by the row in gaps, whenever
 * such a gap is there.
 */
static void test_a_gap_says_how_many_requests_came_before(void **state)
{
	uint64_t begin = now_ns();

	gap_thread(0);
	for (int i = 0; i < 100; i++)
		gap_served();
	wait_ns(1000000);
	gap_idle();
	for (int i = 0; i < 10; i++)
		gap_idle();
	wait_ns(1000000);
	gap_idle();
	assert_int_equal(read_from(begin, begin), NOTED);
	assert_true(found.n >= 2);
	assert_int_equal(found.gap[found.n - 1].row, 0);
	for (size_t i = 0; i < found.n; i++) {
		if (found.gap[i].row == 16)
			return;
	}
	fail();
}

static void test_a_thread_that_did_not_join_notes_nothing(void **state)
{
	gap_idle();
	gap_work();
	gap_served();
	assert_int_equal(read_from(0, 0), NOTED_NOT);
	assert_non_null(strstr(why.text, "no thread notes"));
}

static void test_a_server_that_died_is_told(void **state)
{
	pid_t child = fork();
	uint64_t due;
	int status;

	if (!child) {
		gap_thread(0);
		gap_idle();
		raise(SIGKILL);
	}
	waitpid(child, &status, 0);
	due = now_ns();
	assert_int_equal(read_from(due - 1000000000, due), NOTED_NOT);
	assert_non_null(strstr(why.text, "has ended, or stands still"));
}

/*
 * The server has no CPU when the run ends, and looks at the clock some milliseconds later: the gap
 * that it notes then belongs to the run.
 */
static void test_a_server_that_stands_still_at_the_end_is_waited_for(void **state)
{
	uint64_t begin = now_ns();
	pid_t child = fork();
	int status;

	if (!child) {
		gap_thread(0);
		kill(getpid(), SIGSTOP);
		gap_idle();
		_exit(0);
	}
	waitpid(child, &status, WUNTRACED);
	begin = now_ns();
	if (!fork()) {
		wait_ns(20000000);
		_exit(kill(child, SIGCONT) != 0);
	}
	assert_int_equal(read_from(begin - 1000000, now_ns()), NOTED);
	assert_true(found.n >= 1);
	assert_true(found.gap[found.n - 1].to >= begin + 20000000);
	waitpid(child, &status, 0);
	wait(&status);
}

static void test_what_the_server_did_before_the_run_is_left_out(void **state)
{
	struct gap_line *l = their_line(0);
	uint64_t now = l->seen_ns;

	l->gap[0] = (struct gap){ now - 9000, now - 8000, 0 };
	l->gap[1] = (struct gap){ now - 7000, now - 3000, 0 };
	l->gap[2] = (struct gap){ now - 2000, now - 1000, 0 };
	l->n = 3;
	assert_int_equal(read_from(now - 5000, now), NOTED);
	assert_int_equal(found.n, 2);
	assert_true(found.gap[0].from == now - 5000 && found.gap[0].to == now - 3000);
	assert_true(found.gap[1].from == now - 2000);
}

static void test_gaps_of_all_threads_are_in_order(void **state)
{
	struct gap_line *a = their_line(0), *b = their_line(GAP_LINES - 1);
	uint64_t now = a->seen_ns;

	a->gap[0] = (struct gap){ now - 2000, now - 1500, 0 };
	b->gap[0] = (struct gap){ now - 3000, now - 1800, 0 };
	a->n = b->n = 1;
	assert_int_equal(read_from(now - 5000, now), NOTED);
	assert_int_equal(found.n, 2);
	assert_true(found.gap[0].from == now - 3000);
}

static void test_gaps_that_cannot_be_are_not_believed(void **state)
{
	struct gap_line *l = their_line(0);
	uint64_t now = l->seen_ns;
	const struct gap bad[] = {
		{ now - 1000, now - 2000, 0 },       /* ends before it begins */
		{ now - 1000, now + 60000000000, 0 }, /* in the future */
		{ now - 1000, now - 400, 0 },        /* and the next began before */
	};

	for (size_t i = 0; i < 3; i++) {
		l->gap[0] = bad[i];
		l->gap[1] = (struct gap){ now - 500, now - 100, 0 };
		l->n = i < 2 ? 1 : 2;
		assert_int_equal(read_from(now - 5000, now), NOTED_NOT);
		assert_non_null(strstr(why.text, "cannot be"));
		assert_int_equal(found.n, 0);
	}
}

static void test_more_gaps_than_there_is_room_are_told(void **state)
{
	struct gap_line *l = their_line(0);
	uint64_t now = l->seen_ns, n = GAP_ROOM + 10;

	for (uint64_t i = 0; i < n; i++)
		l->gap[i % GAP_ROOM] = (struct gap){ now - 10 * (n - i), now - 10 * (n - i) + 5,
						     0 };
	l->n = n;
	assert_int_equal(read_from(now - 10 * n, now), NOTED_NOT);
	assert_non_null(strstr(why.text, "room"));
	assert_int_equal(read_from(now - 10 * (GAP_ROOM - 10), now), NOTED);
	l->n = UINT64_MAX;
	assert_int_equal(read_from(now - 10 * n, now), NOTED_NOT);
}

static void test_a_file_of_something_else_is_told(void **state)
{
	their->head.magic++;
	assert_int_equal(read_from(0, 0), NOTED_NOT);
	assert_non_null(strstr(why.text, "--gaps"));
	assert_int_equal(truncate(path, 4096), 0);
	their->head.magic = GAP_MAGIC;
	assert_int_equal(read_from(0, 0), NOTED_NOT);
	assert_non_null(strstr(why.text, "shorter"));
	assert_int_equal(server_gaps_read("/dev/zero", 0, 0, &found, &why), NOTED_NOT);
	assert_int_equal(server_gaps_read("/dev/shm", 0, 0, &found, &why), NOTED_NOT);
	why_forget(&why);
	assert_int_equal(server_gaps_read("/dev/shm/shunt-no-such", 0, 0, &found, &why),
			 NOTED_NOT);
	assert_non_null(strstr(why.text, "No such file"));
}

static void test_a_new_server_takes_no_file_from_under_the_old_one(void **state)
{
	assert_int_equal(gap_open(path, false), 0);
	their_line(0)->n = 0; /* the old file is as long as ever: no SIGBUS */
	assert_int_equal(read_from(0, 0), NOTED_NOT);
	gap_thread(0);
	assert_int_equal(read_from(0, 0), NOTED_PARTLY);
}

static const struct offered shorts = {
	.rate = 5000, .mix = 7, .classes = 2, .name = { "short", "long" },
};

static struct windows two_windows(struct window *w, struct reply *r, struct gap *g)
{
	w[0] = (struct window){ 1000000, 9000000, r, 3, { g, 1 }, { g + 1, 1 }, NOTED };
	w[1] = (struct window){ 11000000, 19000000, r + 3, 1, { g, 0 }, { g, 2 }, NOTED_PARTLY };
	return (struct windows){ w, 2 };
}

static void test_windows_come_back_from_their_file(void **state)
{
	struct reply r[] = { { 1000000, 7, 0 }, { 1000160, CLEAN_NO_REPLY, 1 }, { 8999968, 9, 1 },
			     { 11000032, 3, 0 } };
	struct gap g[] = { { 1, 2, 3 }, { 4, 5, 6 } };
	struct window w[2];
	struct windows put = two_windows(w, r, g), got;
	struct offered o;

	unlink(path);
	assert_int_equal(store_append(path, &(struct windows){ w, 1 }, &shorts), 0);
	assert_int_equal(store_append(path, &(struct windows){ w + 1, 1 }, &shorts), 0);
	assert_int_equal(store_read(path, &got, &o, &why), 0);
	assert_int_equal(got.n, put.n);
	assert_true(o.classes == 2 && !strcmp(o.name[1], "long"));
	assert_null(store_other(&o, &shorts));
	assert_memory_equal(got.window[0].reply, r, 3 * sizeof(*r));
	assert_memory_equal(got.window[1].reply, r + 3, sizeof(*r));
	assert_memory_equal(got.window[1].server.gap, g, sizeof(g));
	assert_true(got.window[0].end == 9000000 && got.window[1].noted == NOTED_PARTLY);
	windows_free(&got);
}

static void test_windows_of_another_load_are_not_put_together(void **state)
{
	struct reply r[] = { { 1000000, 7, 0 }, { 1000160, 8, 1 }, { 8999968, 9, 1 }, { 11000032, 3,
											0 } };
	struct gap g[] = { { 1, 2, 3 }, { 4, 5, 6 } };
	struct offered o, others[] = { shorts, shorts, shorts };
	struct window w[2];
	struct windows put = two_windows(w, r, g), got;

	others[0].rate = 5001;
	others[1].mix = store_mix("short=1:2us");
	others[2].server_times = true;
	for (int i = 0; i < 3; i++) {
		assert_non_null(store_other(&shorts, &others[i]));
		unlink(path);
		assert_int_equal(store_append(path, &put, &shorts), 0);
		assert_int_equal(store_append(path, &put, &others[i]), 0);
		assert_int_equal(store_read(path, &got, &o, &why), -EINVAL);
		assert_non_null(strstr(why_text(&why), "of another load"));
		why_forget(&why);
	}
}

static void test_a_torn_file_of_windows_is_refused(void **state)
{
	struct reply r[] = { { 1000000, 7, 0 }, { 1000160, 8, 1 }, { 8999968, 9, 1 }, { 11000032, 3,
											0 } };
	struct gap g[] = { { 1, 2, 3 }, { 4, 5, 6 } };
	struct window w[2];
	struct windows put = two_windows(w, r, g), got;
	struct offered o;
	int fd;
	off_t all;

	unlink(path);
	assert_int_equal(store_append(path, &put, &shorts), 0);
	fd = open(path, O_RDWR);
	all = lseek(fd, 0, SEEK_END);
	for (off_t n = all - 1; n >= 0; n -= 7) {
		assert_int_equal(ftruncate(fd, n), 0);
		if (!store_read(path, &got, &o, &why))
			assert_true(got.n == 1); /* torn between the two */
		windows_free(&got);
	}
	close(fd);
	assert_true(store_read("/dev/shm/shunt-no-such", &got, &o, &why) < 0);
}

static void assert_classes_below(const struct window *w, int classes)
{
	for (size_t k = 0; k < w->replies; k++)
		assert_in_range(w->reply[k].cls, 0, classes - 1);
}

/* Any bytes give an error, or windows whose numbers are within bounds. */
static void test_a_file_of_windows_with_any_byte_changed_is_safe_to_read(void **state)
{
	struct reply r[] = { { 1000000, 7, 0 }, { 1000160, 8, 1 }, { 8999968, 9, 1 }, { 11000032, 3,
											0 } };
	struct gap g[] = { { 1, 2, 3 }, { 4, 5, 6 } };
	struct window w[2];
	struct windows put = two_windows(w, r, g), got;
	struct offered o;
	int fd;
	off_t all;

	unlink(path);
	assert_int_equal(store_append(path, &put, &shorts), 0);
	fd = open(path, O_RDWR);
	all = lseek(fd, 0, SEEK_END);
	for (off_t n = 0; n < all; n++) {
		unsigned char is, not;

		assert_int_equal(pread(fd, &is, 1, n), 1);
		not = ~is;
		assert_int_equal(pwrite(fd, &not, 1, n), 1);
		if (!store_read(path, &got, &o, &why)) {
			assert_in_range(o.classes, 1, CLEAN_CLASSES);
			for (size_t i = 0; i < got.n; i++)
				assert_classes_below(&got.window[i], o.classes);
		}
		windows_free(&got);
		assert_int_equal(pwrite(fd, &is, 1, n), 1);
	}
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_two_looks_far_apart_are_a_gap),
		TEST(test_a_pause_that_was_meant_is_no_gap),
		TEST(test_a_gap_says_how_many_requests_came_before),
		TEST(test_a_thread_that_did_not_join_notes_nothing),
		TEST(test_a_server_that_died_is_told),
		TEST(test_a_server_that_stands_still_at_the_end_is_waited_for),
		TEST(test_what_the_server_did_before_the_run_is_left_out),
		TEST(test_gaps_of_all_threads_are_in_order),
		TEST(test_gaps_that_cannot_be_are_not_believed),
		TEST(test_more_gaps_than_there_is_room_are_told),
		TEST(test_a_file_of_something_else_is_told),
		TEST(test_a_new_server_takes_no_file_from_under_the_old_one),
		TEST(test_windows_come_back_from_their_file),
		TEST(test_windows_of_another_load_are_not_put_together),
		TEST(test_a_torn_file_of_windows_is_refused),
		TEST(test_a_file_of_windows_with_any_byte_changed_is_safe_to_read),
	};
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
