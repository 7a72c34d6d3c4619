# SPDX-License-Identifier: BSD-2-Clause
# loader.mk - shunt, the command

LOADER_SRC := $(wildcard loader/*.c loader/fit/*.c loader/mem/*.c loader/sched/*.c \
	offload/nfp/lint/*.c)
LOADER_LIBS := -lxdp -lbpf -lelf -lcyaml -lyaml -ljansson -lm

$(B)/shunt: $(call obj,$(LOADER_SRC) $(LIB_SRC) $(BUNDLE_SRC) $(MEM_SRC))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SHUNT_LDFLAGS) $(LDFLAGS) $^ -o $@ $(LOADER_LIBS)

# What "shunt mem run" has a program load. Without sanitizers: the program has none.
$(B)/mem-split.so: loader/mem/split/split.c loader/mem/split/split.h
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -O2 -g $(SHUNT_CFLAGS) $(SHUNT_LDFLAGS) -shared $< -o $@ -pthread -ldl
