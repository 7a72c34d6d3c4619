/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * broker.h - what worker and agent say to each other over the UNIX seqpacket socket
 *
 * One connection a worker process, one worker process a domain. Every message starts with struct
 * shunt_msg; its length is that of its type, anything else ends the connection. The agent checks
 * who is there (SO_PEERCRED) before it answers.
 *
 *   worker                              agent
 *   HELLO abi, domain, cores     ->
 *                                <-     WELCOME geometry, names, with all file descriptors
 *                                       or REFUSED error, text
 *   UP core, tid (one a thread)  ->     the core's bit in domains[].up
 *                                <-     POLICY gen, len, with a memfd: at once and after each
 *                                       switch
 *                                <-     LEAVE: drain your rings, say BYE, come again
 *   DOWN core                    ->
 *   BYE                          ->     rings are drained and unmapped
 *
 * A worker whose connection broke goes on serving and says HELLO again, every 100 ms. A HELLO from
 * the process that is known as the domain's worker is answered with WELCOME of the same memory (the
 * worker knows it by the memfd's inode and says UP for its cores again), or, when the rings it has
 * are not the agent's any more, with LEAVE: it drains and unmaps them, closes, and comes with HELLO
 * once more.
 *
 * Where domains share CPUs (include/shunt/abi_seat.h) SEATS comes before WELCOME, once for each
 * core that has a seat, and again when the sockets that it brings are replaced: the worker takes
 * them in place of those that it has.
 *
 * Where rules name actors (include/shunt/abi_actor.h) ACTORS comes before WELCOME, behind SEATS.
 *
 * On a host whose NIC schedules (include/shunt/wire.h) WIRE comes before WELCOME, and no POLICY:
 * that is the NIC's. Of the sockets there are the cores' only, each with rings of its own.
 *
 * The connection ends without BYE: the agent waits for the
 * process to be dead (pidfd), then reclaims what it had.
 */
#pragma once

#include "layout.h"

#define SHUNT_MSG_MAGIC 0x746e6873u /* "shnt" */
#define SHUNT_SOCKET_DIR "/run/shunt" /* the socket of interface IF: SHUNT_SOCKET_DIR/IF.sock */
#define SHUNT_ANY_DOMAIN 0xffffffffu

enum shunt_msg_type {
	SHUNT_MSG_HELLO = 1,
	SHUNT_MSG_WELCOME,
	SHUNT_MSG_REFUSED,
	SHUNT_MSG_UP,
	SHUNT_MSG_DOWN,
	SHUNT_MSG_POLICY,
	SHUNT_MSG_LEAVE,
	SHUNT_MSG_BYE,
	SHUNT_MSG_WIRE,
	SHUNT_MSG_SEATS,
	SHUNT_MSG_ACTORS,
};

struct shunt_msg {
	__u32 magic;
	__u16 abi;
	__u16 type; /* enum shunt_msg_type */
};

struct shunt_msg_hello {
	struct shunt_msg msg;
	__u32 domain; /* or SHUNT_ANY_DOMAIN: the first without a worker */
	__u32 cores;  /* threads it wants; 0 = as many as there are */
	char name[SHUNT_NAME_LEN];
};

/* Descriptors that come with WELCOME, in this order. */
enum shunt_welcome_fd {
	SHUNT_FD_MEMORY, /* the sealed memfd of layout.h */
	SHUNT_FD_VIEW,   /* the domain's view map */
	SHUNT_FD_SOCKETS, /* AF_XDP sockets: ncores cores, then nclasses classes;
			   * the first of all owns fill and completion ring */
};

struct shunt_msg_welcome {
	struct shunt_msg msg;
	__u32 domain;
	__u32 cores; /* threads it may have, at most geo.ncores */
	__u32 slot;  /* that the process has in the domain: 0 … SHUNT_WORKERS - 1 */
	struct shunt_geometry geo;
	__u16 cpu[SHUNT_CORES];
	char class_name[SHUNT_CLASSES][SHUNT_NAME_LEN];
	__u32 requeue[SHUNT_CLASSES];
};

struct shunt_msg_refused {
	struct shunt_msg msg;
	__s32 err; /* -errno */
	char text[SHUNT_TEXT_LEN];
};

struct shunt_msg_wire { /* with one descriptor: the map "wire_epoch" */
	struct shunt_msg msg;
	__u32 first; /* the NIC's number of core 0 */
	__u8 nic[6]; /* MAC of the NIC's port */
	__u8 pad[2];
	__u8 mac[SHUNT_CORES][6]; /* MACs of the cores' virtual functions */
};

/* Descriptors that come with SEATS, in this order. */
enum shunt_seats_fd {
	SHUNT_FD_SEATS,     /* the map "seats", for reading alone */
	SHUNT_FD_SEAT_PAIR, /* to the other domain's worker: LEAVE; and what wakes this one */
	SHUNT_FD_SEAT_ASK,  /* WANT and HERE; and shuntd wakes */
	SHUNT_SEATS_FDS,
};

struct shunt_msg_seats {
	struct shunt_msg msg;
	__u32 seat;
	__u32 core; /* that shares it */
};

/* Descriptors that come with ACTORS, in this order. */
enum shunt_actors_fd {
	SHUNT_FD_ACTORS,     /* a sealed memfd with the rows */
	SHUNT_FD_ACTOR_CORE, /* the domain's map of its cores' counts */
	SHUNT_ACTORS_FDS,
};

struct shunt_msg_actors {
	struct shunt_msg msg;
	__u32 n;     /* rows in use */
	__u32 cores; /* lines of counts there are, for each row */
};

#define SHUNT_DOWN_NO_CPU 1 /* its CPU is offline */

struct shunt_msg_core { /* UP, DOWN */
	struct shunt_msg msg;
	__u32 core;
	__u32 tid; /* UP: its thread; DOWN: 0, or the reason */
};

struct shunt_msg_policy { /* with one descriptor: a sealed memfd with the native code */
	struct shunt_msg msg;
	__u64 gen;
	__u32 len;
	__u32 pad;
	struct shunt_policy_desc desc;
};
