// SPDX-License-Identifier: BSD-2-Clause
/*
 * test_unwrap.c - the program on a core's virtual function:
 * the frames that it believes, and those that it drops
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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
#define NONCE 0xfedcba9876543210ULL
#define CORE 5

/* As unwrap.bpf.c counts. */
enum { SHORT, VERSION, STALE, NO_META, NO_SOCKET, MARKED, UNASKED, COUNTS };

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
	struct shunt_wire_link l = { .nonce = NONCE };
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_SKB_MODE);
	__u32 core = CORE;

	obj = bpf_object__open_file("build/host/unwrap.o", NULL);
	if (!obj || bpf_object__load(obj))
		return -1;
	prog = bpf_program__fd(bpf_object__find_program_by_name(obj, "shunt_unwrap"));
	/* A program that is attached runs in a microsecond; else each run waits for RCU. */
	link_fd = bpf_link_create(prog, 1, BPF_XDP, &opts);
	return link_fd < 0 || bpf_map_update_elem(fd_of("wire_epoch"), &core, &e, 0) ||
	       bpf_map_update_elem(fd_of("wire_link"), &core, &l, 0);
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

static struct shunt_view view;

static struct shunt_view *read_view(void)
{
	__u32 zero = 0;

	bpf_map_lookup_elem(fd_of("wire_view"), &zero, &view);
	return &view;
}

static struct shunt_core_mark mark(void)
{
	return read_view()->core[CORE].mark;
}

static void set_look(__u32 look)
{
	__u32 zero = 0;

	read_view()->core[CORE].mark.look = look;
	assert_int_equal(bpf_map_update_elem(fd_of("wire_view"), &zero, &view, 0), 0);
}

/* There is somewhere to send it: frames are not sent there in a test run. */
static int make_socket(void)
{
	int sock = socket(AF_XDP, SOCK_RAW, 0);
	__u32 core = CORE;

	assert_true(sock >= 0);
	assert_int_equal(bpf_map_update_elem(fd_of("wire_sock"), &core, &sock, 0), 0);
	return sock;
}

static __u32 run(const void *frame, __u32 len)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .repeat = 1);

	assert_int_equal(bpf_prog_test_run_opts(prog, &opts), 0);
	return opts.retval;
}

static struct shunt_wire wire(__u8 type, __u16 bytes)
{
	return (struct shunt_wire){ .proto = htons(SHUNT_WIRE_PROTO), .version = SHUNT_WIRE,
				    .type = type,
				    .core = CORE, .bytes = bytes, .epoch = EPOCH,
				    .cookie = COOKIE };
}

static void send_preempt(struct shunt_wire w)
{
	struct shunt_wire_preempt p = { .w = w, .id = 77 };
	__u8 frame[SHUNT_WIRE_MIN] = { 0 };

	memcpy(frame, &p, sizeof(p));
	assert_int_equal(run(frame, sizeof(frame)), XDP_DROP);
}

/* A REQUEST, or RESUME, of class 0 with that quantum. */
static void send_with_quantum(__u8 type, __u32 seq, __u8 flags, __u32 us)
{
	struct {
		struct shunt_wire_request r;
		__u8 packet[64];
	} f = { .r = { .w = wire(type, sizeof(f)),
		       .seq = seq,
		       .id = 100 + seq,
		       .quantum_us = us,
		       .payload = 42,
		       .len = 18,
		       .flags = flags } };

	assert_int_equal(run(&f, sizeof(f)), XDP_REDIRECT);
}

static void send_request(__u8 type, __u32 seq, __u8 flags)
{
	send_with_quantum(type, seq, flags, 7);
}

static void what_goes_first_has_the_core_look_and_names_nobody(void **state)
{
	const struct shunt_mark none = { 0 };
	int sock = make_socket();
	struct shunt_core_mark m;

	send_request(SHUNT_WIRE_REQUEST, 9, SHUNT_META_FIRST);
	m = mark();
	assert_int_equal(m.came, SHUNT_CAME(EPOCH, 9));
	assert_int_equal(m.look, 1);
	send_request(SHUNT_WIRE_RESUME, 10, SHUNT_META_FIRST);
	m = mark();
	assert_int_equal(m.came, SHUNT_CAME(EPOCH, 10));
	assert_memory_equal(&m.by[SHUNT_MARK_XDP], &none, sizeof(none));
	assert_memory_equal(&m.by[SHUNT_MARK_AGENT], &none, sizeof(none));
	close(sock);
}

static void what_does_not_go_first_or_came_before_is_no_news(void **state)
{
	const struct shunt_core_mark none = { 0 };
	struct shunt_core_mark m;
	int sock = make_socket();

	send_request(SHUNT_WIRE_REQUEST, 9, 0);
	m = mark();
	assert_memory_equal(&m, &none, sizeof(m));
	send_request(SHUNT_WIRE_REQUEST, 10, SHUNT_META_FIRST);
	set_look(0);
	send_request(SHUNT_WIRE_REQUEST, 10, SHUNT_META_FIRST);
	send_request(SHUNT_WIRE_REQUEST, 8, SHUNT_META_FIRST);
	assert_int_equal(mark().came, SHUNT_CAME(EPOCH, 10));
	assert_int_equal(mark().look, 0);
	close(sock);
}

static void a_request_brings_the_quantum_of_its_class(void **state)
{
	int sock = make_socket();

	send_request(SHUNT_WIRE_REQUEST, 9, 0);
	assert_int_equal(read_view()->quantum_us[0], 7);
	send_with_quantum(SHUNT_WIRE_REQUEST, 10, 0, ~0u);
	assert_int_equal(read_view()->quantum_us[0], SHUNT_SLO_MAX_US);
	close(sock);
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

/* REQUESTs and RESUMEs, too: with another cookie they do
 * not get as far as the socket, which is not there. */
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

static __u32 send_answer(__u8 type, __u8 core, __u64 nonce)
{
	struct shunt_wire_refuse r = { .w = wire(type, sizeof(r)), .nonce = nonce };

	r.w.core = core;
	r.w.cookie = 0;
	return run(&r, sizeof(r));
}

/* To shuntd, by way of the kernel; the worker's socket, which is there, sees none of them. */
static void an_answer_goes_to_the_kernel_if_it_was_asked_for(void **state)
{
	int sock = make_socket();

	assert_int_equal(send_answer(SHUNT_WIRE_WELCOME, CORE, NONCE), XDP_PASS);
	assert_int_equal(send_answer(SHUNT_WIRE_REFUSE, CORE, NONCE), XDP_PASS);
	assert_int_equal(send_answer(SHUNT_WIRE_WELCOME, CORE, NONCE + 1), XDP_DROP);
	assert_int_equal(send_answer(SHUNT_WIRE_REFUSE, CORE, 0), XDP_DROP);
	assert_int_equal(send_answer(SHUNT_WIRE_REFUSE, CORE + 1, NONCE), XDP_DROP);
	/* it has asked for nothing */
	assert_int_equal(send_answer(SHUNT_WIRE_REFUSE, CORE + 1, 0), XDP_DROP);
	assert_int_equal(send_answer(SHUNT_WIRE_REFUSE, SHUNT_CORES, NONCE), XDP_DROP);
	assert_int_equal(count(UNASKED), 5);
	close(sock);
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
		TEST(what_goes_first_has_the_core_look_and_names_nobody),
		TEST(what_does_not_go_first_or_came_before_is_no_news),
		TEST(a_request_brings_the_quantum_of_its_class),
		TEST(a_preempt_marks_the_request_that_it_names),
		TEST(a_preempt_of_another_cookie_epoch_core_or_version_marks_nothing),
		TEST(forged_frames_do_not_come_through),
		TEST(an_answer_goes_to_the_kernel_if_it_was_asked_for),
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
