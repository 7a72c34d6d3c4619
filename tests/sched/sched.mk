# SPDX-License-Identifier: BSD-2-Clause
# sched.mk - policies that schedule threads, in guests of QEMU

.PHONY: test-sched
test-sched: ## shunt sched: policies schedule the threads of guests with Linux 6.18, 2 and 8 CPUs (root)
test-sched: all $(B)/tests/turns $(B)/tests/forger
	$(Q)tests/sched/test.sh

$(B)/tests/turns: tests/sched/turns.c
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 $(WARN) $< -o $@

$(B)/tests/forger: tests/sched/forger.c \
		$(call obj,agent/sched_join.c $(AGENT_OFFLOAD_SRC) $(LIB_SRC))
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 $(WARN) $(CPPFLAGS) $^ -o $@ $(AGENT_LIBS)
