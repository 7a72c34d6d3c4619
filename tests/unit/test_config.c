// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_config.c - the configuration file: the meaning of each key
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
/* links more: a configuration is read by one call, which all of these answer */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "config_text.h"
#include "loader/setup.h"

#include <cmocka.h> /* last: its fail() is a macro */

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

static void test_a_class_may_say_what_is_let_in_and_when_it_expires(void **state)
{
	static const char text[] = "classes:\n  - {name: a, slo: 1ms, expire: 4, admit: off}\n"
				   "  - {name: b, admit: 80%}\n  - {name: c, admit: yes}\n"
				   "  - name: d\n  - {name: e, expire: none}\n"
				   "  - {name: f, expire: 0}\nports:\n  - port: 9000\n";
	struct setup s;

	assert_int_equal(read_text(text, strlen(text), &s), 0);
	assert_int_equal(s.classes[0].expire, 4);
	assert_int_equal(s.classes[1].expire, 0);
	assert_int_equal(s.classes[4].expire, 0);
	assert_int_equal(s.classes[5].expire, 0);
	assert_int_equal(s.admit[0], SHUNT_ADMIT_ALL);
	assert_int_equal(s.admit[1], 80);
	assert_int_equal(s.admit[2], 100);
	assert_int_equal(s.admit[3], 0);
}

static void test_a_class_may_have_a_guaranteed_share(void **state)
{
	static const char text[] = "classes:\n  - {name: a, least: 5%}\n  - {name: b, least: 95%}\n"
				   "  - {name: c, least: none}\n  - name: d\nports:\n  - port: 9000\n";
	struct setup s;

	assert_int_equal(read_text(text, strlen(text), &s), 0);
	assert_int_equal(s.least[0], 5);
	assert_int_equal(s.least[1], 95);
	assert_int_equal(s.least[2], 0);
	assert_int_equal(s.least[3], 0);
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

static void test_programs_lie_by_port_with_a_class_for_each_procedure(void **state)
{
	static const char text[] =
		"classes: [{name: a}, {name: b}, {name: c}]\n"
		"ports:\n"
		"  - {port: 9000, default: b}\n"
		"  - port: 9001\n"
		"rpc:\n"
		"  - {port: 9001, program: 400100, version: 3, procedures: [4, 54], class: c}\n"
		"  - {port: 9000, program: 400100, version: 1, class: a}\n"
		"  - {port: 9001, program: 7, version: 0xffffffff, class: b}\n"
		"  - {port: 9000, program: 400100, version: 1, procedures: [0], class: c}\n"
		"  - {port: 9000, program: 400101, version: 1, procedures: [1], class: c}\n";
	struct setup s;

	assert_int_equal(read_text(text, strlen(text), &s), 0);
	assert_int_equal(s.nprograms, 4);
	assert_int_equal(s.ports[0].value.flags, SHUNT_PORT_ON | SHUNT_PORT_RPC);
	assert_int_equal(s.ports[0].value.first, 0);
	assert_int_equal(s.ports[0].value.count, 2);
	assert_int_equal(s.ports[1].value.first, 2);
	assert_int_equal(s.ports[1].value.count, 2);
	assert_int_equal(s.programs[0].program, htonl(400100));
	assert_int_equal(s.programs[0].version, htonl(1));
	assert_int_equal(s.programs[0].cls[0], 2);
	assert_int_equal(s.programs[0].cls[1], 0);
	/* Without a class of all procedures it is the port's. */
	assert_int_equal(s.programs[1].cls[1], 2);
	assert_int_equal(s.programs[1].cls[2], 1);
	assert_int_equal(s.programs[2].cls[4], 2);
	assert_int_equal(s.programs[2].cls[54], 2);
	assert_int_equal(s.programs[2].cls[55], 0);
	assert_int_equal(s.programs[3].version, ~0u);
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

static void test_zerocopy_is_demanded_forbidden_or_left_to_the_driver(void **state)
{
	static const struct {
		const char *line;
		__u32 flags;
	} texts[] = {
		{ "", 0 },
		{ "zerocopy: auto\n", 0 },
		{ "zerocopy: on\n", SHUNT_CFG_ZEROCOPY },
		{ "zerocopy: yes\n", SHUNT_CFG_ZEROCOPY },
		{ "zerocopy: off\n", SHUNT_CFG_COPY },
		{ "zerocopy: false\n", SHUNT_CFG_COPY },
	};
	struct setup s;
	char text[64];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		snprintf(text, sizeof(text), "%sports: [{port: 7}]\n", texts[i].line);
		assert_int_equal(read_text(text, strlen(text), &s), 0);
		assert_int_equal(s.cfg.flags & (SHUNT_CFG_ZEROCOPY | SHUNT_CFG_COPY),
				 texts[i].flags);
	}
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

static void assert_refuses(const struct setup *s, int i, int kind, __u32 rate, __u32 batch)
{
	const struct shunt_refuse *r = &s->refuse[s->ports[i].value.flags >> SHUNT_PORT_REFUSAL];

	assert_int_equal(s->ports[i].value.flags & SHUNT_PORT_ON, SHUNT_PORT_ON);
	assert_int_equal(r->kind, kind);
	assert_int_equal(r->rate, rate);
	assert_int_equal(r->batch, batch);
	assert_int_equal(r->port, kind ? s->ports[i].port : 0);
}

static void test_a_port_refuses_by_a_word_or_by_bytes(void **state)
{
	static const char text[] =
		"ports:\n  - {port: 1, refuse: memcached}\n  - port: 2\n    refuse: \"dns\"\n"
		"  - {port: 3, refuse: {protocol: onc-rpc, rate: 3}}\n  - {port: 4, refuse: drop}\n"
		"  - port: 5\n  - {port: 6, refuse: {reply: 0x00ff, offset: 2, rate: 1000000}}\n"
		"  - {port: 7, refuse: {reply: \"no\", length: 9}}\n"
		"  - refuse:   dns # \xc3\xa9\n    port: 8\n";
	struct setup s;

	assert_int_equal(read_text(text, strlen(text), &s), 0);
	assert_int_equal(s.nports, 8);
	assert_int_equal(s.nrefusals, 6);
	assert_refuses(&s, 0, SHUNT_REFUSE_MEMCACHED, 100000, 50);
	assert_refuses(&s, 1, SHUNT_REFUSE_DNS, 100000, 50);
	assert_refuses(&s, 2, SHUNT_REFUSE_ONC_RPC, 3, 1);
	assert_refuses(&s, 3, SHUNT_REFUSE_DROP, 0, 0);
	assert_refuses(&s, 4, SHUNT_REFUSE_DROP, 0, 0);
	assert_refuses(&s, 5, SHUNT_REFUSE_REPLY, 1000000, 64);
	assert_refuses(&s, 6, SHUNT_REFUSE_REPLY, 100000, 50);
	assert_refuses(&s, 7, SHUNT_REFUSE_DNS, 100000, 50);
	assert_int_equal(s.refuse[1].step_ns, 500000);
	assert_int_equal(s.refuse[3].step_ns, 333333334);
	assert_int_equal(s.refuse[4].step_ns, 64000);
	assert_memory_equal(s.refuse[4].bytes, "\0\xff\0", 3);
	assert_true(s.refuse[4].count == 2 && s.refuse[4].offset == 2 && s.refuse[4].length == 4);
	assert_memory_equal(s.refuse[5].bytes, "no\0", 3);
	assert_true(s.refuse[5].count == 2 && !s.refuse[5].offset && s.refuse[5].length == 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_whole_file_means_what_it_says),
		cmocka_unit_test(test_a_class_may_say_what_is_let_in_and_when_it_expires),
		cmocka_unit_test(test_a_class_may_have_a_guaranteed_share),
		cmocka_unit_test(test_a_domain_s_number_is_its_place_in_the_file),
		cmocka_unit_test(test_digits_in_quotes_are_text),
		cmocka_unit_test(test_queues_of_a_domain_are_a_core_each),
		cmocka_unit_test(test_a_user_goes_by_its_name_too_and_root_is_one),
		cmocka_unit_test(test_domains_share_cpus_if_they_are_told_to),
		cmocka_unit_test(test_programs_lie_by_port_with_a_class_for_each_procedure),
		cmocka_unit_test(test_rules_lie_by_port_in_the_order_of_the_file),
		cmocka_unit_test(test_defaults_are_sound),
		cmocka_unit_test(test_what_is_let_in_and_how_long_it_waits),
		cmocka_unit_test(test_zerocopy_is_demanded_forbidden_or_left_to_the_driver),
		cmocka_unit_test(test_cpus_may_be_ranges),
		cmocka_unit_test(test_a_port_refuses_by_a_word_or_by_bytes),
		cmocka_unit_test(test_what_is_on_or_off_is_spelt_alike_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
