// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_hello_host.c - what shuntd on a host asks the NIC for, and makes of the answers, with the
 * NIC's program at the other end and the frames between them in any order
 */
/* link: tests/prog/nic_run.c agent/nic.c agent/hello.c agent/log.c lib/nicsize.c lib/bpfmap.c */
/* link: lib/pins.c lib/why.c tests/prog/packet.c */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/hello.h"
#include "pins.h"

#include "nic_run.h"

static struct host_opts opts;
static struct hello *h;
static struct shunt_wire_link *links;   /* what it says is written down there */
static struct shunt_wire_epoch *epochs;

static void *make_map(const char *name, size_t size, int *fd)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);

	*fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, size, SHUNT_CORES, &opts);
	assert_true(*fd >= 0);
	return shunt_map_mmap(*fd, SHUNT_CORES * size, true);
}

/* The host's worker has that number more than the NIC's present one. Both cores had an epoch. */
static void begin(__u32 more)
{
	static const __u64 none[SHUNT_CLASSES];
	struct host_opts *o = &opts;
	int link, epoch;
	struct why why = { 0 };

	join(0);
	join(1);
	nic_tick(&n, 0, none);
	o->ndevs = 2;
	o->key = key[0];
	memcpy(o->nic, n.cfg.mac, sizeof(o->nic));
	links = make_map("links", sizeof(*links), &link);
	epochs = make_map("epochs", sizeof(*epochs), &epoch);
	h = hello_begin(o, link, epoch, &why);
	assert_non_null(h);
	close(link);
	close(epoch);
	for (int i = 0; i < SHUNT_CORES; i++)
		links[i].process =
			SHUNT_WIRE_PROCESS(SHUNT_WIRE_NUMBER(n.state->process[0]) + more, 99);
	for (int i = 0; i < 2; i++) {
		memcpy(o->dev[i].mac, mac[i], sizeof(mac[i]));
		o->dev[i].ifindex = 100 + i;
		links[i].life = n.state->life;
		links[i].epoch = n.core[i].epoch;
	}
}

static struct shunt_wire_hello said(__u32 core)
{
	struct shunt_wire_hello m = {
		.w = { .proto = htons(SHUNT_WIRE_PROTO), .version = SHUNT_WIRE,
		       .type = SHUNT_WIRE_HELLO,
		       .core = core, .bytes = sizeof(m), .epoch = links[core].epoch },
		.nonce = links[core].nonce, .life = links[core].life,
		.process = links[core].process,
	};

	memcpy(m.w.to, n.cfg.mac, sizeof(m.w.to));
	memcpy(m.w.from, mac[core], sizeof(m.w.from));
	m.proof = shunt_prove(&key[0], &m);
	return m;
}

/* To the NIC, and its answer back. */
static void deliver(const struct shunt_wire_hello *m)
{
	static const __u64 none[SHUNT_CLASSES];

	if (run(m, sizeof(*m)) == XDP_TX)
		hello_take(h, out, out_len, 100 + m->w.core, 0);
	nic_tick(&n, 0, none); /* a fresh cookie */
}

/* Each HELLO is said again until all cores have an epoch, ten times at most. */
static void settle(void)
{
	for (int i = 0; i < 20; i++) {
		struct shunt_wire_hello m = said(i % 2);

		if (!links[i % 2].cookie)
			deliver(&m);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_not_equal(links[i].cookie, 0);
		assert_int_equal(links[i].cookie, n.core[i].cookie);
		assert_int_equal(links[i].epoch, n.core[i].epoch);
		assert_int_equal(links[i].process, n.state->process[0]);
		assert_int_equal(n.core[i].process, n.state->process[0]);
		assert_int_equal(epochs[i].offer_cookie, n.core[i].cookie);
	}
}

static void the_next_process_gets_its_epochs(void **state)
{
	begin(1);
	hello_up(h, 0, 0);
	hello_up(h, 1, 0);
	settle();
}

/* A worker died before the NIC had heard of it. */
static void a_process_that_is_ahead_is_renumbered(void **state)
{
	begin(2);
	hello_up(h, 0, 0);
	hello_up(h, 1, 0);
	settle();
	assert_int_equal(SHUNT_WIRE_NUMBER(n.state->process[0]), 2);
}

static void a_late_hello_with_the_number_of_before_keeps_no_core_out(void **state)
{
	struct shunt_wire_hello first, late;

	begin(2);
	hello_up(h, 0, 0);
	first = said(0);
	hello_up(h, 1, 0);
	late = said(1);
	deliver(&first); /* is refused: another number */
	first = said(0);
	deliver(&first);
	assert_int_not_equal(links[0].cookie, 0);
	deliver(&late); /* has the number after that one */
	settle();
}

/* Runs a tick; text: the agent's words on standard error in it. */
static void tick_and_hear(__u64 now_ns, char *text, size_t len)
{
	int ends[2], was = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	hello_tick(h, now_ns);
	dup2(was, STDERR_FILENO);
	close(was);
	close(ends[1]);
	n = read(ends[0], text, len - 1);
	text[n > 0 ? n : 0] = '\0';
	close(ends[0]);
}

/* The NIC says nothing to a core that it does not have, as it has no key to prove itself with. */
static void a_core_that_gets_no_answer_is_told_with_its_number(void **state)
{
	char text[1000];

	begin(1);
	opts.first = 60;
	hello_up(h, 0, 1);
	tick_and_hear(4000000000ULL, text, sizeof(text));
	assert_non_null(strstr(text, "its core 60: does it have a core of that number"));
	assert_non_null(strstr(text, "--first"));
}

static int setup(void **state)
{
	memset(&opts, 0, sizeof(opts));
	return nic_setup(state);
}

static int teardown(void **state)
{
	hello_end(h);
	h = NULL;
	return nic_teardown(state);
}

int main(void)
{
#define TEST(name) { #name, name, setup, teardown, (void *)"build/nic/fcfs.o" }
	const struct CMUnitTest tests[] = {
		TEST(the_next_process_gets_its_epochs),
		TEST(a_process_that_is_ahead_is_renumbered),
		TEST(a_late_hello_with_the_number_of_before_keeps_no_core_out),
		TEST(a_core_that_gets_no_answer_is_told_with_its_number),
	};

	if (getuid() || unshare(CLONE_NEWNET)) {
		puts("1..0 # SKIP not root");
		return 77;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
