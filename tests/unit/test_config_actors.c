// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_config_actors.c - the configuration file: actors, rules that name them, and mistakes in both
 */
/* link: loader/config.c loader/config_read.c loader/config_yaml.c loader/config_lines.c */
/* link: loader/setup.c */
/* link: loader/config_reader.c loader/config_classes.c loader/config_ports.c */
/* link: loader/config_address.c loader/config_auto.c loader/config_short.c */
/* link: loader/config_refuse.c loader/config_rpc.c loader/config_actors.c loader/actors.c */
/* link: loader/config_domains.c loader/config_seats.c */
/* link: loader/config_wire.c lib/key.c loader/units.c loader/iface.c */
/* link: lib/netif.c loader/netdev.c loader/out.c lib/why.c */
/* link: tests/unit/config_text.c */
/* links more: as in test_config.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_text.h"
#include "loader/actors.h"

#include <cmocka.h> /* last: its fail() is a macro */

/* 6 lines */
#define BEGIN                                                                                      \
	"domains:\n  - {queue: 0, cpus: [3, 4]}\n  - {queues: [1, 2], cpus: [5, 6]}\n"           \
	"classes: [{name: short}, {name: long}]\nports:\n"                                        \
	"  - {port: 9000, key: {offset: 4, length: 8}}\n"
#define NO_KEY "  - {port: 9001}\n"
#define ACTORS                                                                                     \
	"actors:\n  - {name: log, kind: journal, class: long, place: 0/1}\n"                      \
	"  - {name: kv, count: 3}\n"

static struct setup s;

static void read_it(const char *text)
{
	said[0] = '\0';
	if (read_text(text, strlen(text), &s))
		fail_msg("%s", said);
}

static void test_each_actor_has_a_row_of_its_own(void **state)
{
	read_it(BEGIN ACTORS "  - {name: far, place: 1}\n");
	assert_int_equal(s.cfg.nactors, 5);
	assert_true(s.cfg.flags & SHUNT_CFG_ACTORS);
	assert_string_equal(s.actors[0].name, "log");
	assert_string_equal(s.actors[0].kind, "journal");
	assert_int_equal(s.actors[0].cls, 1);
	assert_int_equal(s.actors[0].core, 2);
	assert_string_equal(s.actors[1].name, "kv.0");
	assert_string_equal(s.actors[3].name, "kv.2");
	assert_int_equal(s.actors[3].cls + s.actors[3].core + s.actors[3].domain, 0);
	assert_int_equal(s.actors[4].domain, 1);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(s.actors[i].gen, 1);
		assert_int_equal(s.actors[i].state, SHUNT_ACTOR_HERE);
	}
}

static void test_without_actors_there_is_no_row(void **state)
{
	read_it(BEGIN);
	assert_int_equal(s.cfg.nactors, 0);
	assert_false(s.cfg.flags & SHUNT_CFG_ACTORS);
}

static void test_a_rule_names_one_actor_or_all_of_an_entry(void **state)
{
	read_it(BEGIN ACTORS "rules:\n  - {port: 9000, value: 0x01, actor: kv}\n"
			     "  - {port: 9000, value: 0x02, actor: log}\n"
			     "  - {port: 9000, value: 0x03, actor: kv.2}\n"
			     "  - {port: 9000, value: 0x04, class: long}\n");
	assert_int_equal(s.rules[0].actor, 2);
	assert_int_equal(s.rules[0].spread, 3);
	assert_int_equal(s.rules[0].cls, 0);
	assert_int_equal(s.rules[1].actor, 1);
	assert_int_equal(s.rules[1].spread, 0);
	assert_int_equal(s.rules[1].cls, 1);
	assert_int_equal(s.rules[2].actor, 4);
	assert_int_equal(s.rules[2].spread, 0);
	assert_int_equal(s.rules[3].actor, 0);
}

static void test_mistakes_are_told_with_their_line(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *word;
	} bad[] = {
		{ BEGIN "actors:\n  - {name: a}\n  - {name: a}\n", 9, "named twice" },
		{ BEGIN "actors:\n  - {name: a.1}\n", 8, "a letter" },
		{ BEGIN "actors:\n  - {name: 1a}\n", 8, "a letter" },
		{ BEGIN "actors:\n  - {name: a, kind: b/c}\n", 8, "a letter" },
		{ BEGIN "actors:\n  - {name: a, class: none}\n", 8, "none" },
		{ BEGIN "actors:\n  - {name: a_long_name_xx, count: 3}\n", 8, "15 characters" },
		{ BEGIN "actors:\n  - {name: a, count: 1025}\n", 8, "more than 1024" },
		{ BEGIN "actors:\n  - {name: a, place: 2}\n", 8, "no domain 2" },
		{ BEGIN "actors:\n  - {name: a, place: 0/2}\n", 8, "no core 2" },
		{ BEGIN "actors:\n  - {name: a, place: 0/}\n", 8, "" },
		{ BEGIN "actors:\n  - {name: a, place: x}\n", 8, "" },
		{ BEGIN "actors:\n  - {name: a, place: 1/0}\n", 8, "the NIC chooses" },
		{ BEGIN ACTORS "rules:\n  - {port: 9000, value: 0x01, actor: none}\n", 11,
		  "no actor of" },
		{ BEGIN ACTORS "rules:\n  - {port: 9000, value: 0x01, actor: kv.3}\n", 11,
		  "no actor of" },
		{ BEGIN ACTORS "rules:\n  - {port: 9000, value: 0x01, actor: log, class: long}\n",
		  11, "not both" },
		{ BEGIN ACTORS "rules:\n  - {port: 9000, value: 0x01}\n", 11, "is missing" },
		{ BEGIN NO_KEY ACTORS "rules:\n  - {port: 9001, value: 0x01, actor: kv}\n", 12,
		  "needs a 'key'" },
	};
	char line[16];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), ":%d: ", bad[i].line);
		said[0] = '\0';
		if (!read_text(bad[i].text, strlen(bad[i].text), &s))
			fail_msg("%zu was accepted", i);
		if (strncmp(said, line, strlen(line)) || !strstr(said, bad[i].word))
			fail_msg("%zu: not line %d with '%s': %s", i, bad[i].line, bad[i].word,
				 said);
	}
}

static void test_a_row_is_found_by_its_name(void **state)
{
	__u32 first;

	read_it(BEGIN ACTORS);
	assert_int_equal(actors_find(s.actors, s.cfg.nactors, "kv.1"), 2);
	assert_int_equal(actors_find(s.actors, s.cfg.nactors, "kv"), -1);
	assert_int_equal(actors_find_all(s.actors, s.cfg.nactors, "kv", &first), 3);
	assert_int_equal(first, 1);
	assert_int_equal(actors_find_all(s.actors, s.cfg.nactors, "log", &first), 1);
	assert_int_equal(first, 0);
	assert_int_equal(actors_find_all(s.actors, s.cfg.nactors, "k", &first), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_actor_has_a_row_of_its_own),
		cmocka_unit_test(test_without_actors_there_is_no_row),
		cmocka_unit_test(test_a_rule_names_one_actor_or_all_of_an_entry),
		cmocka_unit_test(test_mistakes_are_told_with_their_line),
		cmocka_unit_test(test_a_row_is_found_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
