// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_place_file.c - the file of a place: whose it is, how long, and what is refused
 */
/* link: hostlib/actor/[!s]*.c */
/* links more: the whole of the library but its tie to libshunt */
/* define: SHUNT_ACTOR_ALONE */
#include <fcntl.h>
#include <sys/stat.h>

#include "place_world.h"

static void assert_refused(int err)
{
	assert_int_equal(try_open(kinds, SIZE), err);
	assert_null(p);
}

static void a_memory_has_one_process(void **state)
{
	struct place *mine = p;

	assert_refused(-EBUSY);
	p = mine;
}

static void a_file_that_is_no_memory_is_refused(void **state)
{
	close_place();
	assert_int_equal(truncate(path, 100), 0);
	assert_refused(-EPROTO);
	assert_int_equal(truncate(path, SIZE - 4096), 0);
	assert_refused(-EPROTO);
	assert_int_equal(truncate(path, 0), 0);
	open_place();
}

static void a_file_that_begins_with_zeros_is_not_written_over(void **state)
{
	static const char data[] = "somebody's";
	char found[4096];
	int fd;

	close_place();
	fd = open(path, O_RDWR | O_TRUNC);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	assert_int_equal(pwrite(fd, data, sizeof(data), 12288), sizeof(data));
	assert_refused(-EPROTO);
	assert_int_equal(pread(fd, found, sizeof(found), 0), sizeof(found));
	for (size_t i = 0; i < sizeof(found); i++)
		assert_int_equal(found[i], 0);
	close(fd);
}

static void a_file_whose_process_died_as_it_made_it_is_made(void **state)
{
	close_place();
	assert_int_equal(truncate(path, PLACE_LINE), 0);
	open_place();
	make("small", "a");
}

static void a_file_that_others_may_write_is_refused(void **state)
{
	close_place();
	assert_int_equal(chmod(path, 0666), 0);
	assert_refused(-EPERM);
	assert_int_equal(chmod(path, 0620), 0);
	assert_refused(-EPERM);
	assert_int_equal(chmod(path, 0600), 0);
	open_place();
}

static void what_is_no_file_is_refused(void **state)
{
	close_place();
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(-EPERM);
}

/* --- its length ------------------------------------------------------------------------------- */

static void a_size_that_is_too_small_is_refused_and_leaves_no_file(void **state)
{
	close_place();
	unlink(path);
	assert_int_equal(try_open(kinds, sizeof(struct place_head)), -EINVAL);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(try_open(kinds, 1), -EINVAL);
	assert_int_equal(access(path, F_OK), -1);
}

static void a_memory_grows_if_the_next_process_wants_more(void **state)
{
	uint32_t id = make("large", "a");

	tell(id, 7);
	run_all();
	assert_int_equal(place_make(p, "large", "b", NULL, 0, NULL), -ENOSPC);
	close_place();
	assert_int_equal(try_open(kinds, 2 * SIZE), 0);
	assert_int_equal(state_of(id)->last, 7);
	make("large", "b");
	close_place();
	assert_int_equal(try_open(kinds, 0), 0); /* as it is */
	assert_int_equal(p->size, 2 * SIZE);
	close_place();
	assert_int_equal(try_open(kinds, SIZE), 0); /* which is less */
	assert_int_equal(p->size, 2 * SIZE);
	assert_int_not_equal(place_find(p, "b"), 0);
}

/* The file is longer by then, and its head does not say so. */
static void a_process_that_died_as_the_memory_grew_is_no_harm(void **state)
{
	uint32_t id = make("large", "a");

	close_place();
	assert_int_equal(truncate(path, 2 * SIZE), 0);
	open_place();
	assert_int_equal(p->size, SIZE);
	assert_int_equal(place_find(p, "a"), id);
	close_place();
	assert_int_equal(try_open(kinds, 2 * SIZE), 0);
	assert_int_equal(p->size, 2 * SIZE);
}

/* --- forks ------------------------------------------------------------------------------------ */

static void a_child_that_lives_longer_than_its_parent_does_not_keep_the_memory(void **state)
{
	int lives[2], goes_on[2], status;
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe(lives) | pipe(goes_on), 0);
	pid = fork();
	if (!pid) {
		close(goes_on[1]);
		/* until the parent closes it */
		_exit(write(lives[1], &byte, 1) != 1 || read(goes_on[0], &byte, 1));
	}
	assert_int_equal(read(lives[0], &byte, 1), 1);
	again();
	make("small", "a");
	close(lives[0]);
	close(lives[1]);
	close(goes_on[0]);
	close(goes_on[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static pid_t parent, child;

static int fork_here(struct shunt_actor *self)
{
	in_handler = NULL;
	child = fork();
	return 0;
}

static long handle_fork(struct shunt_actor *self, struct shunt_message *m)
{
	return in_handler ? in_handler(self) : 0;
}

static const struct shunt_actor_kind forks = { .name = "forks", .version = 1,
					       .handle = handle_fork };
static const struct shunt_actor_kind *const forking_kinds[] = { &forks, NULL };

/* In the child the handler has returned, and there is no actor any more. */
static void assert_only_the_parent_goes_on(uint64_t ran)
{
	int status;

	if (getpid() != parent)
		_exit(place_find(p, "a") != 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	run_all();
	assert_int_equal(stats().ran + stats().fired + stats().requests, ran);
}

static void a_child_comes_back_from_its_handler_to_no_actor(void **state)
{
	uint32_t id;

	close_place();
	open_with(forking_kinds);
	parent = getpid();
	id = make("forks", "a");
	in_handler = fork_here;
	tell(id, 0);
	tell(id, 0);
	place_turn(p, 0);
	assert_only_the_parent_goes_on(2);
	in_handler = fork_here;
	request(id);
	assert_only_the_parent_goes_on(3);
	in_handler = fork_here;
	assert_int_equal(shunt_tell_after(place_actor(p, id), 0, 1, 0), 0);
	place_turn(p, 0);
	assert_only_the_parent_goes_on(4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(a_memory_has_one_process),
		PLACE_TEST(a_file_that_is_no_memory_is_refused),
		PLACE_TEST(a_file_that_begins_with_zeros_is_not_written_over),
		PLACE_TEST(a_file_whose_process_died_as_it_made_it_is_made),
		PLACE_TEST(a_file_that_others_may_write_is_refused),
		PLACE_TEST(what_is_no_file_is_refused),
		PLACE_TEST(a_size_that_is_too_small_is_refused_and_leaves_no_file),
		PLACE_TEST(a_memory_grows_if_the_next_process_wants_more),
		PLACE_TEST(a_process_that_died_as_the_memory_grew_is_no_harm),
		PLACE_TEST(a_child_that_lives_longer_than_its_parent_does_not_keep_the_memory),
		PLACE_TEST(a_child_comes_back_from_its_handler_to_no_actor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
