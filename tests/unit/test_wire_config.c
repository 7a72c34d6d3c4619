// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_wire_config.c - the hosts of a NIC and their keys, as the configuration names them
 */
/* link: loader/config.c loader/config_read.c loader/config_yaml.c loader/config_lines.c */
/* link: loader/setup.c */
/* link: loader/config_reader.c loader/config_classes.c loader/config_ports.c */
/* link: loader/config_address.c loader/config_auto.c loader/config_short.c */
/* link: loader/config_refuse.c loader/config_rpc.c loader/config_actors.c loader/actors.c */
/* link: loader/config_domains.c loader/config_seats.c */
/* link: loader/config_wire.c lib/key.c loader/units.c loader/iface.c */
/* link: lib/netif.c loader/netdev.c loader/out.c lib/why.c */
/* links more: as in test_config.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/setup.h"

#include <cmocka.h> /* last: its fail() is a macro */

#define ZERO "00112233445566778899aabbccddeeff"
#define ONE "00112233445566778899aabbccddee00"

static char dir[] = "/tmp/test_wire_config.XXXXXX";
static char said[1024];

static void put(const char *name, const char *text, mode_t mode)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static int make_keys(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	put("zero", ZERO "\n", 0600);
	put("one", ONE, 0600);
	put("same", ZERO, 0400);
	put("old", "0011223344556677\n", 0600);
	put("short", "0011", 0600);
	put("long", ZERO "0", 0600);
	put("two", ZERO "\n\n", 0600);
	put("letters", "g0112233445566778899aabbccddeeff", 0600);
	put("nothing", "00000000000000000000000000000000", 0600);
	put("open", ZERO, 0640);
	return 0;
}

static int remove_all(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

/* The section "wire" from its second line on; K/ stands for the folder of the keys. The failure's
 * words are in said. */
static int read_wire(const char *text, struct setup *s)
{
	struct ctl ctl = { 0 };
	char whole[1024], path[64];
	size_t at;
	int err;

	at = snprintf(whole, sizeof(whole), "ports: [{port: 9000}]\nwire:\n");
	for (; *text; text++) {
		if (!strncmp(text, "K/", 2))
			at += snprintf(whole + at, sizeof(whole) - at, "%s", dir), text++;
		if (*text == '/' && text[-1] == 'K')
			whole[at++] = '/';
		else
			whole[at++] = *text;
	}
	whole[at] = '\0';
	put("yaml", whole, 0600);
	snprintf(path, sizeof(path), "%s/yaml", dir);
	err = setup_from_file(&ctl, path, s);
	snprintf(said, sizeof(said), "%s", ctl.why.text ? ctl.why.text : "");
	ctl_forget(&ctl);
	return err;
}

static void a_single_host_needs_no_list(void **state)
{
	const struct shunt_key key = { { 0x0011223344556677, 0x8899aabbccddeeff } };
	struct setup s;

	assert_int_equal(read_wire("  key: K/zero\n  cores: [{mac: \"02:00:00:00:00:01\"}]\n", &s),
			 0);
	assert_int_equal(s.wire.ncores, 1);
	assert_int_equal(s.wire.core[0].group, 0);
	assert_memory_equal(&s.wire.core[0].key, &key, sizeof(key));
}

static void each_core_has_the_key_of_its_host(void **state)
{
	struct setup s;

	assert_int_equal(read_wire("  hosts: [{key: K/zero}, {key: K/one}]\n"
				   "  cores: [{mac: \"02:00:00:00:00:01\", host: 1}, {mac: "
				   "\"02:00:00:00:00:02\"}]\n",
				   &s),
			 0);
	assert_int_equal(s.wire.core[0].group, 1);
	assert_int_equal(s.wire.core[0].key.word[1], 0x8899aabbccddee00);
	assert_int_equal(s.wire.core[1].group, 0);
	assert_int_equal(s.wire.core[1].key.word[1], 0x8899aabbccddeeff);
}

static void what_would_let_one_host_speak_for_another_is_refused_in_words(void **state)
{
	static const struct {
		const char *text, *word;
	} cases[] = {
		{ "  key: K/zero\n  cores: [{mac: \"02:00:00:00:00:01\"}, {mac: "
		  "\"02:00:00:00:00:02\", host: 1}]\n",
		  "'key' is for a single host" },
		{ "  hosts: [{key: K/zero}, {key: K/same}]\n  cores: [{mac: "
		  "\"02:00:00:00:00:01\"}]\n",
		  "hosts 0 and 1 have the same key" },
		{ "  hosts: [{key: K/zero}]\n  cores: [{mac: \"02:00:00:00:00:01\", host: 1}]\n",
		  "no such host" },
		{ "  hosts: [{key: K/zero}]\n  cores: [{mac: \"02:00:00:00:00:01\", host: 4}]\n",
		  "at most 4 hosts" },
		{ "  key: K/zero\n  hosts: [{key: K/zero}]\n  cores: [{mac: "
		  "\"02:00:00:00:00:01\"}]\n",
		  "say 'key: FILE' for a single host" },
		{ "  cores: [{mac: \"02:00:00:00:00:01\"}]\n",
		  "say 'key: FILE' for a single host" },
	};
	struct setup s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!read_wire(cases[i].text, &s))
			fail_msg("accepted: %s", cases[i].text);
		if (!strstr(said, cases[i].word))
			fail_msg("no '%s' in: %s", cases[i].word, said);
	}
}

static void zerocopy_is_refused_as_a_nics_port_has_no_sockets(void **state)
{
	struct setup s;

	assert_int_not_equal(read_wire("  key: K/zero\n  cores: [{mac: \"02:00:00:00:00:01\"}]\n"
				       "zerocopy: on\n", &s), 0);
	assert_non_null(strstr(said, "zerocopy: a NIC's port has no sockets"));
}

static void a_key_is_32_digits_that_nobody_else_may_read(void **state)
{
	static const struct {
		const char *file, *word;
	} cases[] = {
		{ "old", "has 16 digits, as versions before 3 of the wire had" },
		{ "short", "is not 32 hexadecimal digits" },
		{ "long", "is not 32 hexadecimal digits" },
		{ "two", "is not 32 hexadecimal digits" },
		{ "letters", "is not 32 hexadecimal digits" },
		{ "nothing", "is not 32 hexadecimal digits" },
		{ "open", "others may read the key" },
		{ "missing", "cannot open the key" },
	};
	struct setup s;
	char text[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text),
			 "  key: K/%s\n  cores: [{mac: \"02:00:00:00:00:01\"}]\n", cases[i].file);
		if (!read_wire(text, &s))
			fail_msg("accepted: %s", cases[i].file);
		if (!strstr(said, cases[i].word))
			fail_msg("%s: no '%s' in: %s", cases[i].file, cases[i].word, said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_single_host_needs_no_list),
		cmocka_unit_test(each_core_has_the_key_of_its_host),
		cmocka_unit_test(what_would_let_one_host_speak_for_another_is_refused_in_words),
		cmocka_unit_test(zerocopy_is_refused_as_a_nics_port_has_no_sockets),
		cmocka_unit_test(a_key_is_32_digits_that_nobody_else_may_read),
	};

	return cmocka_run_group_tests(tests, make_keys, remove_all);
}
