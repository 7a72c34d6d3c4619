// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_pins_folder.c - pins are opened only where nobody else can have put them
 */
/* link: lib/pins.c lib/pins_folder.c lib/why.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "pins.h"

static char root[32], shunt[48], folder[64], why[400];
static struct shunt_pins pins = { .bpffs = root, .ifname = "eth0" };

static int make(void **arg)
{
	strcpy(root, "/tmp/pins.XXXXXX");
	if (!mkdtemp(root))
		return -1;
	snprintf(shunt, sizeof(shunt), "%s/shunt", root);
	snprintf(folder, sizeof(folder), "%s/eth0", shunt);
	return mkdir(shunt, 0755) || mkdir(folder, 0755);
}

static int sweep(void **arg)
{
	char other[80];

	snprintf(other, sizeof(other), "%s/other", root);
	unlink(folder);
	rmdir(folder);
	unlink(shunt);
	rmdir(shunt);
	rmdir(other);
	return rmdir(root);
}

static int check(void)
{
	struct why of = { 0 };
	int err = shunt_pins_folder_is_ours(&pins, &of);

	why_line(&of, why, sizeof(why));
	why_forget(&of);
	return err;
}

static void refused(const char *path, const char *words, const char *mend)
{
	assert_int_equal(check(), -EPERM);
	assert_non_null(strstr(why, path));
	assert_non_null(strstr(why, words));
	assert_non_null(strstr(why, mend));
}

static void folders_of_ours_are_taken(void **arg)
{
	assert_int_equal(check(), 0);
	assert_int_equal(chmod(root, 01777), 0);
	assert_int_equal(check(), 0);
}

static void what_is_not_there_is_called_so(void **arg)
{
	rmdir(folder);
	assert_int_equal(check(), -ENOENT);
	rmdir(shunt);
	assert_int_equal(check(), -ENOENT);
}

static void a_folder_that_others_may_write_is_refused(void **arg)
{
	assert_int_equal(chmod(folder, 0775), 0);
	refused(folder, "may be written by others", "rm -r");
	assert_int_equal(chmod(folder, 0755), 0);
	assert_int_equal(chmod(shunt, 01757), 0);
	refused(shunt, "may be written by others", "rm -r");
	assert_int_equal(chmod(shunt, 0755), 0);
	assert_int_equal(chmod(root, 0777), 0);
	refused(root, "may be written by others", "mode=0755");
}

static void a_link_is_refused_wherever_it_leads(void **arg)
{
	char other[80];

	snprintf(other, sizeof(other), "%s/other", root);
	assert_int_equal(rename(folder, other), 0);
	assert_int_equal(symlink(other, folder), 0);
	refused(folder, "is a link", "rm -r");
	unlink(folder);
	assert_int_equal(rmdir(shunt), 0);
	assert_int_equal(symlink(other, shunt), 0);
	refused(shunt, "is a link", "rm -r");
}

static void another_users_folder_is_refused(void **arg)
{
	if (geteuid())
		skip();
	assert_int_equal(chown(folder, 60002, 0), 0);
	refused(folder, "belongs to user 60002", "rm -r");
	assert_int_equal(chown(folder, 0, 0), 0);
	assert_int_equal(chown(shunt, 60002, 0), 0);
	refused(shunt, "belongs to user 60002", "rm -r");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(folders_of_ours_are_taken, make, sweep),
		cmocka_unit_test_setup_teardown(what_is_not_there_is_called_so, make, sweep),
		cmocka_unit_test_setup_teardown(a_folder_that_others_may_write_is_refused, make,
						sweep),
		cmocka_unit_test_setup_teardown(a_link_is_refused_wherever_it_leads, make, sweep),
		cmocka_unit_test_setup_teardown(another_users_folder_is_refused, make, sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
