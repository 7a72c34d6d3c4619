/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ingress.h - a policy's object loaded with its maps, and
 * packets sent through it by BPF_PROG_TEST_RUN
 *
 * Everything runs in queue 0, so in domain 0. A failure here is one of the test's surroundings, not
 * of the tested code: it ends the program with a message.
 */
#pragma once

#include <stdbool.h>

#include <bpf/libbpf.h>

#include <shunt/abi.h>

#include "tests/rng.h"

#define INGRESS_FRAME 2048

struct ingress {
	struct bpf_object *obj;
	int prog;                 /* shunt_ingress */
	int ask;                  /* shunt_ask */
	int sock;                 /* an AF_XDP socket, in every slot of xsks */
	int view_fd;
	struct shunt_view *view;  /* of domain 0, mapped, like the two that follow */
	struct shunt_ingress *in;
	struct shunt_domain *dom;
};

/* The XDP program's result for a packet. */
struct verdict {
	__u32 action;             /* enum xdp_action */
	__u32 ns;                 /* on average, of all repeats */
	bool has_meta;
	struct shunt_meta meta;
	__u32 len;                /* of the packet without metadata */
	__u8 data[INGRESS_FRAME]; /* metadata, then the packet */
};

/* Without what it takes to run BPF programs: says so and exits with status 77. */
void ingress_need(void);

/* Loads OBJECT with cores and classes, all cores up and busy, a socket in each slot, no port. */
struct ingress *ingress_load(const char *object, __u32 cores, __u32 classes);
/* Called with the object of the next ones before they are loaded; NULL: nothing is. */
extern void (*ingress_prepare)(struct bpf_object *obj);
void ingress_free(struct ingress *g);

int ingress_map(const struct ingress *g, const char *map);
void ingress_set(const struct ingress *g, const char *map, __u32 key, const void *value);
void ingress_get(const struct ingress *g, const char *map, __u32 key, void *value);

/* The cores that are up, as the agent writes them. */
void ingress_up(struct ingress *g, __u64 cores);

/* The socket in one slot of domain 0; or none there. */
void ingress_slot(struct ingress *g, __u32 slot, bool on);

/* The receiver's addresses, NULL for none of the family, and
 * packet.h's MAC. To begin with, packet.h's addresses are. */
void ingress_own(struct ingress *g, const void *addr4, const void *addr6);

/* A service port with its run of rules. */
void ingress_port(struct ingress *g, __u16 port, struct shunt_port value);

void ingress_run(struct ingress *g, const void *data, __u32 len, struct verdict *v);

/*
 * The same packet "repeat" times on end. Metadata piles up in the headroom (256 bytes, of which the
 * kernel keeps 40): there is room for that of 6.
 */
#define INGRESS_REPEAT 6
void ingress_repeat(struct ingress *g, const void *data, __u32 len, __u32 repeat,
		    struct verdict *v);

/* The answer of the policy in BPF; -1000 if it has no such function. */
int ingress_ask(struct ingress *g, enum shunt_ask_op op, const struct shunt_event *ev);

/* A number from the environment (SEED, COUNT …), or otherwise. */
__u64 env_number(const char *name, __u64 otherwise);

void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
