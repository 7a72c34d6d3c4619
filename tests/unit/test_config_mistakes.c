// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_config_mistakes.c - the configuration file: each mistake is told with its line
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
#include <time.h>

#include "config_text.h"
#include "loader/setup.h"

#include <cmocka.h> /* last: its fail() is a macro */

/* One edit of the whole file, the line of the complaint and a word of it. */
static void test_mistakes_are_told_with_their_line(void **state)
{
	static const struct {
		const char *from, *to;
		int line;
		const char *word;
	} edits[] = {
		{ "fallback", "fallbak", 5, "unknown key 'fallbak'" },
		{ "action: kill", "aktion: kill", 6, "unknown key 'aktion'" },
		{ "quantum: 5us", "port: 5", 14, "unknown key 'port'" },
		{ "mask: 0x0f", "msk: 0x0f", 21, "unknown key 'msk'" },
		{ "stamp: true", "stamp: perhaps", 8,
		  "stamp: 'perhaps' is none of on, off, true, false, yes, no" },
		{ "stamp: true", "share_cpus: 1", 8,
		  "share_cpus: '1' is none of on, off, true, false, yes, no" },
		{ "stamp: true", "any-address: enable", 8,
		  "any-address: 'enable' is none of on, off, true, false, yes, no" },
		{ "stamp: true", "preempt: {mode: maybe}", 8,
		  "mode: 'maybe' is none of auto, on, off" },
		{ "stamp: true", "fallback: hold", 8, "said twice" },
		{ "stamp: true", "rpc: [{port: 9002, program: 1, version: 1, class: long}]", 8,
		  "not one of 'ports'" },
		{ "stamp: true", "rpc: [{port: 9000, program: 1, version: 1, class: none}]", 8,
		  "none" },
		{ "stamp: true", "rpc: [{port: 9000, program: 1, class: long}]", 8, "version" },
		{ "stamp: true",
		  "rpc: [{port: 9000, program: 1, version: 1, class: long, procedures: [55]}]", 8,
		  "procedures 0 to 54" },
		{ "stamp: true", "rpc: [{port: 9000, program: 1, version: 1, class: long}]", 21,
		  "told apart by 'rpc'" },
		{ "stamp: true", "hold: {age: 50us}", 8, "milliseconds" },
		{ "stamp: true", "hold: {aeg: 1s}", 8, "unknown key 'aeg'" },
		{ "stamp: true", "any-address: yes", 7, "any-address" },
		{ "stamp: true", "verify: tcp", 8, "tcp" },
		{ "stamp: true", "zerocopy: maybe", 8,
		  "zerocopy: 'maybe' is none of auto, on, off, true, false, yes, no" },
		{ "fallback: drop", "fallback: keep", 5, "keep" },
		{ "requeue: head", "requeue: 1", 14, "1" },
		{ "queue: 2", "queue: 128", 2, "queues 0 to 127" },
		{ "queue: 2", "queue: 0", 4, "twice" },
		{ "queue: 2", "queue: two", 2, "two" },
		{ "queue: 2", "queues: [2, 3, 2]", 2, "twice" },
		{ "queue: 2", "queues: [2, 0]", 4, "twice" },
		{ "queue: 2", "queues: [1, 2, 3]", 3, "one CPU for each queue" },
		{ "queue: 2", "queues: [1, 128]", 2, "queues 0 to 127" },
		{ "queue: 0, cpus", "queue: 0, queues: [1], cpus", 4, "not both" },
		{ "queue: 0, cpus", "cpus", 4, "is missing" },
		{ "cpus: [0, 0]", "cpus: [0, 70000]", 3, "CPU" },
		{ "cpus: [0, 0]", "cpus: [0, 3-1]", 3, "domains[0].cpus[1]: '3-1' is no CPU" },
		{ "cpus: [0, 0]", "cpus: [0-63, 0]", 3,
		  "'0' is no CPU and no range of them such as 4-7, of 64" },
		{ "cpus: [0, 0]", "cpus: 0", 3, "cpus is a list: cpus: [...]" },
		{ "{after: 250ms, action: kill}", "250ms", 6,
		  "hang has keys of its own: after action" },
		{ "slo: 50us", "slo: [50us]", 14, "slo is one value" },
		{ "stamp: true", "stamp: [true]", 8, "stamp is one value" },
		{ "fallback: drop", "fallback: pas", 5,
		  "fallback: 'pas' is none of hold, pass, drop" },
		{ "action: kill", "action: kil", 6, "action: 'kil' is none of tell, kill" },
		{ "core_ring: 128", "core_ring: many", 9, "core_ring: 'many' is no number" },
		{ "cpus: [0, 0]", "cpus: [0, 1]", 4, "CPU 1 is named by domains[0], too" },
		{ "user: 1000", "user: no-such-user", 4, "there is no user" },
		{ "user: 1000", "user: 4294967295", 4, "there is no user" },
		{ "user: 1000", "user: -1", 4, "there is no user" },
		{ "drain: 90s", "drain: 90", 24, "no time" },
		{ "drain: 90s", "drain: 2h", 24, "no time" },
		{ "drain: 90s", "drain: 3601s", 24, "3600s" },
		{ "after: 250ms", "after: 250", 6, "no time" },
		{ "after: 250ms", "after: 50us", 6, "milliseconds" },
		{ "198.18.0.2", "198.18.0.2.3", 7, "address" },
		{ "\"fd00::2\"", "198.18.0.3", 7, "family" },
		{ "198.18.0.2", "0.0.0.0", 7, "say 'any-address: on' in place of 'address'" },
		{ "\"fd00::2\"", "\"::\"", 7, "say 'any-address: on' in place of 'address'" },
		{ "198.18.0.2", "0.0.0.9", 7, "reserved address" },
		{ "198.18.0.2", "127.0.0.1", 7, "loopback address" },
		{ "\"fd00::2\"", "\"::1\"", 7, "loopback address" },
		{ "198.18.0.2", "224.0.0.1", 7, "multicast address" },
		{ "\"fd00::2\"", "\"ff02::1\"", 7, "multicast address" },
		{ "198.18.0.2", "255.255.255.255", 7, "broadcast address" },
		{ "198.18.0.2", "240.0.0.1", 7, "reserved address" },
		{ "\"fd00::2\"", "\"::ffff:198.18.0.2\"", 7, "IPv6's form" },
		{ "slo: 50us", "slo: 0x10us", 14, "'0x10us' is no time: write 50us, 1.5ms or 1s" },
		{ "quantum: 5us", "quantum: 1e3us", 14,
		  "'1e3us' is no time: write 50us, 1.5ms or 1s" },
		{ "after: 250ms", "after: 0x10ms", 6, "no time" },
		{ "port: 9001\n", "port: 010\n", 18,
		  "port: '010' begins with 0: write it without" },
		{ "[7, 0xf", "[07, 0xf", 23, "knobs: '07' begins with 0" },
		{ "cpus: [0, 0]", "cpus: [0, 01]", 3, "domains[0].cpus[1]: '01' is no CPU" },
		{ "name: long", "{name: long, demote_after: 2, demote_to: long}", 15,
		  "from 'long' back to 'long'" },
		{ "drain: 90s\n", "drain: 90s\n---\ndrain: 1s\n", 25, "a second document begins" },
		{ "core_ring: 128", "core_ring: 129", 9, "power of two" },
		{ "core_ring: 128", "core_ring: 64", 9, "power of two" },
		{ "hold_ring: 512", "hold_ring: 256", 14, "hold_ring - 64" },
		{ "chunk: 4096", "chunk: 1024", 11, "2048 or 4096" },
		{ "name: long", "name: short", 15, "two classes" },
		{ "name: long", "name: a name", 15, "letters" },
		{ "name: long", "name: sixteen_letters_", 15, "" },
		{ "slo: 50us", "slo: 50", 14, "no time" },
		{ "slo: 50us", "slo: 50us, expire: 10001", 14,
		  "'10001' is no number from 0 to 10000" },
		{ "slo: 50us", "slo: 50us, expire: never", 14, "'never' is no number" },
		{ "slo: 50us", "slo: 50us, admit: maybe", 14,
		  "'maybe' is not on, off, or a part of the objective" },
		{ "slo: 50us", "slo: 50us, admit: 0%", 14, "from 1% to 1000%" },
		{ "slo: 50us", "slo: 50us, least: 5", 14,
		  "'5' is no part of the cores' time from 1% to 100%" },
		{ "slo: 50us", "slo: 50us, least: 101%", 14, "from 1% to 100%" },
		{ "name: long", "{name: long, least: 51%}\n  - {name: b, least: 50%}", 16,
		  "this is 101% of the cores' time: 100% at most" },
		{ "slo: 50us", "expire: 4", 14, "this class has none: give it an slo" },
		{ "slo: 50us", "slo: 11s", 14, "microseconds" },
		{ "port: 9001\n", "port: 9000\n", 18, "twice" },
		{ "port: 9001\n", "port: 65536\n", 18, "UDP port" },
		{ "default: long", "default: lung", 17, "no class 'lung' in 'classes'" },
		{ "length: 8", "length: 33", 17, "32 bytes" },
		{ "offset: 2,", "offset: 4095,", 17, "too far" },
		{ "length: 8}", "length: 8}, refuse: memcache", 17,
		  "protocol: 'memcache' is none of drop, memcached, dns, onc-rpc" },
		{ "length: 8}", "length: 8}, refuse: [dns]", 17,
		  "refuse has keys of its own: protocol reply offset length rate" },
		{ "length: 8}", "length: 8}, refuse: {reply: 0x}", 17, "1 to 64 bytes of two hex" },
		{ "length: 8}", "length: 8}, refuse: {reply: 12}", 17, "may be a number or text" },
		{ "length: 8}", "length: 8}, refuse: {reply: no, protocol: dns}", 17,
		  "one of the two" },
		{ "length: 8}", "length: 8}, refuse: {protocol: dns, offset: 1}", 17, "belong to" },
		{ "length: 8}", "length: 8}, refuse: {protocol: dns, length: 1}", 17, "belong to" },
		{ "length: 8}", "length: 8}, refuse: {rate: 5}", 17, "no reply to be sent" },
		{ "length: 8}", "length: 8}, refuse: {reply: no, rate: 0}", 17,
		  "no reply a second: 'refuse: drop' sends none" },
		{ "length: 8}", "length: 8}, refuse: {protocol: drop, rate: 0}", 17,
		  "no reply to be sent" },
		{ "length: 8}", "length: 8}, refuse: {reply: no, rate: 100000001}", 17,
		  "more than 100000000 replies" },
		{ "length: 8}", "length: 8}, refuse: {reply: no, offset: 1471}", 17,
		  "beyond 1472" },
		{ "length: 8}", "length: 8}, refuse: {reply: no, offset: 0xffffffff}", 17,
		  "beyond 1472" },
		{ "length: 8}", "length: 8}, refuse: {reply: no, length: 1473}", 17,
		  "more than 1472" },
		{ "length: 8}", "length: 8}, refuse: {reply: no, offset: 3, length: 4}", 17,
		  "end at 5, behind so short a reply" },
		{ "{port: 9000, offset: 1", "{port: 9002, offset: 1", 21, "not one of 'ports'" },
		{ "offset: 1,", "offset: 4096,", 21, "beyond" },
		{ "mask: 0x0f", "mask: 0x0fff", 21, "mask" },
		{ "mask: 0x0f", "mask: 0x02", 21, "never match" },
		{ "value: 0x02", "value: 02", 22,
		  "value: '02' may be a number or text: write two hex digits a byte behind 0x" },
		{ "value: 0x02", "value: 2", 22, "value: '2' may be a number or text" },
		{ "value: 0x02", "value: 0X02", 22, "value: '0X02' may be a number or text" },
		{ "mask: 0x0f", "mask: 15", 21, "mask: '15' may be a number or text" },
		{ "width: 1", "width: 2", 21, "width" },
		{ "class: short}\nknobs", "class: shirt}\nknobs", 22,
		  "no class 'shirt' in 'classes'" },
		{ "[7, 0xf", "[-7, 0xf", 23, "-7" },
		{ "ports:\n", "porridge:\n", 16, "unknown key 'porridge'" },
		{ "classes:\n", "classes: [\n", 13, "YAML" },
	};
	struct setup s;
	char text[2048], line[16];
	const char *at;

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		at = strstr(whole, edits[i].from);
		assert_non_null(at);
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - whole), whole, edits[i].to,
			 at + strlen(edits[i].from));
		snprintf(line, sizeof(line), ":%d: ", edits[i].line);
		said[0] = '\0';
		if (!read_text(text, strlen(text), &s))
			fail_msg("'%s' was accepted", edits[i].to);
		/* A flow sequence that is not closed is noticed later, where depends on libyaml. */
		if (strcmp(edits[i].word, "YAML") && strncmp(said, line, strlen(line)))
			fail_msg("'%s': not line %d: %s", edits[i].to, edits[i].line, said);
		if (!strstr(said, edits[i].word))
			fail_msg("'%s': no '%s' in: %s", edits[i].to, edits[i].word, said);
	}
}

/* b goes on as c, and c as a, which goes on as b: no end. d
 * is before them, and in no circle itself. */
static void test_demotion_in_circles_is_refused(void **state)
{
	static const char text[] = "classes:\n  - {name: d, demote_after: 1, demote_to: b}\n"
				   "  - {name: a, demote_after: 1, demote_to: b}\n"
				   "  - {name: b, demote_after: 1, demote_to: c}\n"
				   "  - {name: c%s}\nports:\n  - port: 9000\n";
	struct setup s;
	char circle[512];

	snprintf(circle, sizeof(circle), text, ", demote_after: 1, demote_to: a");
	assert_int_not_equal(read_text(circle, strlen(circle), &s), 0);
	assert_non_null(
		strstr(said, ":3: classes[1].demote_to: demotion leads from 'a' back to 'a'"));
	snprintf(circle, sizeof(circle), text, "");
	assert_int_equal(read_text(circle, strlen(circle), &s), 0);
}

/* Nine lines that stand for 9^9 values: refused at once, at the first alias. */
static void test_aliases_are_refused_before_they_are_followed(void **state)
{
	char *text = NULL;
	size_t len;
	struct setup s;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, "knobs: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
	for (int i = 1; i < 9; i++) {
		fprintf(f, "x%d: &a%d [", i, i);
		for (int k = 0; k < 9; k++)
			fprintf(f, "%s*a%d", k ? ", " : "", i - 1);
		fprintf(f, "]\n");
	}
	fclose(f);
	assert_int_not_equal(read_text(text, len, &s), 0);
	assert_non_null(
		strstr(said, ":2: '*' names another value (an alias): write that value here"));
	free(text);
}

/* Half a minute of libyaml's, were it read to its end. */
static void test_nesting_is_refused_before_it_takes_time(void **state)
{
	size_t len = 160000;
	char *text = malloc(len + 1);
	clock_t began = clock();
	struct setup s;

	memset(text, '[', len);
	memcpy(text, "ports: ", 7);
	text[len] = 0;
	assert_int_not_equal(read_text(text, len, &s), 0);
	assert_non_null(strstr(said, ":1: values within values, deeper than any key has them"));
	assert_true(clock() - began < 2 * CLOCKS_PER_SEC);
	free(text);
}

static void test_too_much_is_refused(void **state)
{
	char *text = NULL;
	size_t len;
	struct setup s;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, "ports:\n  - port: 1\nrules:\n");
	for (int i = 0; i < SHUNT_PORT_RULES + 1; i++)
		fprintf(f, "  - {port: 1, value: 0x01, class: default}\n");
	fclose(f);
	assert_int_not_equal(read_text(text, len, &s), 0);
	assert_non_null(strstr(said, ":36: rules[32]: a port has at most 32 rules"));
	free(text);
	f = open_memstream(&text, &len);
	fprintf(f, "ports:\n");
	for (int i = 0; i < SETUP_PORTS + 1; i++)
		fprintf(f, "  - port: %d\n", i + 1);
	fclose(f);
	assert_int_not_equal(read_text(text, len, &s), 0);
	assert_non_null(strstr(said, "64 ports"));
	free(text);
}

/* Whatever is cut off or flipped: an answer, no crash (the sanitizers watch). */
static void test_damaged_files_never_crash(void **state)
{
	size_t len = strlen(whole);
	char text[WHOLE_LEN];
	struct setup s;
	unsigned int seed = 1;

	for (size_t cut = 0; cut < len; cut++)
		read_text(whole, cut, &s);
	for (int i = 0; i < 2000; i++) {
		memcpy(text, whole, WHOLE_LEN);
		for (int k = rand_r(&seed) % 4; k >= 0; k--)
			text[rand_r(&seed) % len] = rand_r(&seed);
		if (!read_text(text, len, &s)) {
			assert_true(s.cfg.nclasses <= SHUNT_CLASSES);
			assert_true(s.cfg.ndomains <= SHUNT_DOMAINS);
			assert_true(s.nrules <= SHUNT_RULES);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mistakes_are_told_with_their_line),
		cmocka_unit_test(test_demotion_in_circles_is_refused),
		cmocka_unit_test(test_aliases_are_refused_before_they_are_followed),
		cmocka_unit_test(test_nesting_is_refused_before_it_takes_time),
		cmocka_unit_test(test_too_much_is_refused),
		cmocka_unit_test(test_damaged_files_never_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
