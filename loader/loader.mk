# SPDX-License-Identifier: BSD-2-Clause
# loader.mk - shunt, the command

LOADER_SRC := $(wildcard loader/*.c loader/fit/*.c offload/nfp/lint/*.c)
LOADER_LIBS := -lxdp -lbpf -lelf -lcyaml -lyaml -ljansson -lm

$(B)/shunt: $(call obj,$(LOADER_SRC) $(LIB_SRC) $(BUNDLE_SRC))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SHUNT_LDFLAGS) $(LDFLAGS) $^ -o $@ $(LOADER_LIBS)
