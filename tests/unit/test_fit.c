// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_fit.c - what shunt fit reads of a NIC and a machine, where the texts name more than there is
 * room for
 */
/* link: loader/fit/nic.c loader/fit/table.c loader/fit/irqs.c loader/fit/machine.c */
/* link: loader/fit/text.c lib/why.c */
/* links more: each text has a parser of its own, and one call reads them all */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail /* the loader has one of its own */

#include "loader/fit/facts.h"
#include "loader/fit/run.h"

static char folder[256];
static struct fit_source source = { .folder = folder, .ifname = "eth0" };
static struct fit_nic *nic;

/* The neighbours of the modules: no program is run, and the command's failures are noted. */
int fit_run(const char *const *args, char **said)
{
	assert_null(args); /* none is to be run */
	return -ENOENT;
}

int fit_run_fail(struct why *why, const char *const *args, int err, const char *said)
{
	return err;
}

int fail(struct ctl *ctl, int err, const char *fmt, ...)
{
	return err;
}

void fail_context(struct ctl *ctl, const char *fmt, ...)
{
}

static FILE *text(const char *name)
{
	char path[sizeof(folder) + 32];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	return f;
}

static int set_up(void **unused)
{
	const char *tmp = getenv("TMPDIR");

	nic = calloc(1, sizeof(*nic));
	snprintf(folder, sizeof(folder), "%s/shunt-fit-XXXXXX", tmp ? tmp : "/tmp");
	return !mkdtemp(folder);
}

static int tear_down(void **unused)
{
	static const char *const names[] = { "ethtool-x", "ethtool-n", "interrupts", "lscpu" };
	char path[sizeof(folder) + 32];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	fit_nic_forget(nic);
	free(nic);
	return rmdir(folder);
}

static void read_table(int queue)
{
	FILE *f = text("ethtool-x");

	fprintf(f, "RX flow hash indirection table for eth0 with 4 RX ring(s):\n    0:  0  1  %d\n",
		queue);
	fclose(f);
	fit_nic_read(&source, nic, FIT_PART_TABLE);
}

static void a_table_that_names_a_queue_beyond_all_is_not_known(void **unused)
{
	read_table(2);
	assert_int_equal(nic->rings, 4);
	assert_int_equal(nic->entries, 3);
	read_table(FIT_TABLE_QUEUES - 1);
	assert_int_equal(nic->weight[FIT_TABLE_QUEUES - 1], 1);
	read_table(FIT_TABLE_QUEUES);
	assert_int_equal(nic->rings, 0);
}

static void rules_beyond_the_room_for_them_are_left_out(void **unused)
{
	FILE *f = text("ethtool-n");

	fprintf(f, "4 RX rings available\nTotal %d rules\n\n", FIT_RULES + 9);
	for (int i = 0; i < FIT_RULES + 9; i++)
		fprintf(f, "Filter: %d\n\tRule Type: UDP over IPv4\n"
			"\tSrc IP addr: 0.0.0.0 mask: 255.255.255.255\n"
			"\tDest IP addr: 0.0.0.0 mask: 255.255.255.255\n"
			"\tSrc port: 0 mask: 0xffff\n\tDest port: %d mask: 0x0\n"
			"\tAction: Direct to queue 1\n\n", i, 9000 + i);
	fclose(f);
	fit_nic_read(&source, nic, FIT_PART_RULES);
	assert_int_equal(nic->nrules, FIT_RULES);
	assert_int_equal(nic->rule[FIT_RULES - 1].port, 9000 + FIT_RULES - 1);
}

static void write_rule(FILE *f, int id, int family, const char *from, const char *ports)
{
	const char *any = family == 4 ? "0.0.0.0 mask: 255.255.255.255" :
			  ":: mask: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

	fprintf(f, "Filter: %d\n\tRule Type: UDP over IPv%d\n\tSrc IP addr: %s\n"
		"\tDest IP addr: %s\n\t%s\n\tAction: Direct to queue 1\n\n",
		id, family, from ? from : any, any, ports);
}

static void rules_for_a_port_alone_are_noted_by_their_family(void **unused)
{
	static const char *const alone = "Src port: 0 mask: 0xffff\n\tDest port: 9000 mask: 0x0";
	FILE *f = text("ethtool-n");

	fprintf(f, "4 RX rings available\nTotal 6 rules\n\n");
	write_rule(f, 1, 6, NULL, alone);
	write_rule(f, 2, 4, NULL, alone);
	write_rule(f, 3, 4, "192.0.2.1 mask: 0.0.0.0", alone);
	write_rule(f, 4, 6, "fd00::1 mask: ::", alone);
	write_rule(f, 5, 4, NULL, "Src port: 7 mask: 0x0\n\tDest port: 9000 mask: 0x0");
	write_rule(f, 6, 6, NULL, "Src port: 0 mask: 0xffff\n\tDest port: 9000 mask: 0xff");
	fclose(f);
	fit_nic_read(&source, nic, FIT_PART_RULES);
	assert_int_equal(nic->nrules, 1);
	assert_int_equal(nic->rule[0].id, 2);
	assert_int_equal(nic->nrules6, 1);
	assert_int_equal(nic->rule6[0].id, 1);
	assert_true(nic->rule6[0].port == 9000 && nic->rule6[0].queue == 1);
}

static void an_interrupt_of_a_queue_that_is_not_served_is_none(void **unused)
{
	FILE *f = text("interrupts");

	fprintf(f, "  44:  1  PCI-MSI 1-edge  eth0-TxRx-%d\n", SHUNT_QUEUES - 1);
	fprintf(f, "  45:  1  PCI-MSI 2-edge  eth0-TxRx-%d\n", SHUNT_QUEUES);
	fclose(f);
	fit_nic_read(&source, nic, FIT_PART_IRQS);
	assert_int_equal(nic->irq[SHUNT_QUEUES - 1], 44);
	for (int q = 0; q < SHUNT_QUEUES - 1; q++)
		assert_int_equal(nic->irq[q], -1);
}

static void cpus_and_nodes_beyond_all_and_a_core_of_too_many_threads_are_left_out(void **unused)
{
	FILE *f = text("lscpu");
	struct fit_machine m;
	struct ctl ctl = { 0 };

	for (int cpu = 0; cpu < 20; cpu++)
		fprintf(f, "%d,0,0,0\n", cpu);
	fprintf(f, "%d,1,0,0\n%d,2,0,0\n30,3,0,%d\n", FIT_CPUS - 1, FIT_CPUS, FIT_CPUS);
	fclose(f);
	assert_int_equal(fit_machine_read(&ctl, &source, &m), 0);
	assert_int_equal(m.ncores, 2);
	assert_int_equal(m.threads, 16);
	assert_int_equal(m.ncpus, 17);
	assert_int_equal(m.core[1].cpu[0], FIT_CPUS - 1);
	free(m.core);
	why_forget(&ctl.why);
}

static void a_number_above_the_most_is_none(void **unused)
{
	assert_int_equal(fit_number("17 rings", 17, -1), 17);
	assert_int_equal(fit_number("18", 17, -1), -1);
	assert_int_equal(fit_number("99999999999999999999", 17, -1), -1);
	assert_int_equal(fit_number("-3", 17, -1), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_that_names_a_queue_beyond_all_is_not_known),
		cmocka_unit_test(rules_beyond_the_room_for_them_are_left_out),
		cmocka_unit_test(rules_for_a_port_alone_are_noted_by_their_family),
		cmocka_unit_test(an_interrupt_of_a_queue_that_is_not_served_is_none),
		cmocka_unit_test(
			cpus_and_nodes_beyond_all_and_a_core_of_too_many_threads_are_left_out),
		cmocka_unit_test(a_number_above_the_most_is_none),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
