/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dispatcher.h - libxdp's dispatcher on an interface, and shunt's stub in it
 */
#pragma once

#include <stdbool.h>

#include "ctl.h"

struct bpf_object;

#define DISPATCHER_PRIORITY 50 /* libxdp's default; xdp-filter has 10 and comes before */

/* Shunt's stub among the programs of a dispatcher. */
struct stub_place {
	unsigned int prog_id;  /* the stub's; 0: it is not among them */
	unsigned int place;    /* 1: the first */
	unsigned int programs; /* so many are there */
	unsigned int priority;
	__u32 map_id;          /* of the map that it calls by; 0: not known */
	bool calls;            /* that map has a program: somebody is served by the stub */
};

/* Fails if this kernel lacks what a dispatcher needs, as far as can be told without one. */
int dispatcher_check(struct ctl *ctl);
/* Is one there, in native mode? */
bool dispatcher_is_there(unsigned int ifindex);
/* The stub that calls by the map of this number; 0: by whichever. False: there is none. */
bool dispatcher_find(unsigned int ifindex, __u32 map_id, struct stub_place *out);
/* A stub that calls a program by another map than this one. */
bool dispatcher_find_other(unsigned int ifindex, __u32 map_id, struct stub_place *out);
/* Puts the stub of an object that is not loaded yet into the dispatcher, which is made if there is
 * none. 0, or failed. */
int dispatcher_join(struct ctl *ctl, struct bpf_object *stub, unsigned int priority);
/* Takes that program out of it again; the others stay. */
int dispatcher_leave(unsigned int ifindex, unsigned int prog_id);
