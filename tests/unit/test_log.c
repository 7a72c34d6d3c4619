// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_log.c - shuntd's messages never make it wait: lines
 * that are not read are dropped and counted
 */
/* link: agent/log.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/log.h"

#define LIMIT_S 20 /* one that waits has failed by then */

static int stderr_was, reader;

static void use(int fd)
{
	stderr_was = dup(2);
	assert_true(stderr_was >= 0 && dup2(fd, 2) == 2);
	close(fd);
	alarm(LIMIT_S);
}

static void give_back(void)
{
	alarm(0);
	assert_int_equal(dup2(stderr_was, 2), 2);
	close(stderr_was);
	close(reader);
}

static void use_pipe(void)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	reader = ends[0];
	use(ends[1]);
}

static void use_socket(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	reader = ends[0];
	use(ends[1]);
}

/* By a flag that stderr does not keep: it is its reader's, and whoever else writes there, too. */
static void fill(void)
{
	int flags = fcntl(2, F_GETFL);
	char some[4096];
	size_t n = sizeof(some);

	memset(some, '.', sizeof(some));
	assert_int_equal(fcntl(2, F_SETFL, flags | O_NONBLOCK), 0);
	for (; n; n = n > 1 ? 1 : 0) {
		while (write(2, some, n) > 0)
			;
	}
	assert_int_equal(fcntl(2, F_SETFL, flags), 0);
}

/* All that is there, of which the last part is in text. */
static void drain(char *text, size_t len)
{
	ssize_t n, last = 0;
	char all[1 << 16];

	assert_int_equal(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
	while ((n = read(reader, all, sizeof(all))) > 0)
		last = n;
	last = last < (ssize_t)len - 1 ? last : (ssize_t)len - 1;
	memcpy(text, all, last);
	text[last] = '\0';
}

static void lines_that_nobody_reads_are_dropped_and_counted(void)
{
	char text[2000];

	fill();
	log_say(LOG_INFO, "first %d", 1);
	log_say(LOG_INFO, "second %d", 2);
	log_say(LOG_INFO, "third %d", 3);
	drain(text, sizeof(text));
	assert_null(strstr(text, "first"));
	errno = ENOENT;
	log_say(LOG_INFO, "fourth: %m");
	drain(text, sizeof(text));
	assert_non_null(strstr(text, "3 lines were dropped"));
	assert_non_null(strstr(text, "fourth: No such file"));
	log_say(LOG_INFO, "fifth");
	drain(text, sizeof(text));
	assert_null(strstr(text, "dropped"));
	assert_non_null(strstr(text, "fifth"));
	give_back();
}

static void a_full_pipe_is_not_waited_for(void **arg)
{
	use_pipe();
	lines_that_nobody_reads_are_dropped_and_counted();
}

static void a_full_socket_is_not_waited_for(void **arg)
{
	use_socket();
	lines_that_nobody_reads_are_dropped_and_counted();
}

static void say_died(unsigned int domain)
{
	log_say(LOG_INFO, "worker '%s' of domain %u died, its cores are %d", "of domain 3", domain,
		7);
}

/* Of each domain as many lines as of any: 16 domains whose workers die at once are 16 lines. */
static void a_domain_that_says_much_does_not_hide_another(void **arg)
{
	char text[8192], line[64];

	use_pipe();
	for (int i = 0; i < 100; i++)
		say_died(4);
	for (unsigned int d = 0; d < 16; d++)
		say_died(d);
	assert_int_equal(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
	memset(text, 0, sizeof(text));
	assert_true(read(reader, text, sizeof(text) - 1) > 0);
	for (unsigned int d = 0; d < 16; d++) {
		snprintf(line, sizeof(line), "of domain %u died", d);
		assert_non_null(strstr(text, line));
	}
	give_back();
}

static void a_line_that_comes_again_and_again_is_said_five_times(void **arg)
{
	char text[8192];
	int lines = 0;

	use_pipe();
	for (int i = 0; i < 100; i++)
		log_say(LOG_INFO, "again, of domain %u", 0);
	assert_int_equal(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
	memset(text, 0, sizeof(text));
	assert_true(read(reader, text, sizeof(text) - 1) > 0);
	for (const char *at = text; (at = strstr(at, "again, ")); at++)
		lines++;
	assert_int_equal(lines, 5);
	give_back();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_pipe_is_not_waited_for),
		cmocka_unit_test(a_full_socket_is_not_waited_for),
		cmocka_unit_test(a_domain_that_says_much_does_not_hide_another),
		cmocka_unit_test(a_line_that_comes_again_and_again_is_said_five_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
