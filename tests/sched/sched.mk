# SPDX-License-Identifier: BSD-2-Clause
# sched.mk - policies that schedule threads, in guests of QEMU

.PHONY: test-sched
test-sched: ## shunt sched: policies schedule the threads of guests with Linux 6.18, 2 and 8 CPUs (root)
test-sched: all $(B)/tests/turns
	$(Q)tests/sched/test.sh

$(B)/tests/turns: tests/sched/turns.c
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 $(WARN) $< -o $@
