// SPDX-License-Identifier: BSD-2-Clause
/*
 * seats.c - a load with a seat that two domains share: its programs, its sockets, its word
 */
#include <bpf/bpf.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "seats.h"

struct bpf_object *obj;
struct shunt_view *view;
const struct shunt_seats *all;
int pair[2];
int ask[2][2];

/* --- a load with a seat ----------------------------------------------------------------------- */

static int program(const char *name)
{
	int fd = bpf_program__fd(bpf_object__find_program_by_name(obj, name));

	assert_true(fd >= 0);
	return fd;
}

static void load_programs(void)
{
	struct bpf_map *map;

	obj = bpf_object__open_file("build/seat.o", NULL);
	assert_non_null(obj);
	bpf_object__for_each_map(map, obj) {
		if (!bpf_map__is_internal(map) && strcmp(bpf_map__name(map), "seat_ends"))
			assert_int_equal(bpf_map__reuse_fd(map, ingress_map(g, bpf_map__name(map))),
					 0);
	}
	assert_int_equal(bpf_object__load(obj), 0);
}

static void *map_view(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "view1", 4, sizeof(*view), 1, &opts);
	__u32 other = OTHER;
	void *at = mmap(NULL, sizeof(*view), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	assert_true(fd >= 0 && at != MAP_FAILED);
	assert_int_equal(bpf_map_update_elem(ingress_map(g, "views"), &other, &fd, 0), 0);
	close(fd);
	return at;
}

void hear(int sock, struct shunt_seat_end end)
{
	int prog = program("shunt_seat_ask"), one = 1,
	    ends = bpf_object__find_map_fd_by_name(obj, "seat_ends");
	__u64 cookie;
	socklen_t len = sizeof(cookie);

	assert_int_equal(getsockopt(sock, SOL_SOCKET, SO_COOKIE, &cookie, &len), 0);
	assert_int_equal(bpf_map_update_elem(ends, &cookie, &end, 0), 0);
	assert_int_equal(setsockopt(sock, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)), 0);
	assert_int_equal(setsockopt(sock, SOL_SOCKET, SO_LOCK_FILTER, &one, sizeof(one)), 0);
}

static void make_sockets(void)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	for (__u32 d = 0; d < 2; d++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ask[d]), 0);
		hear(pair[d], (struct shunt_seat_end){ SEAT, SHUNT_SEAT_PAIR, !d, d });
		hear(ask[d][1], (struct shunt_seat_end){ SEAT, SHUNT_SEAT_ASK, d });
	}
}

static int load_with(void **state, __u32 several)
{
	struct shunt_seats *s = aligned_alloc(SHUNT_LINE, sizeof(*s));
	struct shunt_cfg c;

	load(state);
	memset(s, 0, sizeof(*s));
	s->several = several;
	memset(s->seat[SEAT].core, 0xff, sizeof(s->seat[SEAT].core));
	s->seat[SEAT].core[HERE] = 0;
	s->seat[SEAT].core[OTHER] = OTHER_CORE;
	ingress_set(g, "seats", 0, s);
	free(s);
	assert_int_equal(bpf_map_freeze(ingress_map(g, "seats")), 0);
	all = mmap(NULL, sizeof(*all), PROT_READ, MAP_SHARED, ingress_map(g, "seats"), 0);
	assert_true(all != MAP_FAILED);
	c = cfg();
	c.flags |= SHUNT_CFG_SEATS | (several ? SHUNT_CFG_HUNGRY : 0);
	set_cfg(c);
	g->dom->seat[0] = SEAT + 1;
	view = map_view();
	load_programs();
	make_sockets();
	policy_says(HOLD);
	return 0;
}

int seats_load(void **state)
{
	return load_with(state, 0);
}

int seats_load_several(void **state)
{
	return load_with(state, bit(HERE) | bit(OTHER));
}

int seats_unload(void **state)
{
	for (int d = 0; d < 2; d++) {
		close(pair[d]);
		close(ask[d][0]);
		close(ask[d][1]);
	}
	bpf_object__close(obj);
	munmap((void *)all, sizeof(*all));
	munmap(view, sizeof(*view));
	return unload(state);
}

__u64 word(void)
{
	return *(volatile const __u64 *)&all->seat[SEAT].word;
}

struct shunt_seat_order order(struct shunt_seat_order o)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &o, .ctx_size_in = sizeof(o));

	o.seat = SEAT;
	assert_int_equal(bpf_prog_test_run_opts(program("shunt_seat_move"), &opts), 0);
	return o;
}

void is_on(__u32 domain, __u32 wants)
{
	struct shunt_seat_order o = { .give = 1, .from = SHUNT_SEAT_ON(word()), .to = domain + 1,
				      .back = wants };

	assert_true(order(o).done);
	assert_int_equal(SHUNT_SEAT_ON(word()), domain + 1);
}

void assert_word(__u32 on, __u32 wants)
{
	assert_int_equal(SHUNT_SEAT_ON(word()), on);
	assert_int_equal(SHUNT_SEAT_WANTS(word()), wants);
}

void say(int sock, enum shunt_seat_op op, __u64 seen, int more)
{
	struct shunt_seat_said said = { seen, op, more };

	assert_int_equal(send(sock, &said, sizeof(said), MSG_DONTWAIT), sizeof(said));
}

bool woken(int sock)
{
	char any[64];

	return recv(sock, any, sizeof(any), MSG_DONTWAIT) >= 0;
}

__u32 barred(void)
{
	return *(volatile const __u32 *)&all->seat[SEAT].barred;
}

bool looks(void)
{
	return view->core[OTHER_CORE].mark.look;
}
