/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * steering.h - which program an interface's packets go by: the policy's in force, or another
 */
#pragma once

#include "pindir.h"

enum steering_state {
	STEERING_ATTACHED,    /* the policy's that is in force */
	STEERING_SWITCHING,   /* somebody changes it now */
	STEERING_INTERRUPTED, /* that of a switch that ended between its two writes */
	STEERING_FOREIGN,     /* one that is not shunt's was put into shunt's link */
	STEERING_DETACHED,    /* shunt's link was detached; another program may be there */
	STEERING_GONE,        /* the interface is */
};

struct steering {
	enum steering_state state;
	struct link_state link;
	struct shunt_policy_slot live;   /* without its code */
	char next[SHUNT_NAME_LEN];       /* INTERRUPTED: the policy of the switch */
	unsigned int foreign_id;         /* the foreign program's; 0: there is none */
	char foreign_name[16];
};

int steering_read(struct ctl *ctl, const struct shunt_cfg *cfg, struct steering *out);
const char *steering_name(enum steering_state state);
/* What is so, and the next step ("IF" stands for the interface); both are "" where all is well. */
void steering_tell(const struct steering *s, char *text, size_t len, char *step, size_t step_len);
