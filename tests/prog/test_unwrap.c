// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_unwrap.c - the program on a core's virtual function: what it believes, and what it does not
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

#include <shunt/wire.h>

#include "tests/rng.h"

#define COOKIE 0x0123456789abcdefULL
#define EPOCH 3
#define CORE 5

/* As unwrap.bpf.c counts. */
enum { SHORT, VERSION, STALE, NO_META, NO_SOCKET, MARKED, COUNTS };

static struct bpf_object *obj;
static int prog, link_fd;
static struct rng rng = { 1 };

static __u64 random_word(void)
{
	return rng_next(&rng);
}

static int fd_of(const char *map)
{
	return bpf_object__find_map_fd_by_name(obj, map);
}

static int load(void **state)
{
	struct shunt_wire_epoch e = { .cookie = COOKIE, .epoch = EPOCH };
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_SKB_MODE);
	__u32 core = CORE;

	obj = bpf_object__open_file("build/host/unwrap.o", NULL);
	if (!obj || bpf_object__load(obj))
		return -1;
	prog = bpf_program__fd(bpf_object__find_program_by_name(obj, "shunt_unwrap"));
	/* A program that is attached runs in a microsecond; else each run waits for RCU. */
	link_fd = bpf_link_create(prog, 1, BPF_XDP, &opts);
	return link_fd < 0 || bpf_map_update_elem(fd_of("wire_epoch"), &core, &e, 0);
}

static int unload(void **state)
{
	close(link_fd);
	bpf_object__close(obj);
	return 0;
}

static __u64 count(__u32 what)
{
	__u64 n = 0;

	bpf_map_lookup_elem(fd_of("wire_count"), &what, &n);
	return n;
}

static struct shunt_core_mark mark(void)
{
	static struct shunt_view view;
	__u32 zero = 0;

	bpf_map_lookup_elem(fd_of("wire_view"), &zero, &view);
	return view.core[CORE].mark;
}

static __u32 run(const void *frame, __u32 len)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .repeat = 1);

	assert_int_equal(bpf_prog_test_run_opts(prog, &opts), 0);
	return opts.retval;
}

static struct shunt_wire wire(__u8 type, __u16 bytes)
{
	return (struct shunt_wire){ .proto = htons(SHUNT_WIRE_PROTO), .version = SHUNT_WIRE, .type = type,
				    .core = CORE, .bytes = bytes, .epoch = EPOCH, .cookie = COOKIE };
}

static void send_preempt(struct shunt_wire w)
{
	struct shunt_wire_preempt p = { .w = w, .id = 77 };
	__u8 frame[SHUNT_WIRE_MIN] = { 0 };

	memcpy(frame, &p, sizeof(p));
	assert_int_equal(run(frame, sizeof(frame)), XDP_DROP);
}

static void a_preempt_marks_the_request_that_it_names(void **state)
{
	send_preempt(wire(SHUNT_WIRE_PREEMPT, sizeof(struct shunt_wire_preempt)));
	assert_int_equal(count(MARKED), 1);
	assert_int_equal(mark().by[SHUNT_MARK_XDP].id, 77);
	assert_int_equal(mark().look, 1);
}

static void a_preempt_of_another_cookie_epoch_core_or_version_marks_nothing(void **state)
{
	const struct shunt_wire right = wire(SHUNT_WIRE_PREEMPT, sizeof(struct shunt_wire_preempt));
	const struct shunt_core_mark none = { 0 };
	struct shunt_core_mark m;
	struct shunt_wire w;

	w = right;
	w.cookie ^= 1;
	send_preempt(w);
	w = right;
	w.epoch--;
	send_preempt(w);
	w = right;
	w.core++;
	send_preempt(w);
	assert_int_equal(count(STALE), 3);
	w = right;
	w.version++;
	send_preempt(w);
	assert_int_equal(count(VERSION), 1);
	m = mark();
	assert_memory_equal(&m, &none, sizeof(m));
}

/* REQUESTs and RESUMEs, too: with another cookie they do not get as far as the socket, which is not there. */
static void forged_frames_do_not_come_through(void **state)
{
	for (__u8 type = SHUNT_WIRE_REQUEST; type <= SHUNT_WIRE_PREEMPT; type++) {
		struct shunt_wire_request r = { .w = wire(type, sizeof(r)) };

		r.w.cookie = random_word();
		assert_int_equal(run(&r, sizeof(r)), XDP_DROP);
	}
	assert_int_equal(count(STALE), SHUNT_WIRE_PREEMPT - SHUNT_WIRE_REQUEST + 1);
	assert_int_equal(count(NO_SOCKET), 0);
}

/* Half of them with all but the secret right. */
static void random_frames_change_nothing_but_counters(void **state)
{
	const char *heavy = getenv("LONG");
	int frames = heavy && *heavy ? 1000000 : 20000;
	const struct shunt_core_mark none = { 0 };
	struct shunt_core_mark m;
	__u64 counted = 0;

	for (int i = 0; i < frames; i++) {
		__u64 words[16];
		struct shunt_wire *w = (void *)words;

		for (int j = 0; j < 16; j++)
			words[j] = random_word();
		w->proto = htons(SHUNT_WIRE_PROTO);
		if (i & 1) {
			*w = wire(words[0] % 10, words[1]);
			w->cookie = random_word();
		}
		assert_int_equal(run(words, 32 + random_word() % 96), XDP_DROP);
	}
	for (__u32 i = 0; i < COUNTS; i++)
		counted += count(i);
	assert_int_equal(counted, frames);
	assert_int_equal(count(MARKED), 0);
	m = mark();
	assert_memory_equal(&m, &none, sizeof(m));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, load, unload)
	const struct CMUnitTest tests[] = {
		TEST(a_preempt_marks_the_request_that_it_names),
		TEST(a_preempt_of_another_cookie_epoch_core_or_version_marks_nothing),
		TEST(forged_frames_do_not_come_through),
		TEST(random_frames_change_nothing_but_counters),
	};

	if (geteuid()) {
		puts("1..0 # SKIP not root: BPF programs cannot be loaded");
		return 77;
	}
	if (unshare(CLONE_NEWNET)) {
		puts("1..0 # SKIP no network namespaces");
		return 77;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
