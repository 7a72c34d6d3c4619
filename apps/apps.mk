# SPDX-License-Identifier: BSD-2-Clause
# apps.mk - the load generator, the key-value server and the baselines

apps: $(B)/shunt-load

$(B)/shunt-load: $(call obj,$(wildcard apps/load/*.c))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ -lxdp -lbpf -lm

# Servers and clients that exist for tests.
APP_TEST_PROGRAMS := $(B)/tests/delay_server

$(B)/tests/delay_server: tests/delay_server.c apps/spin.h
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 -O2 -g $(WARN) $< -o $@
