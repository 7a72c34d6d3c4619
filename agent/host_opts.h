/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host_opts.h - what shuntd is told about a host whose NIC schedules
 */
#pragma once

#include <stdbool.h>

#include <shunt/abi.h>
#include <shunt/proof.h>

struct host_dev {
	char name[16];
	__u16 cpu;
	unsigned int ifindex; /* 0: there is no such interface */
	__u8 mac[6];
};

struct host_opts {
	struct host_dev dev[SHUNT_CORES]; /* a virtual function each core */
	__u32 ndevs;
	__u32 first;          /* the NIC's number of the first */
	__u8 nic[6];          /* MAC of the NIC's port */
	bool nic_known;
	struct shunt_key key; /* 0, 0: none was named */
	__u32 grace_us;       /* from a mark that no safepoint heeds to a signal; 0: no signals */
	struct shunt_actor_row *rows; /* the NIC's actors; NULL: no file was named */
	__u32 nrows;
	__u32 actors;         /* their digest; 0: none */
};

/* "IF[:CPU]", a MAC, the files with the key and with rows of actors. -EINVAL, and told why. */
int host_add_dev(struct host_opts *h, const char *text);
int host_set_nic(struct host_opts *h, const char *text);
int host_read_key(struct host_opts *h, const char *path);
int host_read_actors(struct host_opts *h, const char *path);
