// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_state.c - whether a shuntd goes on with what another version of it remembered of a domain
 */
/* link: agent/state.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/state.h"

#define LOAD 7
#define IFINDEX 3

/* A file of that length, in which that much of the state is known to whoever wrote it. */
static int file_of(size_t len, __u32 size, struct domain_state **s)
{
	int fd = memfd_create("state", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, len), 0);
	*s = mmap(NULL, STATE_ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(*s, MAP_FAILED);
	if (len < sizeof(**s))
		return fd;
	**s = (struct domain_state){ .size = size, .ready = 1, .map_id = LOAD, .ifindex = IFINDEX };
	return fd;
}

static const char *misfit_of(size_t len, __u32 size, __u32 map_id, unsigned int ifindex)
{
	struct domain_state *s;
	int fd = file_of(len, size, &s);
	const char *wrong = state_misfit(fd, s, map_id, ifindex);

	munmap(s, STATE_ROOM);
	close(fd);
	return wrong;
}

static void test_what_the_same_version_wrote_is_taken(void **arg)
{
	assert_null(misfit_of(STATE_ROOM, STATE_MIN, LOAD, IFINDEX));
}

static void test_what_a_newer_version_wrote_is_taken(void **arg)
{
	assert_null(misfit_of(STATE_ROOM, STATE_MIN + 512, LOAD, IFINDEX));
}

static void test_what_lacks_fields_of_this_abi_is_refused(void **arg)
{
	assert_non_null(misfit_of(STATE_ROOM, STATE_MIN - 1, LOAD, IFINDEX));
}

/* A read beyond its end would kill the reader. */
static void test_a_file_without_the_room_is_refused_unread(void **arg)
{
	assert_non_null(misfit_of(0, 0, LOAD, IFINDEX));
	assert_non_null(misfit_of(sizeof(struct domain_state), STATE_MIN, LOAD, IFINDEX));
}

static void test_what_was_made_for_another_load_or_interface_is_refused(void **arg)
{
	assert_non_null(misfit_of(STATE_ROOM, STATE_MIN, LOAD + 1, IFINDEX));
	assert_non_null(misfit_of(STATE_ROOM, STATE_MIN, LOAD, IFINDEX + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_the_same_version_wrote_is_taken),
		cmocka_unit_test(test_what_a_newer_version_wrote_is_taken),
		cmocka_unit_test(test_what_lacks_fields_of_this_abi_is_refused),
		cmocka_unit_test(test_a_file_without_the_room_is_refused_unread),
		cmocka_unit_test(test_what_was_made_for_another_load_or_interface_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
