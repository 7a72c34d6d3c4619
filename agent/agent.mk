# SPDX-License-Identifier: BSD-2-Clause
# agent.mk - shuntd, the daemon

AGENT_SRC := $(wildcard agent/*.c)
# The agent's side of lib/offload/, within shuntd.
AGENT_OFFLOAD_SRC := lib/offload/agent.c lib/offload/memory.c lib/offload/futex.c
AGENT_LIBS := -lbpf -lcap-ng -lm -pthread

$(B)/shuntd: $(call obj,$(AGENT_SRC) $(AGENT_OFFLOAD_SRC) $(LIB_SRC))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SHUNT_LDFLAGS) $(LDFLAGS) $^ -o $@ $(AGENT_LIBS)
