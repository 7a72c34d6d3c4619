/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seat_core.h - a core that shares its CPU, in plain memory: the word is written by hand, what the
 * core says is read from its sockets, and its poll() returns at once
 */
#pragma once

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "cores.h"
#include "hostlib/message.h"
#include "hostlib/seat.h"

#define ME 0
#define OTHER 1
#define CLS 1

static struct core *c;
static struct shunt_seats all;
static struct seat seat;
static int pair[2], ask[2]; /* the core's end, the other one */
static unsigned int polls, polled; /* times; sockets of the last one */
static int waited_ms;
static void (*while_it_waits)(void);

static bool has_datagram(int sock)
{
	char first;

	return recv(sock, &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

int poll(struct pollfd *fds, nfds_t n, int ms)
{
	int ready = 0;

	polls++;
	polled = n;
	waited_ms = ms;
	if (while_it_waits)
		while_it_waits();
	for (nfds_t i = 0; i < n; i++) {
		fds[i].revents = has_datagram(fds[i].fd) ? POLLIN : 0;
		ready += fds[i].revents;
	}
	return ready;
}

/* What the core told shuntd; 0: nothing. */
static int told;
static uint32_t told_why;

int message_core(struct shunt *to, enum shunt_msg_type type, unsigned int core, uint32_t tid)
{
	told = type;
	told_why = tid;
	return 0;
}

static int lowest(struct shunt_view *v, const struct shunt_event *ev)
{
	return ev->waiting ? __builtin_ctz(ev->waiting) : -1;
}

/* --- the seat, as BPF programs would write it ------------------------------------------------- */

static void word_is(uint32_t turn, uint32_t on, uint32_t wants)
{
	all.seat[0].word = SHUNT_SEAT(turn, 0, on, wants);
}

static inline void asleep_is(uint32_t turn, uint32_t on, uint32_t wants)
{
	all.seat[0].word = SHUNT_SEAT(turn, SHUNT_SEAT_ASLEEP, on, wants);
}

static inline uint32_t bit(uint32_t domain)
{
	return SHUNT_SEAT_WANT(domain);
}

static int set_up(void **state)
{
	int err = make_cores(lowest);

	c = &s.core[0];
	all = (struct shunt_seats){ .n = 1, .quantum_us = 1000000 };
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ask), 0);
	seat = (struct seat){ .all = &all, .line = &all.seat[0], .mates = bit(OTHER),
			      .pair = pair[0], .ask = ask[0], .turn = ~0u };
	c->seat = &seat;
	s.domain = ME;
	s.cpu[0] = sched_getcpu();
	told = 0;
	polls = 0;
	while_it_waits = NULL;
	return err;
}

static int tear_down(void **state)
{
	for (int i = 0; i < 2; i++) {
		close(pair[i]);
		close(ask[i]);
	}
	c->seat = NULL;
	atomic_store(&s.quit, false);
	remove_cores();
	return 0;
}

/* What was said at that socket: -1: nothing. */
static int said(int sock, struct shunt_seat_said *m)
{
	struct shunt_seat_said any;

	m = m ? m : &any;
	return recv(sock, m, sizeof(*m), MSG_DONTWAIT) == sizeof(*m) ? (int)m->op : -1;
}

static inline void assert_silent(void)
{
	assert_int_equal(said(pair[1], NULL), -1);
	assert_int_equal(said(ask[1], NULL), -1);
}

static void count_one(void)
{
	s.view->enq[CLS] = s.view->deq[CLS] + 1;
}

#define SEAT_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
