// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_seat_sockets.c - nobody but the worker at the other end speaks through the sockets of a seat
 */
/* link: agent/seat_sockets.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/seat_sockets.h"
#include "tests/with_fd.h"

static char folder[] = "/tmp/test_seat_sockets.XXXXXX";
static char beside[64];
static int sock[2];

static int set_up(void **state)
{
	snprintf(beside, sizeof(beside), "%s/eth0.sock", folder);
	return seat_sockets_make(sock, beside);
}

static int tear_down(void **state)
{
	close(sock[0]);
	close(sock[1]);
	return 0;
}

static int make_folder(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	return rmdir(folder);
}

static void what_one_worker_says_comes_to_the_other(void **state)
{
	char heard[8];

	for (int i = 0; i < 2; i++) {
		assert_int_equal(send(sock[i], "word", 4, MSG_DONTWAIT), 4);
		assert_int_equal(recv(sock[!i], heard, sizeof(heard), MSG_DONTWAIT), 4);
	}
}

static struct sockaddr_un name_of(int fd)
{
	struct sockaddr_un name = { 0 };
	socklen_t len = sizeof(name);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	return name;
}

/* With a name, any socket could send to it, and the filter would take that for the other worker. */
static void no_worker_gives_its_end_a_name(void **state)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "\0test_seat_sockets" };

	for (int i = 0; i < 2; i++) {
		assert_int_equal(bind(sock[i], (struct sockaddr *)&name, sizeof(name)), -1);
		assert_int_equal(errno, EINVAL);
		bind(sock[i], (struct sockaddr *)&name, sizeof(sa_family_t)); /* any name */
		assert_memory_equal(name_of(sock[i]).sun_path, folder, strlen(folder));
	}
}

static void nobody_reaches_an_end_by_the_name_that_it_had(void **state)
{
	int stranger = socket(AF_UNIX, SOCK_DGRAM, 0);

	for (int i = 0; i < 2; i++) {
		struct sockaddr_un name = name_of(sock[i]);

		assert_int_equal(sendto(stranger, "", 1, 0, (struct sockaddr *)&name, sizeof(name)),
				 -1);
		assert_int_equal(errno, ENOENT);
	}
	close(stranger);
}

static void no_name_is_left_in_the_folder(void **state)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d)))
		n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
	closedir(d);
	assert_int_equal(n, 0);
}

/* A process of the same number may have been killed in between. */
static void a_name_that_is_left_over_is_no_obstacle(void **state)
{
	char path[128];
	int more[2];
	FILE *left;

	snprintf(path, sizeof(path), "%s/.%d", folder, getpid());
	left = fopen(path, "w");
	assert_non_null(left);
	fclose(left);
	assert_int_equal(seat_sockets_make(more, beside), 0);
	close(more[0]);
	close(more[1]);
	assert_int_equal(access(path, F_OK), -1);
}

static void without_a_folder_for_the_name_there_are_no_sockets(void **state)
{
	int more[2];

	assert_int_equal(seat_sockets_make(more, "/nowhere/at/all"), -ENOENT);
}

/* Whoever reads the datagram would close them, and wait for that. */
static void no_descriptor_comes_with_a_word(void **state)
{
	int on = 1;
	socklen_t len = sizeof(on);
	char heard[8];

	if (getsockopt(sock[1], SOL_SOCKET, 83 /* SO_PASSRIGHTS */, &on, &len)) {
		print_message("this kernel lets every descriptor through\n");
		skip();
	}
	assert_int_equal(send_with_fd(sock[0], "word", 4, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(recv(sock[1], heard, sizeof(heard), MSG_DONTWAIT), -1);
}

#define SOCKETS_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SOCKETS_TEST(what_one_worker_says_comes_to_the_other),
		SOCKETS_TEST(no_worker_gives_its_end_a_name),
		SOCKETS_TEST(nobody_reaches_an_end_by_the_name_that_it_had),
		SOCKETS_TEST(no_name_is_left_in_the_folder),
		SOCKETS_TEST(a_name_that_is_left_over_is_no_obstacle),
		SOCKETS_TEST(without_a_folder_for_the_name_there_are_no_sockets),
		SOCKETS_TEST(no_descriptor_comes_with_a_word),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
