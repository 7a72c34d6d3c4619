/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seats.h - a load with a seat that two domains share: its programs, its sockets, its word
 *
 * Domain HERE is the one whose requests arrive; domain OTHER has the other core of the seat.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include <shunt/seat.h>

#include "arrive.h"

#define SEAT 5
#define HERE 0 /* domains */
#define OTHER 1
#define OTHER_CORE 3

extern struct bpf_object *obj;       /* seat.o */
extern struct shunt_view *view;      /* the other domain's */
extern const struct shunt_seats *all;
extern int pair[2];                  /* each domain's end */
extern int ask[2][2];                /* [domain]: the worker's end, shuntd's end */

/* Each test has a load of its own: these are its setup and teardown. */
int seats_load(void **state);
int seats_unload(void **state);
/* As seats_load(), but both domains have cores on other seats, too. */
int seats_load_several(void **state);

#define SEAT_TEST(test) { #test, test, seats_load, seats_unload, SAYS }

/* Datagrams that come to the socket are heard as "end" says, and nobody can change that. */
void hear(int sock, struct shunt_seat_end end);
void say(int sock, enum shunt_seat_op op, __u64 seen, int more);
/* Has a datagram come to the socket? */
bool woken(int sock);
struct shunt_seat_order order(struct shunt_seat_order o);
/* The domain is on, and these others want the seat. */
void is_on(__u32 domain, __u32 wants);
__u64 word(void);
void assert_word(__u32 on, __u32 wants);
__u32 barred(void);
/* Is the other domain's core to look? */
bool looks(void);

static inline __u32 bit(__u32 domain)
{
	return SHUNT_SEAT_WANT(domain);
}
