// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_config_seats.c - the configuration file: services that share CPUs, and those that cannot
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
#include "loader/setup.h"

#include <cmocka.h> /* last: its fail() is a macro */

#define A "domains:\n  - {queue: 0, cpus: [3], service: a}\n"
#define B "  - {queue: 1, cpus: [3], service: b}\n"
#define PORTS "ports:\n  - {port: 9000, service: any}\n"

static struct setup s;

static void read_it(const char *text)
{
	said[0] = '\0';
	if (read_text(text, strlen(text), &s))
		fail_msg("%s", said);
}

static void test_two_services_of_a_cpu_share_it_as_a_seat(void **state)
{
	read_it(A B "  - {queue: 2, cpus: [4, 5], service: c}\n" PORTS);
	assert_int_equal(s.cfg.flags & SHUNT_CFG_SEATS, SHUNT_CFG_SEATS);
	assert_int_equal(s.seats.n, 1);
	assert_int_equal(s.seats.seat[0].cpu, 3);
	assert_true(s.domains[0].seat[0] == 1 && s.domains[1].seat[0] == 1);
	assert_true(!s.domains[2].seat[0] && !s.domains[2].seat[1]);
	assert_true(s.seats.seat[0].core[0] == 0 && s.seats.seat[0].core[1] == 0 &&
		    s.seats.seat[0].core[2] == SHUNT_SEAT_NONE);
	assert_string_equal(s.domains[1].service, "b");
}

/* Nobody has a worker yet. */
static void test_a_new_seat_is_nobody_s_and_all_are_barred(void **state)
{
	read_it(A B PORTS);
	assert_true(s.seats.seat[0].word == 0);
	assert_int_equal(s.seats.seat[0].barred, 3);
}

static void test_a_seat_has_a_quantum_and_a_longest_hold(void **state)
{
	read_it(A B PORTS);
	assert_int_equal(s.seats.quantum_us, 200);
	assert_int_equal(s.seats.hold_us, 20000);
	read_it(A B PORTS "seats: {quantum: 50us, hold: 1ms}\n");
	assert_int_equal(s.seats.quantum_us, 50);
	assert_int_equal(s.seats.hold_us, 1000);
}

static void test_each_cpu_that_is_shared_is_a_seat_of_its_own(void **state)
{
	read_it(A B "  - {queue: 2, cpus: [1], service: c}\n"
		    "  - {queue: 3, cpus: [1], service: d}\n" PORTS);
	assert_int_equal(s.seats.n, 2);
	assert_true(s.domains[0].seat[0] == 1 && s.domains[2].seat[0] == 2 &&
		    s.domains[3].seat[0] == 2);
	assert_int_equal(s.seats.seat[1].barred, 0xc);
}

#define ON(queue, cpus, name)                                                                      \
	"  - {queue: " #queue ", cpus: " cpus ", service: " name "}\n"

/* Each is at home on a seat of its own, if it can be. */
static void test_services_may_share_several_cpus_each_a_seat(void **state)
{
	read_it("domains:\n" ON(0, "[3, 4]", "a") ON(1, "[3, 4]", "b") PORTS);
	assert_int_equal(s.seats.n, 2);
	assert_true(s.seats.seat[0].cpu == 3 && s.seats.seat[1].cpu == 4);
	for (int d = 0; d < 2; d++) {
		assert_true(s.domains[d].seat[0] == 1 && s.domains[d].seat[1] == 2);
		assert_true(s.seats.seat[0].core[d] == 0 && s.seats.seat[1].core[d] == 1);
		assert_int_equal(s.domains[d].home, d);
	}
	assert_true(s.seats.seat[0].barred == 3 && s.seats.seat[1].barred == 3);
	assert_int_equal(s.seats.several, 3);
	assert_int_equal(s.cfg.flags & SHUNT_CFG_HUNGRY, SHUNT_CFG_HUNGRY);
}

static void test_a_service_may_share_some_of_its_cpus(void **state)
{
	read_it("domains:\n" ON(0, "[2, 3]", "a") ON(1, "[3]", "b") PORTS);
	assert_int_equal(s.seats.n, 1);
	assert_true(!s.domains[0].seat[0] && s.domains[0].seat[1] == 1);
	assert_true(s.seats.seat[0].core[0] == 1 && s.seats.seat[0].core[1] == 0);
	assert_true(s.domains[0].home == 1 && s.domains[1].home == 0);
	/* one seat each: none is hungry, as the seat's word says it all */
	assert_int_equal(s.seats.several, 0);
	assert_int_equal(s.cfg.flags & SHUNT_CFG_HUNGRY, 0);
}

static void test_each_of_three_services_shares_a_cpu_with_each_of_the_others(void **state)
{
	read_it("domains:\n" ON(0, "[3, 4]", "a") ON(1, "[4, 5]", "b") ON(2, "[5, 3]", "c") PORTS);
	assert_int_equal(s.seats.n, 3);
	assert_int_equal(s.seats.several, 7);
	/* seats in the order of their CPUs: 3, 4, 5 */
	assert_true(s.domains[0].seat[s.domains[0].home] == 1 &&
		    s.domains[1].seat[s.domains[1].home] == 2 &&
		    s.domains[2].seat[s.domains[2].home] == 3);
}

#define TWO A B "ports:\n"

static __u32 service_of(__u32 port)
{
	const struct shunt_port *p = &s.ports[port].value;

	return p->flags & SHUNT_PORT_SERVICE ? p->key_off >> SHUNT_PORT_DOMAIN : ~0u;
}

static void test_a_port_is_of_one_service_or_of_any(void **state)
{
	read_it(TWO "  - {port: 1, service: b}\n  - {port: 2, service: a, key: {offset: 4000, "
		"length: 8}}\n  - {port: 3, service: any}\n");
	assert_int_equal(service_of(0), 1);
	assert_int_equal(service_of(1), 0);
	assert_int_equal(s.ports[1].value.key_off & SHUNT_OFFSET_MAX, 4000);
	assert_int_equal(service_of(2), ~0u);
	/* one service, or none, needs no such word */
	read_it(A "ports: [{port: 1}]\n");
	assert_int_equal(service_of(0), ~0u);
	read_it(A "ports: [{port: 1, service: a}]\n");
	assert_int_equal(service_of(0), 0);
	read_it("ports: [{port: 1, service: any}]\n");
	assert_int_equal(service_of(0), ~0u);
}

static void test_the_last_of_sixteen_domains_has_a_port_too(void **state)
{
	char text[2048] = "domains:\n", *at = text + strlen(text);

	for (int d = 0; d < 16; d++)
		at += sprintf(at, "  - {queue: %d, cpus: [%d], service: s%d}\n", d, d, d);
	at += sprintf(at, "ports:\n");
	for (int d = 0; d < 16; d++)
		at += sprintf(at, "  - {port: %d, service: s%d}\n", 100 + d, 15 - d);
	read_it(text);
	for (int d = 0; d < 16; d++)
		assert_int_equal(service_of(d), 15 - d);
}

static void test_who_shares_no_cpu_needs_no_seat(void **state)
{
	read_it(A PORTS);
	assert_int_equal(s.cfg.flags & SHUNT_CFG_SEATS, 0);
	assert_int_equal(s.seats.n, 0);
	read_it("domains:\n  - {queue: 0, cpus: [3]}\n  - {queue: 1, cpus: [3]}\n"
		"share_cpus: true\n" PORTS);
	assert_int_equal(s.cfg.flags & SHUNT_CFG_SEATS, 0);
}

static void test_seats_that_cannot_work_are_refused_with_their_line(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *word;
	} bad[] = {
		{ A B "  - {queue: 2, cpus: [3], service: c}\n" PORTS, 4, "two services at most" },
		{ A "  - {queue: 1, cpus: [4, 3, 3], service: b}\n" PORTS, 3, "one core on a CPU" },
		{ A "  - {queues: [1], cpus: [3], service: b}\n" PORTS, 3, "not 'queues'" },
		{ A "  - {queue: 1, cpus: [3], service: a}\n" PORTS, 3, "named twice" },
		{ A "  - {queue: 1, cpus: [3]}\n" PORTS, 3, "give each a 'service'" },
		{ A "  - {queue: 1, cpus: [3]}\n" PORTS "share_cpus: true\n", 2,
		  "without 'service' has the CPU" },
		{ A B PORTS "seats: {quantum: 49us}\n", 6, "less than 50us" },
		{ A B PORTS "seats: {quantum: 5ms, hold: 4ms}\n", 6, "shorter than the quantum" },
		{ A B PORTS "seats: {hold: 4}\n", 6, "no time" },
		{ A PORTS "seats: {hold: 4ms}\n", 5, "no CPU is shared" },
		{ A B PORTS "preempt: {mode: off}\n", 6, "seats need it" },
		{ TWO "  - {port: 1, service: c}\n", 5, "there are 'a', 'b'" },
		{ "ports:\n  - {port: 1, service: c}\n", 2, "no domain has a 'service'" },
		{ TWO "  - {port: 1, service: a}\n  - {port: 2}\n", 6, "'service: any' if" },
		{ TWO "  - {port: 1, service: a}\n", 3, "no port is of it" },
		{ A "  - {queue: 1, cpus: [3], service: any}\n" PORTS, 3, "no name for a service" },
		{ A "  - {queues: [1, 2], cpus: [4, 5], service: b}\nports:\n"
		  "  - {port: 1, service: a}\n  - {port: 2, service: b}\n", 6, "to one" },
		{ A "  - {queue: 1, cpus: [3], service: sixteen_letters_}\n" PORTS, 3, "" },
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_services_of_a_cpu_share_it_as_a_seat),
		cmocka_unit_test(test_a_new_seat_is_nobody_s_and_all_are_barred),
		cmocka_unit_test(test_a_seat_has_a_quantum_and_a_longest_hold),
		cmocka_unit_test(test_each_cpu_that_is_shared_is_a_seat_of_its_own),
		cmocka_unit_test(test_services_may_share_several_cpus_each_a_seat),
		cmocka_unit_test(test_a_service_may_share_some_of_its_cpus),
		cmocka_unit_test(
			test_each_of_three_services_shares_a_cpu_with_each_of_the_others),
		cmocka_unit_test(test_a_port_is_of_one_service_or_of_any),
		cmocka_unit_test(test_the_last_of_sixteen_domains_has_a_port_too),
		cmocka_unit_test(test_who_shares_no_cpu_needs_no_seat),
		cmocka_unit_test(test_seats_that_cannot_work_are_refused_with_their_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
