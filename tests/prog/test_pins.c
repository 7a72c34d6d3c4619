// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_pins.c - a pinned map is opened if it is as shunt makes
 * it; the kernel copies its values without asking for room
 */
/* link: lib/pins.c lib/why.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <shunt/abi.h>

#include "pins.h"

static struct shunt_pins pins = { .ifname = "eth0" };

/* A bpffs of this process alone. */
static int make_bpffs(void **arg)
{
	return unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	       mount("bpf", SHUNT_BPFFS, "bpf", 0, NULL) || mkdir(SHUNT_BPFFS "/shunt", 0755) ||
	       mkdir(SHUNT_BPFFS "/shunt/eth0", 0755);
}

static int unpin(void **arg)
{
	unlink(SHUNT_BPFFS "/shunt/eth0/cfg");
	return 0;
}

/* A map whose values are all 'A's, pinned as cfg. */
static void pin(enum bpf_map_type type, __u32 key, size_t value, __u32 entries)
{
	int fd = bpf_map_create(type, "trial", key, value, entries, NULL);
	char *v = malloc(value);
	__u64 zero = 0;

	assert_true(fd >= 0);
	assert_non_null(v);
	memset(v, 'A', value);
	assert_int_equal(bpf_map_update_elem(fd, &zero, v, 0), 0);
	free(v);
	assert_int_equal(bpf_obj_pin(fd, SHUNT_BPFFS "/shunt/eth0/cfg"), 0);
	close(fd);
}

static void refused(void)
{
	struct why why = { 0 };

	assert_int_equal(shunt_pin_open(&pins, "cfg"), -EPROTO);
	assert_int_equal(shunt_check_abi(&pins, &why), -EPROTO);
	assert_non_null(strstr(why.text, "eth0"));
}

/* A worker that may pin has such a map: its own view. */
static void a_map_with_longer_values_is_not_read(void **arg)
{
	pin(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct shunt_view), 1);
	refused();
}

static void a_map_of_another_kind_is_refused(void **arg)
{
	pin(BPF_MAP_TYPE_HASH, 4, sizeof(struct shunt_cfg), 1);
	refused();
	unpin(arg);
	pin(BPF_MAP_TYPE_HASH, 8, sizeof(struct shunt_cfg), 1);
	refused();
	unpin(arg);
	pin(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct shunt_cfg) - 8, 1);
	refused();
	unpin(arg);
	pin(BPF_MAP_TYPE_ARRAY, 4, 2, 1);
	refused();
	unpin(arg);
}

static void a_map_with_other_entries_is_refused(void **arg)
{
	pin(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct shunt_cfg), 2);
	assert_int_equal(shunt_pin_open(&pins, "cfg"), -EPROTO);
}

static void a_map_as_shunt_makes_it_is_opened_and_its_abi_read(void **arg)
{
	struct why why = { 0 };
	int fd;

	pin(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct shunt_cfg), 1);
	fd = shunt_pin_open(&pins, "cfg");
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(shunt_check_abi(&pins, &why), -EPROTO);
	assert_non_null(strstr(why.text, "ABI 1094795585")); /* "AAAA" */
}

/* The configuration of another version may be longer or shorter. */
static void another_abi_is_named_whatever_the_length(void **arg)
{
	struct why why = { 0 };

	pin(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct shunt_cfg) + 64, 1);
	assert_int_equal(shunt_check_abi(&pins, &why), -EPROTO);
	assert_non_null(strstr(why.text, "ABI 1094795585"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_map_with_longer_values_is_not_read, unpin),
		cmocka_unit_test_teardown(a_map_of_another_kind_is_refused, unpin),
		cmocka_unit_test_teardown(a_map_with_other_entries_is_refused, unpin),
		cmocka_unit_test_teardown(a_map_as_shunt_makes_it_is_opened_and_its_abi_read,
					  unpin),
		cmocka_unit_test_teardown(another_abi_is_named_whatever_the_length, unpin),
	};

	return cmocka_run_group_tests(tests, make_bpffs, NULL);
}
