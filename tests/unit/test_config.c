// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_config.c - the configuration file: what it means,
 * and that each mistake is told with its line
 */
/* link: loader/config.c loader/config_read.c loader/config_lines.c loader/setup.c */
/* link: loader/config_reader.c loader/config_classes.c loader/config_ports.c */
/* link: loader/config_address.c */
/* link: loader/config_domains.c loader/config_wire.c lib/key.c loader/units.c loader/iface.c */
/* link: lib/netif.c loader/netdev.c loader/out.c lib/why.c */
/* links more: a configuration is read by one call, which all of these answer */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "loader/setup.h"

#include <cmocka.h> /* last: its fail() is a macro */

static const char whole[] =
	"domains:\n"                                                            /* 1 */
	"  - queue: 2\n"
	"    cpus: [0, 0]\n"
	"  - {queue: 0, cpus: [1], user: 1000}\n"
	"fallback: drop\n"                                                      /* 5 */
	"hang: {after: 250ms, action: kill}\n"
	"address: [198.18.0.2, \"fd00::2\"]\n"
	"stamp: true\n"
	"core_ring: 128\n"
	"hold_ring: 512\n"                                                      /* 10 */
	"chunk: 4096\n"
	"spare: 99\n"
	"classes:\n"
	"  - {name: short, slo: 50us, quantum: 5us, hold: 448, requeue: head}\n"
	"  - name: long\n"                                                      /* 15 */
	"ports:\n"
	"  - {port: 9000, default: long, key: {offset: 2, length: 8}}\n"
	"  - port: 9001\n"
	"rules:\n"
	"  - {port: 9001, value: \"get \", class: long}\n"                      /* 20 */
	"  - {port: 9000, offset: 1, value: 0x01, mask: 0x0f, width: 1, class: short}\n"
	"  - {port: 9001, value: 0x02, class: short}\n"
	"knobs: [7, 0xffffffffffffffff]\n"
	"drain: 90s\n";

/* Reads text as a file; the failure's words are in said. */
static char said[1024];

static int read_text(const char *text, size_t len, struct setup *s)
{
	char path[] = "/tmp/test_config.XXXXXX";
	struct ctl ctl = { 0 };
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	err = setup_from_file(&ctl, path, s);
	unlink(path);
	snprintf(said, sizeof(said), "%s",
		 ctl.why.text ? ctl.why.text + (err ? strlen(path) : 0) : "");
	ctl_forget(&ctl);
	return err;
}

static void test_a_whole_file_means_what_it_says(void **state)
{
	struct setup s;

	assert_int_equal(read_text(whole, strlen(whole), &s), 0);
	assert_int_equal(s.cfg.abi, SHUNT_ABI);
	assert_int_equal(s.cfg.ndomains, 2);
	assert_int_equal(s.cfg.nclasses, 2);
	assert_int_equal(s.cfg.fallback, SHUNT_FALLBACK_DROP);
	assert_int_equal(s.cfg.hang, SHUNT_HANG_KILL);
	assert_int_equal(s.cfg.hang_ms, 250);
	assert_int_equal(s.cfg.flags, SHUNT_CFG_ADDR4 | SHUNT_CFG_ADDR6 | SHUNT_CFG_STAMP);
	assert_int_equal(s.cfg.addr4, htonl(0xc6120002));
	assert_int_equal(s.cfg.addr6[3], htonl(2));
	assert_int_equal(s.cfg.core_ring, 128);
	assert_int_equal(s.cfg.hold_ring, 512);
	assert_int_equal(s.cfg.chunk, 4096);
	assert_int_equal(s.cfg.spare_frames, 99);
	assert_int_equal(s.domains[0].on, 1);
	assert_int_equal(s.domains[0].ncores, 2);
	assert_int_equal(s.domains[1].on, 1);
	assert_int_equal(s.domains[1].ncores, 1);
	assert_int_equal(s.domains[2].on, 0);
	assert_int_equal(s.domains[0].user, 0);
	assert_int_equal(s.domains[1].user, 1001);
	assert_int_equal(s.cfg.drain_ms, 90000);
	assert_string_equal(s.classes[0].name, "short");
	assert_int_equal(s.classes[0].requeue, SHUNT_HEAD);
	assert_int_equal(s.classes[1].requeue, SHUNT_TAIL);
	assert_int_equal(s.slo_us[0], 50);
	assert_int_equal(s.slo_us[1], 0);
	assert_int_equal(s.quantum_us[0], 5);
	assert_int_equal(s.hold_limit[0], 448);
	assert_true(s.knobs[0] == 7 && s.knobs[1] == ~0ULL && s.knobs[2] == 0);
}

static void test_a_domain_s_number_is_its_place_in_the_file(void **state)
{
	static const char text[] = "domains:\n  - {queue: 127, cpus: [7]}\n  - {queue: 3, cpus: "
				   "[8]}\nports:\n  - port: 9000\n";
	struct setup s;

	assert_int_equal(read_text(text, strlen(text), &s), 0);
	assert_int_equal(s.cfg.ndomains, 2);
	assert_true(s.domains[0].nqueues == 1 && s.domains[0].queue[0] == 127 &&
		    !s.domains[0].by_queue);
	assert_true(s.domains[1].nqueues == 1 && s.domains[1].queue[0] == 3 &&
		    s.domains[1].cpu[0] == 8);
	assert_true(s.queues[127].domain == 1 && s.queues[3].domain == 2 && !s.queues[0].domain);
}

static void test_digits_in_quotes_are_text(void **state)
{
	static const char text[] = "ports:\n  - port: 9000\nclasses:\n  - name: a\n"
				   "rules:\n  - {port: 9000, value: \"02\", class: a}\n";
	struct setup s;

	assert_int_equal(read_text(text, strlen(text), &s), 0);
	assert_int_equal(s.nrules, 1);
	assert_memory_equal(&s.rules[0].value, "02\0\0\0\0\0\0", 8);
}

static void test_queues_of_a_domain_are_a_core_each(void **state)
{
	static const char text[] =
		"domains:\n  - {queues: [3, 1], cpus: [7, 8]}\n  - queues: [0, 5, 4]\n"
		"ports:\n  - port: 9000\n";
	struct setup s;

	assert_int_equal(read_text(text, strlen(text), &s), 0);
	assert_int_equal(s.cfg.ndomains, 2);
	assert_true(s.domains[0].on && s.domains[0].nqueues == 2 && s.domains[0].ncores == 2);
	assert_true(s.domains[0].by_queue && s.domains[0].queue[0] == 3 &&
		    s.domains[0].queue[1] == 1);
	assert_true(s.domains[0].cpu[0] == 7 && s.domains[0].cpu[1] == 8);
	assert_true(s.queues[3].domain == 1 && s.queues[3].core == 0);
	assert_true(s.queues[1].domain == 1 && s.queues[1].core == 1);
	assert_true(s.domains[1].on && s.domains[1].ncores == 3 && s.domains[1].by_queue);
	assert_true(s.queues[4].domain == 2 && s.queues[4].core == 2);
	assert_true(setup_serves(&s, 5) && !setup_serves(&s, 2));
}

static void test_a_user_goes_by_its_name_too_and_root_is_one(void **state)
{
	static const char text[] = "domains:\n  - {queue: 1, user: root}\nports:\n  - port: 9000\n";
	struct setup s;

	assert_int_equal(read_text(text, strlen(text), &s), 0);
	assert_int_equal(s.domains[0].user, 1);
}

static void test_domains_share_cpus_if_they_are_told_to(void **state)
{
	static const char text[] =
		"domains:\n  - {queue: 0, cpus: [7, 8]}\n  - {queue: 1, cpus: [8]}\n"
		"share_cpus: true\nports:\n  - port: 9000\n";
	struct setup s;

	assert_int_equal(read_text(text, strlen(text), &s), 0);
	assert_true(s.domains[0].cpu[1] == 8 && s.domains[1].cpu[0] == 8);
}

static void test_rules_lie_by_port_in_the_order_of_the_file(void **state)
{
	struct setup s;

	assert_int_equal(read_text(whole, strlen(whole), &s), 0);
	assert_int_equal(s.nports, 2);
	assert_int_equal(s.ports[0].port, 9000);
	assert_int_equal(s.ports[0].value.cls, 1);
	assert_int_equal(s.ports[0].value.key_len, 8);
	assert_int_equal(s.ports[0].value.key_off, 2);
	assert_int_equal(s.ports[0].value.first, 0);
	assert_int_equal(s.ports[0].value.count, 1);
	assert_int_equal(s.ports[1].value.first, 1);
	assert_int_equal(s.ports[1].value.count, 2);
	assert_int_equal(s.nrules, 3);
	assert_memory_equal(&s.rules[1].value, "get ", 4);
	assert_int_equal(s.rules[1].cls, 1);
	assert_int_equal(s.rules[2].cls, 0);
}

static void test_defaults_are_sound(void **state)
{
	static const char text[] = "ports: [{port: 7}]\n";
	struct setup s;

	assert_int_equal(read_text(text, strlen(text), &s), 0);
	assert_int_equal(s.cfg.nclasses, 1);
	assert_string_equal(s.classes[0].name, "default");
	assert_int_equal(s.cfg.chunk, 2048);
	assert_int_equal(s.cfg.core_ring, 256);
	assert_int_equal(s.cfg.hold_ring, 1024);
	assert_int_equal(s.cfg.fallback, SHUNT_FALLBACK_HOLD);
	assert_int_equal(s.cfg.hold_age_ms, 1000);
	assert_int_equal(s.cfg.flags & SHUNT_CFG_ANY_ADDR, 0);
	assert_int_equal(s.verify, SETUP_VERIFY_AUTO);
	assert_int_equal(s.domains[0].on, 1);
	assert_true(s.domains[0].ncores >= 1);
	assert_int_equal(s.ports[0].value.flags, SHUNT_PORT_ON);
}

static void test_what_is_let_in_and_how_long_it_waits(void **state)
{
	static const char text[] =
		"ports: [{port: 7}]\nany-address: on\nverify: ip\nhold: {age: 250ms}\n";
	static const char never[] = "ports: [{port: 7}]\nverify: off\nhold: {age: none}\n";
	struct setup s;

	assert_int_equal(read_text(text, strlen(text), &s), 0);
	assert_true(s.cfg.flags & SHUNT_CFG_ANY_ADDR);
	assert_int_equal(s.verify, SETUP_VERIFY_IP);
	assert_int_equal(s.cfg.hold_age_ms, 250);
	assert_int_equal(read_text(never, strlen(never), &s), 0);
	assert_int_equal(s.verify, SETUP_VERIFY_OFF);
	assert_int_equal(s.cfg.hold_age_ms, 0);
}

static void test_cpus_may_be_ranges(void **state)
{
	static const char text[] =
		"domains: [{queue: 0, cpus: [1-3, 7, 5-5]}]\nports: [{port: 1}]\n";
	static const __u16 cpus[] = { 1, 2, 3, 7, 5 };
	struct setup s;

	assert_int_equal(read_text(text, strlen(text), &s), 0);
	assert_int_equal(s.domains[0].ncores, 5);
	assert_memory_equal(s.domains[0].cpu, cpus, sizeof(cpus));
}

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
		{ "stamp: true", "hold: {age: 50us}", 8, "milliseconds" },
		{ "stamp: true", "hold: {aeg: 1s}", 8, "unknown key 'aeg'" },
		{ "stamp: true", "any-address: yes", 7, "any-address" },
		{ "stamp: true", "verify: tcp", 8, "tcp" },
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
		{ "user: 1000", "user: no-such-user", 4, "no such user" },
		{ "user: 1000", "user: 4294967295", 4, "no such user" },
		{ "user: 1000", "user: -1", 4, "no such user" },
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
		{ "slo: 50us", "slo: 11s", 14, "microseconds" },
		{ "port: 9001\n", "port: 9000\n", 18, "twice" },
		{ "port: 9001\n", "port: 65536\n", 18, "UDP port" },
		{ "default: long", "default: lung", 17, "no class 'lung' in 'classes'" },
		{ "length: 8", "length: 33", 17, "32 bytes" },
		{ "offset: 2,", "offset: 4095,", 17, "too far" },
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
	char whole[512];

	snprintf(whole, sizeof(whole), text, ", demote_after: 1, demote_to: a");
	assert_int_not_equal(read_text(whole, strlen(whole), &s), 0);
	assert_non_null(
		strstr(said, ":3: classes[1].demote_to: demotion leads from 'a' back to 'a'"));
	snprintf(whole, sizeof(whole), text, "");
	assert_int_equal(read_text(whole, strlen(whole), &s), 0);
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

static void test_what_is_on_or_off_is_spelt_alike_everywhere(void **state)
{
	static const char *const on[] = { "on", "true", "yes" }, *const off[] = { "off", "false",
										  "no" };
	struct setup s;
	char text[256];

	for (int i = 0; i < 6; i++) {
		snprintf(text, sizeof(text),
			 "stamp: %1$s\nany-address: %1$s\nshare_cpus: %1$s\nports: [{port: 1}]\n"
			 "domains: [{queue: 0, cpus: [0]}, {queue: 1, cpus: [%2$d]}]\nverify: %3$s\n",
			 i < 3 ? on[i] : off[i - 3], i < 3 ? 0 : 1, off[i % 3]);
		assert_int_equal(read_text(text, strlen(text), &s), 0);
		assert_int_equal(s.cfg.flags & (SHUNT_CFG_STAMP | SHUNT_CFG_ANY_ADDR),
				 i < 3 ? SHUNT_CFG_STAMP | SHUNT_CFG_ANY_ADDR : 0);
		assert_int_equal(s.verify, SETUP_VERIFY_OFF);
	}
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
	char text[sizeof(whole)];
	struct setup s;
	unsigned int seed = 1;

	for (size_t cut = 0; cut < len; cut++)
		read_text(whole, cut, &s);
	for (int i = 0; i < 2000; i++) {
		memcpy(text, whole, sizeof(whole));
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
		cmocka_unit_test(test_a_whole_file_means_what_it_says),
		cmocka_unit_test(test_a_domain_s_number_is_its_place_in_the_file),
		cmocka_unit_test(test_digits_in_quotes_are_text),
		cmocka_unit_test(test_queues_of_a_domain_are_a_core_each),
		cmocka_unit_test(test_a_user_goes_by_its_name_too_and_root_is_one),
		cmocka_unit_test(test_domains_share_cpus_if_they_are_told_to),
		cmocka_unit_test(test_rules_lie_by_port_in_the_order_of_the_file),
		cmocka_unit_test(test_defaults_are_sound),
		cmocka_unit_test(test_what_is_let_in_and_how_long_it_waits),
		cmocka_unit_test(test_cpus_may_be_ranges),
		cmocka_unit_test(test_mistakes_are_told_with_their_line),
		cmocka_unit_test(test_demotion_in_circles_is_refused),
		cmocka_unit_test(test_aliases_are_refused_before_they_are_followed),
		cmocka_unit_test(test_nesting_is_refused_before_it_takes_time),
		cmocka_unit_test(test_what_is_on_or_off_is_spelt_alike_everywhere),
		cmocka_unit_test(test_too_much_is_refused),
		cmocka_unit_test(test_damaged_files_never_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
