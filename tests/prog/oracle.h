/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * oracle.h - what a frame is to shunt, worked out a second time for comparison with XDP
 */
#pragma once

#include <stdbool.h>

#include <shunt/abi.h>

struct oracle {
	struct shunt_cfg cfg;
	__u8 own4[4], own6[16]; /* the receiver's addresses; its MAC is packet.h's */
	struct shunt_port ports[65536];
	struct shunt_rule rules[SHUNT_RULES];
	struct shunt_program programs[SHUNT_PROGRAMS];
};

struct sight {
	bool request;
	enum shunt_pass why; /* the reason if it is no request */
	int deny;            /* enum shunt_deny, if it was denied; else SHUNT_NR_DENY */
	__u32 cls;
	bool bad_class;      /* the one that was named does not exist */
	bool spill;
	bool v6;
	__u32 payload, len;
};

struct sight oracle_look(const struct oracle *o, const __u8 *frame, __u32 len);
