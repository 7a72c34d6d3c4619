/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * agent_state.h - the state of the shuntd that a domain's map names
 */
#pragma once

#include "ctl.h"

enum agent_state {
	AGENT_NONE,   /* none has served the domain yet */
	AGENT_SERVES,
	AGENT_HANGS,  /* its process lives and does not turn */
	AGENT_KEPT,   /* it has ended; a process, or systemd, has
		       * memory and sockets for the next one */
	AGENT_ENDED,
};

enum agent_state agent_state(const struct ctl *ctl, const struct shunt_agent *a);
const char *agent_state_name(enum agent_state state);
/* In words, of a result's "agent": what is so; and the next
 * step ("IF" stands for the interface), NULL: none. */
void agent_state_tell(const json_t *agent, char *buf, size_t len);
const char *agent_state_step(const json_t *agent);
