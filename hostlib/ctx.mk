# SPDX-License-Identifier: BSD-2-Clause
# ctx.mk - contexts: the cost of a switch

.PHONY: bench-switch

CTX_SRC := hostlib/ctx.c hostlib/stacks.c hostlib/ctx_x86_64.S hostlib/ctx_aarch64.S

bench-switch: $(B)/bench/switch ## cycles of a switch between a thread and a context
	$(Q)$(B)/bench/switch

$(B)/bench/switch: bench/switch.c bench/ticks.h $(CTX_SRC) $(wildcard hostlib/*.h)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -I. -std=gnu11 -O2 -g $(WARN) $(filter %.c %.S,$^) -o $@ -ljansson -lm -pthread
